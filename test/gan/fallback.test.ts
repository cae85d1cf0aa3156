import { afterEach, describe, expect, it, vi } from "vitest";
import { now } from "../../src/core/time.ts";
import type { Executor, Session } from "../../src/exec/executor.ts";
import { createReferenceExecutor } from "../../src/exec/reference/executor.ts";
import { GAN } from "../../src/gan/gan.ts";
import { readSnapshot } from "../../src/gan/snapshot.ts";
import { resolveSpec } from "../../src/gan/spec.ts";
import { BackendError, type CreateOptions, createGAN, type StepReport } from "../../src/index.ts";
import { expectSameBytes } from "../bytes.ts";
import { watchWorkers } from "../workers.ts";

const spec = resolveSpec({
  shape: [2],
  architecture: "mlp",
  width: 4,
  latent: 3,
  batchSize: 4,
  objective: { name: "wasserstein", discriminatorSteps: 2 },
});
const points = Float32Array.from({ length: 26 }, (_, i) => (i % 7) / 7 - 0.5);

vi.mock("../../src/core/time.ts", async (original) => {
  const time = await original<typeof import("../../src/core/time.ts")>();
  const now = vi.fn(time.now);
  return { ...time, now, since: (moment: number) => now() - moment };
});

afterEach(() => void vi.mocked(now).mockReset());

/** Hardware that is lost, with all it holds, at run number `lastRun + 1`, or when it is told to. */
class FailingHardware {
  readonly lastRun: number;
  readonly atRisk: "everything" | "updates";
  /** Whether what it holds can be read even so. */
  whole = false;
  runs = 0;
  lost = false;
  disposed = false;

  constructor(lastRun = Number.POSITIVE_INFINITY, atRisk: "everything" | "updates" = "everything") {
    this.lastRun = lastRun;
    this.atRisk = atRisk;
  }

  get executor(): Executor {
    const inner = createReferenceExecutor();
    return {
      backend: { name: "webgpu", threads: 1, simd: "none", reason: "made to fail" },
      atRisk: this.atRisk,
      capacity: 0, // so that training is measured when a GAN is opened
      open: async (variables, options) => this.#session(await inner.open(variables, options)),
      measure: async (variables, graphs, options) => {
        this.#check();
        return inner.measure(variables, graphs, options);
      },
      dispose: () => {
        this.disposed = true;
      },
    };
  }

  #check(): void {
    if (this.lost) throw new BackendError({ path: "webgpu", expected: "a device that stays", got: "one that was lost" }, { lost: true });
  }

  #session(inner: Session): Session {
    const checked = async <T>(work: () => Promise<T>): Promise<T> => {
      this.#check();
      return work();
    };
    return {
      get memory() {
        return inner.memory;
      },
      read: (name) => (this.whole ? inner.read(name) : checked(() => inner.read(name))),
      write: (name, value) => checked(() => inner.write(name, value)),
      compile: (graph, options) =>
        checked(async () => {
          const program = await inner.compile(graph, options);
          const run: typeof program.run = async (feeds) => {
            if (++this.runs > this.lastRun) this.lost = true;
            this.#check();
            return program.run(feeds);
          };
          return { run, dispose: () => program.dispose() };
        }),
      dispose: () => inner.dispose(),
    };
  }
}

/** A GAN that moves from failing hardware to the reference. */
const withFallback = (hardware: FailingHardware) =>
  GAN.open(hardware.executor, { spec, fallback: async ({ got }) => createReferenceExecutor(`instead of ${got}`) });

/** A clock on which every look takes `ms`. */
function tick(ms: number): void {
  let moment = 0;
  vi.mocked(now).mockImplementation(() => {
    moment += ms;
    return moment;
  });
}

/** The losses and the state of a run that nothing happens to. */
async function undisturbed(steps: number) {
  const gan = await GAN.open(createReferenceExecutor(), { spec });
  return { report: await gan.train(points, { steps }), state: await gan.save() };
}

// Each step is two runs: one of the discriminator alone, one of both networks.
describe("hardware that fails while it trains, with a fallback", () => {
  it.each([1, 2, 7, 12].flatMap((run) => [1, 2, 4, 10].map((every) => [run, every] as const)))(
    "at run %i, with %i steps under way at most, ends as if nothing had happened, and says where it computes now",
    async (run, reportEvery) => {
      const expected = await undisturbed(6);
      const hardware = new FailingHardware(run - 1);
      const gan = await withFallback(hardware);
      const report = await gan.train(points, { steps: 6, reportEvery });
      expectSameBytes({ ...report, seconds: 0 }, { ...expected.report, seconds: 0 });
      expectSameBytes(await gan.save(), expected.state);
      expect(gan.backend).toMatchObject({ name: "reference", reason: "instead of one that was lost" });
      expect(hardware.disposed).toBe(true);
    },
  );

  it("loses the steps since the state was kept, and reports them again", async () => {
    const stepsOf = async (reportEvery: number) => {
      const seen: StepReport[] = [];
      const gan = await withFallback(new FailingHardware(9));
      await gan.train(points, { steps: 6, reportEvery, onStep: (report) => void seen.push(report) });
      return seen.map(({ step }) => step);
    };
    tick(1);
    expect(await stepsOf(1)).toEqual([1, 2, 3, 4, 1, 2, 3, 4, 5, 6]);
    expect(await stepsOf(3)).toEqual([1, 2, 3, 1, 2, 3, 4, 5, 6]);
    expect(await stepsOf(6)).toEqual([1, 2, 3, 4, 5, 6]);
    tick(10_000);
    expect(await stepsOf(1)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(await stepsOf(3)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(await stepsOf(6)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it("never loses what an earlier call did", async () => {
    const expected = await undisturbed(6);
    const hardware = new FailingHardware();
    const gan = await withFallback(hardware);
    await gan.train(points, { steps: 4 });
    hardware.lost = true;
    const sample = await gan.sample({ count: 2 });
    expect(gan.step).toBe(4);
    expect((await gan.train(points, { steps: 2 })).steps).toBe(2);
    expectSameBytes(await gan.save(), expected.state);
    expect(sample.data.every(Number.isFinite)).toBe(true);
  });

  it.each([1, 3, 5])("goes on when it is a sample under way that finds out, after %i steps together", async (reportEvery) => {
    const hardware = new FailingHardware();
    const gan = await withFallback(hardware);
    let sample: Promise<unknown> | undefined;
    const onStep = ({ step }: StepReport) => {
      if (step !== 3 || sample) return;
      hardware.lost = true;
      sample = gan.sample();
    };
    const report = await gan.train(points, { steps: 5, reportEvery, onStep });
    await sample;
    expect([report.steps, gan.step]).toEqual([5, 5]);
    expectSameBytes(await gan.save(), (await undisturbed(5)).state);
  });

  it("loses nothing of a call that ended by an error", async () => {
    const hardware = new FailingHardware();
    const gan = await withFallback(hardware);
    const onStep = ({ step }: StepReport) => {
      if (step === 3) throw new Error("enough");
    };
    await expect(gan.train(points, { steps: 6, onStep, reportEvery: 1 })).rejects.toThrow("enough");
    hardware.lost = true;
    expect((await gan.train(points, { steps: 1 })).steps).toBe(1);
    expectSameBytes(await gan.save(), (await undisturbed(4)).state);
  });

  it("does not need the bytes that it was loaded from once training is set up", async () => {
    const { state } = await undisturbed(2);
    const bytes = state.slice();
    const hardware = new FailingHardware();
    const options = { spec, snapshot: readSnapshot(bytes), fallback: async () => createReferenceExecutor() };
    const gan = await GAN.open(hardware.executor, options);
    await gan.prepare();
    bytes.fill(0);
    hardware.lost = true;
    expectSameBytes(await gan.save(), state);
    expect(gan.backend.name).toBe("reference");
    await gan.train(points, { steps: 2 });
    expectSameBytes(await gan.save(), (await undisturbed(4)).state);
  });

  it("makes no copy of the first steps because setting up took long", async () => {
    const seen: number[] = [];
    const hardware = new FailingHardware(3);
    let moment = 0;
    vi.mocked(now).mockImplementation(() => moment);
    const { open, ...rest } = hardware.executor;
    const slow: Executor = {
      ...rest,
      open: (...request) => {
        moment += 20_000;
        return open(...request);
      },
    };
    const gan = await GAN.open(slow, { spec, fallback: async () => createReferenceExecutor() });
    await gan.train(points, { steps: 3, reportEvery: 1, onStep: ({ step }) => void seen.push(step) });
    expect(seen).toEqual([1, 1, 2, 3]);
  });

  it("goes on with the batches that follow where they come from an iterable", async () => {
    const drawn: number[] = [];
    function* batches() {
      for (let i = 0; ; i++) {
        drawn.push(i);
        yield points.subarray(0, 8);
      }
    }
    const gan = await withFallback(new FailingHardware(5));
    const report = await gan.train(batches(), { steps: 4, reportEvery: 1 });
    expect(report).toMatchObject({ steps: 4, stopped: "steps" });
    // Those of two steps and of the one that failed, then those of all four.
    expect(drawn.length).toBe(2 * 3 + 2 * 4);
    expect(gan.step).toBe(4);
  });

  it("moves at once when it cannot even begin", async () => {
    const hardware = new FailingHardware();
    hardware.lost = true;
    const gan = await withFallback(hardware);
    expect(gan.backend.name).toBe("reference");
    expect(hardware.disposed).toBe(true);
  });

  it("stays where it is when something is refused, not broken", async () => {
    const hardware = new FailingHardware();
    const probe = await GAN.open(createReferenceExecutor(), { spec });
    await probe.prepare();
    const { total } = probe.memory;
    const gan = await GAN.open(hardware.executor, { spec, maxMemory: total, fallback: async () => createReferenceExecutor() });
    await expect(gan.train(points, { steps: 1, batchSize: 4096 })).rejects.toMatchObject({ path: "maxMemory" });
    expect(gan.backend.name).toBe("webgpu");
    expect((await gan.train(points, { steps: 1 })).steps).toBe(1);
  });

  it("throws what the fallback throws when that fails as well", async () => {
    const fallback = async (): Promise<Executor> => {
      throw new BackendError({ path: "wasm", expected: "WebAssembly", got: "none" });
    };
    const gan = await GAN.open(new FailingHardware(3).executor, { spec, fallback });
    await expect(gan.train(points, { steps: 4 })).rejects.toMatchObject({ path: "wasm" });
    gan.dispose();
  });
});

describe("hardware of which only updates are at risk", () => {
  it("goes back to what was kept last, be it of an earlier call, and does over what came since", async () => {
    tick(1);
    const expected = await undisturbed(6);
    const hardware = new FailingHardware(11, "updates");
    const gan = await withFallback(hardware);
    const seen: number[] = [];
    const onStep = ({ step }: StepReport) => void seen.push(step);
    await gan.train(points, { steps: 4, reportEvery: 1, onStep });
    const report = await gan.train(points, { steps: 2, reportEvery: 2, onStep });
    expect(seen).toEqual([1, 2, 3, 4, 1, 2, 3, 4, 5, 6]);
    expectSameBytes(report.generatorLosses, expected.report.generatorLosses.slice(4));
    expect(report).toMatchObject({ steps: 2, stopped: "steps" });
    expectSameBytes(await gan.save(), expected.state);
  });

  it("goes back no further than ten seconds", async () => {
    tick(10_000);
    const gan = await withFallback(new FailingHardware(11, "updates"));
    const seen: number[] = [];
    const onStep = ({ step }: StepReport) => void seen.push(step);
    await gan.train(points, { steps: 4, reportEvery: 1, onStep });
    await gan.train(points, { steps: 2, reportEvery: 1, onStep });
    expect(seen).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it("loses nothing when there was no update under way", async () => {
    tick(1);
    const hardware = new FailingHardware(Number.POSITIVE_INFINITY, "updates");
    const gan = await withFallback(hardware);
    const seen: number[] = [];
    const onStep = async ({ step }: StepReport) => {
      seen.push(step);
      if (step !== 3 || hardware.lost) return;
      hardware.lost = true;
      hardware.whole = true;
      await gan.sample();
      expect(gan.step).toBe(3);
    };
    await gan.train(points, { steps: 5, reportEvery: 1, onStep });
    expect(seen).toEqual([1, 2, 3, 4, 5]);
    expectSameBytes(await gan.save(), (await undisturbed(5)).state);
  });
});

describe("hardware that fails again and again", () => {
  it("is given up when training comes no further, and the state is there", async () => {
    const { state } = await undisturbed(2);
    const lives: FailingHardware[] = [];
    const next = () => {
      lives.push(new FailingHardware(lives.length === 0 ? 7 : 1));
      return lives.at(-1)!.executor;
    };
    const gan = await GAN.open(next(), { spec, fallback: async () => next() });
    await gan.train(points, { steps: 2 });
    await expect(gan.train(points, { steps: 3 })).rejects.toMatchObject({ name: "BackendError", lost: true });
    expect(lives).toHaveLength(3);
    expect(gan.step).toBe(2);
    expectSameBytes(await gan.save(), state);
    gan.dispose();
    expect(lives.every(({ disposed }) => disposed)).toBe(true);
  });

  it("is replaced though no copy was made since the last time, where training came further", async () => {
    const expected = await undisturbed(6);
    let lives = 0;
    // Of two updates a step: lost in the fifth step, which is done over, and in the sixth.
    const next = () => new FailingHardware([9, 11, 12][lives++]!, "updates").executor;
    const gan = await GAN.open(next(), { spec, fallback: async () => next() });
    tick(1);
    expect((await gan.train(points, { steps: 6, reportEvery: 1 })).steps).toBe(6);
    expect(lives).toBe(3);
    expectSameBytes(await gan.save(), expected.state);
  });

  it("is replaced each time when training comes further", async () => {
    const expected = await undisturbed(6);
    let lives = 0;
    const next = () => new FailingHardware(++lives === 1 ? 5 : 3).executor;
    const gan = await GAN.open(next(), { spec, fallback: async () => next() });
    tick(10_000);
    expect((await gan.train(points, { steps: 6, reportEvery: 1 })).steps).toBe(6);
    expect(lives).toBe(5);
    expectSameBytes(await gan.save(), expected.state);
  });
});

describe("threads that end", () => {
  const options: CreateOptions = { shape: [16, 16, 1], width: 12, latent: 4, batchSize: 16, seed: 3, reproducible: true };
  const images = Float32Array.from({ length: 256 * 20 }, (_, i) => (i % 13) / 7 - 0.9);

  it.each([
    ["wasm", 0],
    ["auto", 3],
    ["wasm", 6],
  ] as const)("while a GAN trains are begun anew, and it ends as if nothing had happened, %s after %i ms", async (backend, delay) => {
    const calm = await createGAN({ ...options, backend: "wasm", threads: 1 });
    const expected = await calm.train(images, { steps: 5 });
    using watch = watchWorkers();
    const { workers } = watch;
    const gan = await createGAN({ ...options, backend, threads: 2 });
    // In the middle of an update, or between two: which, nobody can tell.
    const onStep = ({ step }: StepReport) => void (step === 2 && setTimeout(() => void workers[1]!.terminate(), delay));
    const report = await gan.train(images, { steps: 5, onStep });
    expectSameBytes({ ...report, seconds: 0 }, { ...expected, seconds: 0 });
    expectSameBytes(await gan.save(), await calm.save());
    expect(gan.backend).toMatchObject({ name: "wasm", threads: 2 });
    calm.dispose();
    gan.dispose();
  });
});

describe("hardware that fails without a fallback", () => {
  it("is a BackendError, then and ever after, and can be disposed of", async () => {
    const hardware = new FailingHardware(5);
    const gan = await GAN.open(hardware.executor, { spec });
    const failure = { name: "BackendError", path: "webgpu", got: "one that was lost" };
    await expect(gan.train(points, { steps: 4 })).rejects.toMatchObject(failure);
    await Promise.all([gan.sample(), gan.save(), gan.train(points, { steps: 1 })].map((use) => expect(use).rejects.toMatchObject(failure)));
    gan.dispose();
    expect(hardware.disposed).toBe(true);
  });
});
