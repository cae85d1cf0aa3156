import { describe, expect, it } from "vitest";
import type { Executor } from "../../src/exec/executor.ts";
import { createReferenceExecutor } from "../../src/exec/reference/executor.ts";
import { GAN } from "../../src/gan/gan.ts";
import { resolveSpec } from "../../src/gan/spec.ts";
import { BackendError, type CreateOptions, createGAN, type GANOptions, type StepReport, TrainingError } from "../../src/index.ts";
import { expectSameBytes } from "../bytes.ts";

const SPEC: GANOptions = {
  shape: [2],
  architecture: "mlp",
  width: 6,
  latent: 3,
  batchSize: 4,
  seed: 3,
  objective: { name: "wasserstein", discriminatorSteps: 2 },
};
const OPTIONS: CreateOptions = { ...SPEC, backend: "wasm", threads: 1 };
const points = Float32Array.from({ length: 26 }, (_, i) => (i % 7) / 7 - 0.5);
/** Finite, and the square of a gradient that has a factor of it is not. */
const HUGE = new Float32Array(8).fill(3e38);

/** Batches of four points, number `at` of them too large for what a step keeps. */
function* batches(at = -1): Generator<Float32Array> {
  for (let i = 0; ; i++) yield i === at ? HUGE : points.subarray(2 * (i % 5), 2 * (i % 5) + 8);
}

/** An executor that has no memory for batches of this size. */
function withoutBatchesOf(size: number): Executor {
  const inner = createReferenceExecutor();
  return {
    ...inner,
    async open(variables, options) {
      const session = await inner.open(variables, options);
      const compile: typeof session.compile = async (graph, choice) => {
        if (graph.leaves("input").some(({ attrs, shape }) => attrs.name === "images" && shape[0] === size)) {
          throw new BackendError({ path: "maxMemory", expected: "at least 1000 bytes", got: "999" });
        }
        return session.compile(graph, choice);
      };
      return Object.assign(Object.create(session), {
        compile,
        read: (name: string) => session.read(name),
        write: (name: string, value: Float32Array) => session.write(name, value),
        dispose: () => session.dispose(),
      });
    },
  };
}

/** What `train` reported, threw and left. */
async function outcomeOf(gan: GAN, training: (seen: StepReport[]) => Promise<unknown>) {
  const seen: StepReport[] = [];
  const error = await training(seen).then(
    () => null,
    (e: unknown) => e,
  );
  const outcome = { error, seen: seen.map((report) => ({ ...report, imagesPerSecond: 0 })), step: gan.step, state: await gan.save() };
  gan.dispose();
  return outcome;
}

describe.each([
  ["one thread", OPTIONS],
  ["two threads", { ...OPTIONS, threads: 2 }],
  ["the reference", { ...OPTIONS, backend: "reference" }],
] satisfies [string, CreateOptions][])("reportEvery, on %s", (_, options) => {
  it.each([2, 3, 100])("%i: the same losses and the same state as 1", async (reportEvery) => {
    const train = async (every: number) => {
      const gan = await createGAN(options);
      return outcomeOf(gan, (seen) => gan.train(points, { steps: 7, reportEvery: every, onStep: (report) => void seen.push(report) }));
    };
    const expected = await train(1);
    expect(expected.seen.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expectSameBytes(await train(reportEvery), expected);
  });

  // In the float64 of the reference nothing overflows.
  if (options.backend === "reference") return;

  // Batches 0 and 1 are of step 1, and so on: the fault may be in an update of the discriminator alone, or in the last of its step.
  it.each([0, 4, 5, 7])("a fault in batch %i stops the steps begun behind it", async (at) => {
    const train = async (every: number) => {
      const gan = await createGAN(options);
      return outcomeOf(gan, (seen) => gan.train(batches(at), { steps: 9, reportEvery: every, onStep: (report) => void seen.push(report) }));
    };
    const expected = await train(1);
    expect(expected.error).toBeInstanceOf(TrainingError);
    expect(expected.error).toMatchObject({ path: `step ${Math.floor(at / 2) + 1}` });
    expect(expected.step).toBe(Math.floor(at / 2));
    expectSameBytes(await train(6), expected);
  });

  it("after a fault, training goes on as ever", async () => {
    const train = async (every: number) => {
      const gan = await createGAN(options);
      await gan.train(batches(3), { steps: 9, reportEvery: every }).catch(() => {});
      return outcomeOf(gan, (seen) => gan.train(batches(), { steps: 3, reportEvery: every, onStep: (report) => void seen.push(report) }));
    };
    const expected = await train(1);
    expect(expected.error).toBeNull();
    expectSameBytes(await train(5), expected);
  });
});

describe("reportEvery", () => {
  it("reports steps together, when the GAN is where the last of them left it", async () => {
    const gan = await createGAN(OPTIONS);
    const seen: number[][] = [];
    await gan.train(points, { steps: 8, reportEvery: 3, onStep: ({ step }) => void seen.push([step, gan.step]) });
    expect(seen).toEqual([
      [1, 3],
      [2, 3],
      [3, 3],
      [4, 6],
      [5, 6],
      [6, 6],
      [7, 8],
      [8, 8],
    ]); // prettier-ignore
    gan.dispose();
  });

  it("lets a file saved meanwhile be of a whole step, from which training goes on bit for bit", async () => {
    const options = { steps: 12, reportEvery: 12 };
    const gan = await createGAN({ ...OPTIONS, threads: 2 });
    const training = gan.train(points, options);
    const saved: Uint8Array[] = [];
    for (let i = 0; i < 3; i++) saved.push(await gan.save());
    await training;
    const { loadGAN } = await import("../../src/index.ts");
    for (const file of saved) {
      const copy = await loadGAN(file, { backend: "wasm", threads: 1 });
      await copy.train(points, { ...options, steps: 12 - copy.step });
      expectSameBytes(await copy.save(), await gan.save());
      copy.dispose();
    }
    gan.dispose();
  });

  it("reports what was done before the data failed", async () => {
    const gan = await createGAN(OPTIONS);
    const broken = function* () {
      for (const [i, batch] of [...Array(7)].map((_, i) => [i, points.subarray(0, 8)] as const)) {
        if (i === 6) throw new RangeError("no more");
        yield batch;
      }
    };
    const { error, seen, step } = await outcomeOf(gan, (reports) =>
      gan.train(broken(), { steps: 9, reportEvery: 9, onStep: (r) => void reports.push(r) }),
    );
    expect(error).toBeInstanceOf(RangeError);
    expect([seen.length, step]).toEqual([3, 3]);
  });

  it.each([1, 8])("%i: a fault that a file saved meanwhile finds first is thrown after what was done before it", async (reportEvery) => {
    const gan = await createGAN({ ...OPTIONS, threads: 2 });
    const controller = new AbortController();
    let saving: Promise<unknown> | undefined;
    // Asks for the file when the fault is under way, and for the end of training when the file is there.
    const data = function* () {
      for (const [i, batch] of [...Array(40).keys()].map((i) => [i, i === 7 ? HUGE : points.subarray(0, 8)] as const)) {
        if (i === 9) saving = gan.save().then(() => controller.abort());
        yield batch;
      }
    };
    const { error, seen, step } = await outcomeOf(gan, (reports) =>
      gan.train(data(), { steps: 20, reportEvery, signal: controller.signal, onStep: (r) => void reports.push(r) }),
    );
    await saving;
    expect(error).toMatchObject({ name: "TrainingError", path: "step 4" });
    expect([seen.map((r) => r.step), step]).toEqual([[1, 2, 3], 3]);
  });

  it("reports what was done before a step that cannot be had, and nothing of it in the next call", async () => {
    const gan = await GAN.open(withoutBatchesOf(3), { spec: resolveSpec(SPEC) });
    const odd = [points.subarray(0, 8), points.subarray(0, 8), points.subarray(0, 8), points.subarray(0, 6)];
    const batches = function* () {
      yield* odd;
    };
    const seen: number[] = [];
    const onStep = ({ step }: StepReport) => void seen.push(step);
    await expect(gan.train(batches(), { steps: 5, reportEvery: 5, onStep })).rejects.toMatchObject({ path: "maxMemory" });
    expect([seen, gan.step]).toEqual([[1], 1]);
    expect(await gan.train(points, { steps: 2, onStep })).toMatchObject({ steps: 2, stopped: "steps" });
    expect([seen, gan.step]).toEqual([[1, 2, 3], 3]);
    gan.dispose();
  });

  it("is heeded by a signal with the steps under way done", async () => {
    const gan = await createGAN(OPTIONS);
    const controller = new AbortController();
    const onStep = ({ step }: StepReport) => void (step === 2 && controller.abort());
    const report = await gan.train(points, { steps: 20, reportEvery: 4, onStep, signal: controller.signal });
    expect(report).toMatchObject({ steps: 4, stopped: "signal" });
    gan.dispose();
  });

  it.each([0, 1.5, 1025, "2"])("cannot be %j", async (reportEvery) => {
    const gan = await createGAN(OPTIONS);
    await expect(gan.train(points, { steps: 1, reportEvery: reportEvery as number })).rejects.toMatchObject({ faults: [{ path: "reportEvery" }] });
    gan.dispose();
  });
});
