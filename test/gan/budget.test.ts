import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Budget } from "../../src/gan/budget.ts";
import { createGAN, loadGAN, SpecError, type TrainOptions } from "../../src/index.ts";

/** The time that the budget is told. */
const clock = vi.hoisted(() => ({ now: 0 }));
vi.mock("../../src/core/time.ts", async (original) => ({
  ...(await original<typeof import("../../src/core/time.ts")>()),
  now: () => clock.now,
  since: (moment: number) => clock.now - moment,
}));

const options = { shape: [2], latent: 2, width: 4, batchSize: 4, seed: 5, backend: "wasm", threads: 1 } as const;
const data = Float32Array.from({ length: 40 }, (_, i) => Math.sin(i));

/** Steps of so many milliseconds. */
const lasting = (milliseconds: (step: number) => number): Pick<TrainOptions, "onStep"> => ({
  onStep: ({ step }) => {
    clock.now += milliseconds(step);
  },
});

beforeEach(() => {
  clock.now = 1000;
});
afterEach(() => vi.restoreAllMocks());

describe("a budget of time", () => {
  it("is for one step at first, and then for as many as the longest of the last leaves room for", () => {
    const budget = new Budget(100);
    expect(budget.steps).toBe(1);
    clock.now += 10;
    budget.note(1, 10);
    expect(budget.steps).toBe(9);
    clock.now += 30;
    budget.note(1, 30);
    expect(budget.steps).toBe(2);
    for (let i = 0; i < 100; i++) budget.note(2, 2);
    expect(budget.steps).toBe(60);
    budget.reserve(50);
    expect(budget.steps).toBe(10);
    clock.now += 60;
    expect(budget.steps).toBe(0);
  });

  it("without an end is for all steps", () => {
    const budget = new Budget();
    expect(budget.steps).toBe(Number.POSITIVE_INFINITY);
    budget.note(1, 10);
    expect(budget.steps).toBe(Number.POSITIVE_INFINITY);
  });
});

describe("train with a budget of time", () => {
  it("ends before it is over", async () => {
    const gan = await createGAN(options);
    const start = clock.now;
    const report = await gan.train(data, { milliseconds: 100, ...lasting((step) => (step === 3 ? 20 : 10)) });
    // The third is the longest, and after the eighth there is no room for one like it.
    expect(report).toMatchObject({ stopped: "time", steps: 8, seconds: 0.09 });
    expect(clock.now - start).toBe(90);
    gan.dispose();
  });

  it("keeps time for the last checkpoint", async () => {
    const gan = await createGAN(options);
    const start = clock.now;
    const write = () => {
      clock.now += 25;
    };
    await gan.train(data, { milliseconds: 200, checkpoint: { every: { steps: 3 }, write }, ...lasting(() => 10) });
    expect(clock.now - start).toBeLessThanOrEqual(200);
    expect(gan.step).toBeGreaterThan(6);
    gan.dispose();
  });

  it("counts a checkpoint once", async () => {
    const gan = await createGAN(options);
    const start = clock.now;
    const write = () => {
      clock.now += 500;
    };
    await gan.train(data, { milliseconds: 3000, checkpoint: { every: { milliseconds: 400 }, write }, ...lasting(() => 10) });
    // Three times forty steps and a checkpoint, and no room for another one.
    expect(clock.now - start).toBe(2700);
    gan.dispose();
  });

  it("does one step at least, and no more than it was told to", async () => {
    const gan = await createGAN(options);
    expect(await gan.train(data, { milliseconds: 1, ...lasting(() => 10) })).toMatchObject({ stopped: "time", steps: 1 });
    expect(await gan.train(data, { milliseconds: 1000, steps: 3, ...lasting(() => 10) })).toMatchObject({ stopped: "steps", steps: 3 });
    gan.dispose();
  });

  it("sends off no more steps together than there is time for", async () => {
    const gan = await createGAN(options);
    const report = await gan.train(data, { milliseconds: 100, reportEvery: 50, ...lasting(() => 10) });
    expect(report).toMatchObject({ stopped: "time", steps: 10 });
    gan.dispose();
  });

  it("in twenty slices gives what one run does, bit for bit", async () => {
    const whole = await createGAN(options);
    let file = await (await createGAN(options)).save();
    let steps = 0;
    for (let slice = 0; slice < 20; slice++) {
      const gan = await loadGAN(file, { backend: "wasm", threads: 1 });
      const report = await gan.train(data, { milliseconds: 50, ...lasting((step) => 5 + (step % 4)) });
      expect(report.stopped).toBe("time");
      steps += report.steps;
      file = await gan.save();
      gan.dispose();
    }
    expect(steps).toBeGreaterThan(60);
    await whole.train(data, { steps });
    expect(await whole.save()).toEqual(file);
    whole.dispose();
  });

  it("is refused where it is none, and where nothing says how long", async () => {
    const gan = await createGAN(options);
    const fault = async (given: TrainOptions) => {
      const error = await gan.train(data, given).catch((reason: unknown) => reason);
      return error instanceof SpecError ? error.message : error;
    };
    expect(await fault({ milliseconds: 0 })).toBe("milliseconds: expected a number above 0, got 0");
    expect(await fault({})).toBe("steps: expected an integer from 0 to 2^53 - 1, or milliseconds, got neither");
    gan.dispose();
  });
});
