import { describe, expect, it } from "vitest";
import { ShapeError, SpecError } from "../../src/core/errors.ts";
import type { Features } from "../../src/metrics/features.ts";
import { multiScaleSWD } from "../../src/metrics/multiScale.ts";
import { slicedWasserstein } from "../../src/metrics/sliced.ts";
import { changed, points } from "./samples.ts";

/** Pictures of noise. */
const noise = (n: number, side: number, channels: number, seed: number): Features => ({
  data: points(n, side * side * channels, seed).data,
  shape: [n, side, side, channels],
});

const FEW = { patches: 4, projections: 8 };

describe("multiScaleSWD", () => {
  it.each([
    [8, 16, [8]],
    [28, 16, [28]],
    [28, 7, [28, 14, 7]],
    [32, 16, [32, 16]],
    [33, 16, [33, 17]],
    [64, 16, [64, 32, 16]],
  ])("sees pictures of side %i at levels of at least %i: %j", async (side, smallest, sides) => {
    const { levels } = await multiScaleSWD(noise(1, side, 1, 1), noise(2, side, 1, 2), { ...FEW, smallest });
    expect(levels.map(({ size }) => size)).toEqual(sides.map((s) => [s, s]));
  });

  it("is 0 for the same pictures, whatever their brightness and contrast, and their constant channels", async () => {
    const a = noise(3, 16, 2, 1);
    expect(await multiScaleSWD(a, a, FEW)).toEqual({ levels: [{ size: [16, 16], distance: 0 }], mean: 0 });
    const { mean } = await multiScaleSWD(
      a,
      changed(a, (x) => 3 * x + 1),
      FEW,
    );
    expect(mean).toBeLessThan(1e-2); // thousandths, patches being float32
    const [grey, black] = [0.1, 0].map((value) => changed(noise(2, 32, 3, 1), () => value));
    expect((await multiScaleSWD(grey!, black!, FEW)).mean).toBe(0);
  });

  it("of pictures that are one patch is a thousand times the sliced distance of their normalised pixels", async () => {
    const [a, b] = [noise(20, 7, 1, 1), changed(noise(11, 7, 1, 2), (x) => Math.exp(x))];
    const normalised = ({ data, shape }: Features) => {
      const values = Float64Array.from(data);
      const mean = values.reduce((sum, x) => sum + x) / values.length;
      const deviation = Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length);
      return { data: values.map((x) => (x - mean) / deviation), shape };
    };
    const expected = await slicedWasserstein(normalised(a), normalised(b), { projections: 8, seed: 3 });
    const { mean } = await multiScaleSWD(a, b, { patches: 2, projections: 8, seed: 3 });
    expect(mean / (1000 * expected)).toBeCloseTo(1, 5); // patches are float32
  });

  it("tells at which scale pictures differ", async () => {
    const smooth: Features = {
      data: Float64Array.from({ length: 8 * 32 * 32 }, (_, i) => Math.sin(((i % 32) + Math.floor(i / 1024)) / 5)),
      shape: [8, 32, 32, 1],
    };
    // Dots of noise: detail only.
    const dotted = changed(smooth, (x, i) => x + (i % 2 ? 0.1 : -0.1) * (Math.floor(i / 32) % 2 ? 1 : -1));
    const { levels, mean } = await multiScaleSWD(smooth, dotted, { ...FEW, patches: 16 });
    expect(levels[0]!.distance).toBeGreaterThan(3 * levels[1]!.distance);
    expect(mean).toBeCloseTo((levels[0]!.distance + levels[1]!.distance) / 2, 9);
  });

  it("tells how far it is, and ends with the signal's reason", async () => {
    const a = noise(4, 32, 1, 1);
    const told: number[] = [];
    await multiScaleSWD(a, a, { ...FEW, onProgress: (done) => told.push(done) });
    expect([told[0], told.at(-1)]).toEqual([0, 1]);
    expect(told).toEqual(told.toSorted((x, y) => x - y));
    const controller = new AbortController();
    const onProgress = (done: number) => done > 0.4 && controller.abort("enough");
    await expect(multiScaleSWD(a, a, { ...FEW, signal: controller.signal, onProgress })).rejects.toBe("enough");
  });

  it("refuses what is no pictures, or of two sizes", async () => {
    await expect(multiScaleSWD(points(4, 3, 1), points(4, 3, 1))).rejects.toThrow("a.shape: expected [n, H, W, C], H and W at least 7, got [4, 3]");
    await expect(multiScaleSWD(noise(1, 6, 1, 1), noise(1, 6, 1, 1))).rejects.toThrow(ShapeError);
    const turned = { ...noise(1, 8, 2, 1), shape: [1, 8, 16, 1] };
    await expect(multiScaleSWD(noise(1, 8, 2, 1), turned)).rejects.toThrow("b.shape: expected [m, 8, 8, 2], as a has it, got [1, 8, 16, 1]");
    await expect(multiScaleSWD(noise(1, 8, 1, 1), noise(1, 8, 1, 1), { smallest: 6 })).rejects.toThrow(SpecError);
  });
});
