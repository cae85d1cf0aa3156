import { describe, expect, it } from "vitest";
import { Latest } from "../../playground/src/explore/latest.ts";
import { turned, walkOf } from "../../playground/src/explore/walk.ts";
import { LARGEST_SEED } from "../../playground/src/settings.ts";
import { checkSeed } from "../../src/core/random.ts";

const dot = (a: Float32Array, b: Float32Array): number => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
const length = (a: Float32Array): number => Math.sqrt(dot(a, a));

describe("a walk about a latent", () => {
  const latents = Float32Array.from({ length: 48 }, (_, i) => Math.sin(1 + 7 * i * i));
  const walk = walkOf(latents);

  it("begins at the first of them", () => {
    expect(turned(walk, 0, 0)).toEqual(latents.slice(0, 16));
  });

  it("goes by the angle that is asked for, and stays as far from the middle", () => {
    for (const [x, y] of [
      [0.3, 0],
      [0, -0.7],
      [1, 1],
      [-1.5, 0.2],
    ] as const) {
      const z = turned(walk, x, y);
      expect(length(z)).toBeCloseTo(length(walk.start), 5);
      expect(Math.acos(dot(z, walk.start) / length(z) / length(walk.start))).toBeCloseTo(Math.hypot(x, y), 4);
    }
  });

  it("has two directions that have nothing to do with each other", () => {
    const [x, y] = [turned(walk, Math.PI / 2, 0), turned(walk, 0, Math.PI / 2)];
    expect(dot(x, y) / length(x) / length(y)).toBeCloseTo(0, 5);
  });

  it("stays finite where there are too few dimensions for two", () => {
    const line = walkOf(Float32Array.of(1, 2, 2, 1, 3, 5));
    expect([...turned(line, 0.1, 0.4)].every(Number.isFinite)).toBe(true);
  });
});

describe("what follows a hand", () => {
  it("does one thing at a time, and of all that waits only the last", async () => {
    const done: number[] = [];
    const failures: string[] = [];
    const latest = new Latest((error) => failures.push(error.message));
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    latest.ask(async () => {
      await held;
      done.push(1);
    });
    for (const n of [2, 3, 4]) latest.ask(async () => void done.push(n));
    expect(done).toEqual([]);
    release();
    await expect.poll(() => done).toEqual([1, 4]);
    expect(failures).toEqual([]);
  });

  it("goes on after something that failed", async () => {
    const failures: string[] = [];
    const latest = new Latest((error) => failures.push(error.message));
    latest.ask(() => Promise.reject(new Error("gone")));
    await expect.poll(() => failures).toEqual(["gone"]);
    const done: string[] = [];
    latest.ask(async () => void done.push("again"));
    await expect.poll(() => done).toEqual(["again"]);
  });
});

describe("the seeds of a field", () => {
  it("are those of the library", () => {
    expect(() => checkSeed("seed", LARGEST_SEED)).not.toThrow();
    expect(() => checkSeed("seed", LARGEST_SEED + 1)).toThrow("2^53 - 1");
  });
});
