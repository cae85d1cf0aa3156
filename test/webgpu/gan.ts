/** The public interface on WebGPU and on WebAssembly, from the same seed. */
import { fillNormals, Stream } from "../../src/core/random.ts";
import { BackendError, type CreateOptions, createGAN, loadGAN, type StepReport, TrainingError } from "../../src/index.ts";
import { assert, distance } from "../cases/compare.ts";
import { PLAIN, twoHidden } from "../cases/plain.ts";

const OPTIONS: CreateOptions = { ...PLAIN, shape: [28, 28, 1], architecture: "dcgan", width: 8, latent: 16, batchSize: 8, seed: 1, threads: 1 };
/** Of few shaders: what it is for must be done, on any adapter, before a copy of the state is made by the clock. */
const SMALL: CreateOptions = { ...PLAIN, shape: [2], architecture: twoHidden(2, 4), latent: 3, batchSize: 4, seed: 1, threads: 1 };
const STEPS = 20;
/** Adam's first steps are all of one size, so that a gradient's last bits can turn one round; from there on the runs drift apart. */
const COMPARED = 10;
const LOSS_TOLERANCE = 0.01;
const SAMPLE_TOLERANCE = 1e-4;

function blots(): Float32Array {
  const values = new Float32Array(64 * 28 * 28);
  fillNormals(values, 5, Stream.data, 1);
  return values.map((x, i) => Math.max(-1, Math.min(1, Math.floor(i / 28) % 4 < 2 ? 0.8 + 0.1 * x : -0.8 + 0.1 * x)));
}

export async function checkGAN(log: (line: string) => void): Promise<string> {
  const data = { data: blots(), shape: [64, 28, 28, 1] };
  const [webgpu, wasm] = [await createGAN({ ...OPTIONS, backend: "webgpu" }), await createGAN({ ...OPTIONS, backend: "wasm" })];
  const losses = await Promise.all([webgpu, wasm].map((gan) => gan.train(data, { steps: STEPS })));
  log("step   D webgpu     D wasm   G webgpu     G wasm");
  for (let i = 0; i < STEPS; i++) {
    const row = [losses[0]!.discriminatorLosses, losses[1]!.discriminatorLosses, losses[0]!.generatorLosses, losses[1]!.generatorLosses].map(
      (x) => x[i]!,
    );
    log(`${String(i + 1).padStart(4)} ${row.map((x) => x.toFixed(5).padStart(10)).join(" ")}`);
    const close = (a: number, b: number) => Math.abs(a - b) <= LOSS_TOLERANCE * Math.abs(b);
    if (i < COMPARED)
      assert(close(row[0]!, row[1]!) && close(row[2]!, row[3]!), `the losses of step ${i + 1} differ by more than ${LOSS_TOLERANCE * 100} %`);
  }

  const moved = await loadGAN(await webgpu.save(), { backend: "wasm", threads: 1 });
  assert(moved.backend.name === "wasm" && moved.step === STEPS, "the checkpoint of one backend is not that of the other");
  const ask = { count: 5, seed: 3, ema: false };
  const [images, same] = [await webgpu.sample(ask), await moved.sample(ask)];
  // Of a generator so young no pixel is near 1: what counts is the share of the brightest.
  const sampled = distance(images.data, same.data) / same.data.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  assert(sampled <= SAMPLE_TOLERANCE, `samples differ by ${sampled}`);
  const scored = distance(await webgpu.discriminate(images), await moved.discriminate(images));
  assert(scored <= SAMPLE_TOLERANCE, `scores differ by ${scored}`);
  await moved.train(data, { steps: 1 });
  const back = await loadGAN(await moved.save(), { backend: "webgpu" });
  await back.train(data, { steps: 1 });
  assert(back.step === STEPS + 2, "training does not go on where the other backend left it");
  for (const gan of [webgpu, wasm, moved, back]) gan.dispose();
  return `losses within ${LOSS_TOLERANCE * 100} % for ${COMPARED} steps; saved here and loaded there, images within ${sampled.toExponential(1)} and scores within ${scored.toExponential(1)}`;
}

/** Has a step go wrong with others begun behind it. */
export async function checkFault(): Promise<string> {
  const batches = function* () {
    for (let i = 1; ; i++) yield new Float32Array(8).fill(i === 3 ? 3e38 : i / 10);
  };
  const train = async (reportEvery: number) => {
    const gan = await createGAN({ ...SMALL, backend: "webgpu" });
    const error = await gan.train(batches(), { steps: 8, reportEvery }).catch((e: unknown) => e);
    const state = await gan.save();
    const { step } = gan;
    gan.dispose();
    return { error, step, state };
  };
  const [alone, together] = [await train(1), await train(8)];
  assert(alone.error instanceof TrainingError && together.error instanceof TrainingError, `no fault: ${alone.error}, ${together.error}`);
  assert(alone.step === 2 && together.step === 2, `ended at step ${alone.step} and ${together.step}`);
  assert(
    distance(new Float32Array(alone.state.map(Number)), new Float32Array(together.state.map(Number))) === 0,
    "a step changed something after the fault",
  );
  return `${together.error.message}; the steps begun behind it changed nothing`;
}

/** Loses the device in the middle of training. @param request - gives a device of its own each time */
export async function checkRescue(request: () => Promise<GPUDevice>): Promise<string> {
  const data = { data: Float32Array.from({ length: 32 }, (_, i) => Math.sin(i)), shape: [16, 2] };
  const steps = 5;
  const trainAndLose = async (backend: "auto" | "webgpu") => {
    const device = await request();
    const gan = await createGAN({ ...SMALL, backend, device });
    const lose = ({ step }: StepReport) => void (step === 3 && gan.backend.name === "webgpu" && device.destroy());
    return { gan, training: gan.train(data, { steps, reportEvery: 2, onStep: lose }) };
  };
  const auto = await trainAndLose("auto");
  const [report, expected] = [await auto.training, await createGAN({ ...SMALL, backend: "wasm" })];
  assert(auto.gan.backend.name === "wasm" && auto.gan.step === steps, `"auto" ended at step ${auto.gan.step} on ${auto.gan.backend.name}`);
  const { generatorLosses } = await expected.train(data, { steps });
  assert(distance(report.generatorLosses, generatorLosses) === 0, "training did not go on from the state that was kept");
  const named = await trainAndLose("webgpu");
  const error = await named.training.catch((e: unknown) => e);
  assert(error instanceof BackendError, `"webgpu" without a device: ${error}`);
  for (const gan of [auto.gan, expected, named.gan]) gan.dispose();
  return `"auto" went on: ${auto.gan.backend.reason}; "webgpu" did not: ${error.message}`;
}

/** @param device - any; given by the application, it is taken for a GPU */
export async function checkChoice(device: GPUDevice, software: boolean): Promise<string> {
  const given = await createGAN({ ...OPTIONS, device });
  const found = await createGAN(OPTIONS);
  try {
    assert(given.backend.name === "webgpu", `"auto" with a device chose ${given.backend.name}: ${given.backend.reason}`);
    assert(found.backend.name === (software ? "wasm" : "webgpu"), `"auto" chose ${found.backend.name}: ${found.backend.reason}`);
    assert(!software || found.backend.reason.includes("software"), `the reason is not said: ${found.backend.reason}`);
    return `"auto" with a device: ${given.backend.reason}; without: ${found.backend.name}, ${found.backend.reason}`;
  } finally {
    given.dispose();
    found.dispose();
  }
}
