import { afterEach, describe, expect, it, vi } from "vitest";
import { createReferenceExecutor } from "../../src/exec/reference/executor.ts";
import { GAN } from "../../src/gan/gan.ts";
import { resolveSpec } from "../../src/gan/spec.ts";
import { BackendError, createGAN, DataError, SpecError, StateError, type StepReport } from "../../src/index.ts";

const options = { shape: [2], latent: 2, width: 4, batchSize: 4, backend: "wasm", threads: 1 } as const;
const points = Float32Array.from({ length: 16 }, (_, i) => Math.sin(i));
const never = () => new Promise<never>(() => {});

/** How often the event loop comes round while this is done. */
async function turnsDuring(work: () => Promise<unknown>): Promise<number> {
  let turns = 0;
  let done = false;
  const count = () => {
    turns++;
    if (!done) setImmediate(count);
  };
  setImmediate(count);
  await work();
  done = true;
  return turns;
}

describe("the event loop gets its turn", () => {
  it.each([
    ["while many images are made", (gan: GAN) => gan.sample({ count: 1000 })],
    ["while many images are judged", (gan: GAN) => gan.discriminate(new Float32Array(2000))],
    ["while many calls wait", (gan: GAN) => Promise.all(Array.from({ length: 200 }, (_, seed) => gan.sample({ seed })))],
    ["in training", (gan: GAN) => gan.train(points, { steps: 100 })],
    ["while a GAN is saved", (gan: GAN) => gan.save()],
    ["while a GAN is saved that was trained", async (gan: GAN) => gan.train(points, { steps: 1 }).then(() => gan.save())],
  ])("%s", async (_, work) => {
    const gan = await createGAN(options);
    await gan.sample();
    await gan.discriminate(points);
    expect(await turnsDuring(() => work(gan))).toBeGreaterThan(3);
    gan.dispose();
  });
});

describe("a signal", () => {
  it.each([
    ["sample", (gan: GAN, signal: AbortSignal) => gan.sample({ count: 100_000, signal })],
    ["discriminate", (gan: GAN, signal: AbortSignal) => gan.discriminate(new Float32Array(200_000), { signal })],
    ["save", (gan: GAN, signal: AbortSignal) => gan.save({ signal })],
  ])("ends %s with its reason, and the GAN goes on", async (_, call) => {
    const gan = await createGAN(options);
    await expect(call(gan, AbortSignal.abort(new Error("before")))).rejects.toThrow("before");
    const controller = new AbortController();
    const ended = call(gan, controller.signal);
    setImmediate(() => controller.abort(new Error("during")));
    await expect(ended).rejects.toThrow("during");
    expect((await gan.sample()).data).toHaveLength(2);
    gan.dispose();
  });

  it.each([{ aborted: false }, { aborted: false, addEventListener() {} }, null, "now"])("that is none is refused: %j", async (bad) => {
    const gan = await createGAN(options);
    const signal = bad as unknown as AbortSignal;
    for (const call of [
      gan.sample({ signal }),
      gan.discriminate(points, { signal }),
      gan.save({ signal }),
      gan.train(points, { steps: 1, signal }),
    ]) {
      await expect(call).rejects.toThrow(SpecError);
    }
    gan.dispose();
  });
});

it("numbers so large that nothing finite comes of them are refused", async () => {
  const gan = await createGAN(options);
  await gan.train(points, { steps: 1 });
  await expect(gan.sample({ latents: Float32Array.of(0, 0, 3e38, -3e38) })).rejects.toThrow(/^example 1: expected inputs and weights small enough/);
  await expect(gan.discriminate(Float32Array.of(0, 0, 3e38, 3e38))).rejects.toThrow(DataError);
  expect((await gan.sample()).data).toHaveLength(2);
  gan.dispose();
});

it("more images than an array holds are refused before any is made", async () => {
  const gan = await createGAN({ ...options, shape: [64, 64, 3], architecture: "dcgan" });
  await expect(gan.sample({ count: 2 ** 22 })).rejects.toThrow(/^count: expected at most 43690 at once of shape \[64, 64, 3\], got 4194304$/);
  expect(gan.memory.total).toBe(0);
  gan.dispose();
});

describe.concurrent("train settles", () => {
  it("though the source's return never does, which is called once", async () => {
    const gan = await createGAN(options);
    let closed = 0;
    const source: AsyncIterable<Float32Array> = {
      [Symbol.asyncIterator]: () => ({
        next: async () => ({ value: points, done: false }),
        return: () => {
          closed++;
          return never();
        },
      }),
    };
    expect(await gan.train(source, { steps: 2 })).toMatchObject({ steps: 2, stopped: "steps" });
    expect(closed).toBe(1);
    gan.dispose();
  });

  it.each(["signal", "dispose"])("by %s though onStep never does", async (by) => {
    const gan = await createGAN(options);
    const controller = new AbortController();
    const onStep = () => {
      setImmediate(() => (by === "signal" ? controller.abort() : gan.dispose()));
      return never();
    };
    const training = gan.train(points, { steps: 5, onStep, signal: controller.signal });
    if (by === "signal") expect(await training).toMatchObject({ steps: 1, stopped: "signal" });
    else await expect(training).rejects.toThrow(StateError);
    gan.dispose();
  });

  it("by its signal, which then leaves nothing behind at the GAN, though data never come", async () => {
    const gan = await createGAN(options);
    const warned = vi.fn();
    process.on("warning", warned);
    for (let i = 0; i < 12; i++) {
      const controller = new AbortController();
      const next = () => {
        setImmediate(() => controller.abort());
        return never();
      };
      const source = { [Symbol.asyncIterator]: () => ({ next }) };
      expect(await gan.train(source, { steps: 1, signal: controller.signal })).toMatchObject({ stopped: "signal" });
    }
    await new Promise(setImmediate);
    process.off("warning", warned);
    expect(warned).not.toHaveBeenCalled();
    gan.dispose();
  });

  it("with what ended it, whatever closing the source throws after that", async () => {
    const gan = await createGAN(options);
    const source = (closed: () => never) => ({
      [Symbol.asyncIterator]: () => ({ next: async () => ({ value: points, done: false }), return: async () => closed() }),
    });
    const fails = (message: string) => (): never => {
      throw new Error(message);
    };
    await expect(gan.train(source(fails("second")), { steps: 2, onStep: fails("first") })).rejects.toThrow("first");
    await expect(gan.train(source(fails("closing")), { steps: 2 })).rejects.toThrow("closing");
    gan.dispose();
  });

  it("when the GAN is disposed of while it waits for data, and closes the source once", async () => {
    const gan = await createGAN(options);
    let closed = 0;
    const source: AsyncIterable<Float32Array> = {
      [Symbol.asyncIterator]: () => ({
        next: () => {
          setImmediate(() => gan.dispose());
          return never();
        },
        return: async () => {
          closed++;
          return { value: undefined, done: true };
        },
      }),
    };
    await expect(gan.train(source, { steps: 5 })).rejects.toThrow(StateError);
    expect(closed).toBe(1);
  });
});

describe("with a clock", () => {
  afterEach(() => {
    vi.restoreAllMocks();
    vi.unstubAllGlobals();
    vi.useRealTimers();
    vi.resetModules();
  });

  /** The library as it is when it is loaded now. */
  const load = async () => {
    vi.resetModules();
    return (await import("../../src/index.ts")).createGAN(options);
  };

  it.each([
    ["that stands still", () => 5],
    [
      "that goes back",
      (
        (at = 1e6) =>
        () =>
          (at -= 10)
      )(),
    ],
  ])("%s training breathes and heeds its signal, and tells no number that is none", async (_, clock) => {
    vi.spyOn(performance, "now").mockImplementation(clock);
    const gan = await load();
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 5);
    const reports: StepReport[] = [];
    const report = await gan.train(points, { steps: 1e6, signal: controller.signal, onStep: (r) => void reports.push(r) });
    expect(report).toMatchObject({ stopped: "signal", seconds: 0 });
    expect(reports.every((r) => r.imagesPerSecond === undefined)).toBe(true);
    gan.dispose();
  });

  it("whose timers are faked once the library is loaded it goes on", async () => {
    const gan = await load();
    vi.useFakeTimers();
    expect((await gan.train(points, { steps: 100 })).steps).toBe(100);
    expect((await gan.sample({ count: 1000 })).length).toBe(1000);
    gan.dispose();
  });

  it("whose timers are held back, as in a hidden page, it goes on by messages", async () => {
    vi.stubGlobal("setImmediate", undefined);
    vi.stubGlobal("setTimeout", () => 0);
    const gan = await load();
    expect((await gan.train(points, { steps: 100 })).steps).toBe(100);
    gan.dispose();
  });
});

describe("an update that is refused", () => {
  it("is told of, and neither keeps the GAN from being saved nor from training on", async () => {
    const inner = createReferenceExecutor();
    let refuse = false;
    const gan = await GAN.open(
      {
        ...inner,
        async open(...request) {
          const session = await inner.open(...request);
          const { compile } = session;
          return Object.assign(Object.create(session) as typeof session, {
            read: session.read.bind(session),
            write: session.write.bind(session),
            dispose: session.dispose.bind(session),
            compile: async (...what: Parameters<typeof compile>) => {
              const program = await compile.apply(session, what);
              const refused = () => Promise.reject(new BackendError({ path: "test", expected: "one that is taken", got: "one that is refused" }));
              return { ...program, run: (feeds: Parameters<typeof program.run>[0]) => (refuse ? refused() : program.run(feeds)) };
            },
          });
        },
      },
      { spec: resolveSpec({ shape: [2], latent: 2, width: 4, batchSize: 4 }) },
    );
    await gan.train(points, { steps: 1 });
    const before = await gan.save();
    refuse = true;
    await expect(gan.train(points, { steps: 3 })).rejects.toThrow(BackendError);
    expect(Buffer.compare(await gan.save(), before)).toBe(0);
    refuse = false;
    expect((await gan.train(points, { steps: 2 })).steps).toBe(2);
    expect(gan.step).toBe(3);
    gan.dispose();
  });
});
