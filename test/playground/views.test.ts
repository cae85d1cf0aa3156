import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Strip } from "../../playground/src/views/pictures.ts";
import { inPlane, type Pictures, type Plane, picturesOf, viewOfDataset, viewOfGAN } from "../../playground/src/views/view.ts";
import { createGAN, Dataset } from "../../src/index.ts";

describe("images as colours", () => {
  it("has three channels as they are, and one as grey", () => {
    expect([...picturesOf(Float32Array.of(-1, 0.2, 1), [1, 1, 1, 3]).rgba]).toEqual([0, 153, 255, 255]);
    expect(picturesOf(Float32Array.of(-1, 1), [2, 1, 1, 1])).toEqual({
      kind: "pictures",
      count: 2,
      height: 1,
      width: 1,
      rgba: Uint8ClampedArray.of(0, 0, 0, 255, 255, 255, 255, 255),
    });
  });
});

describe("points in the plane", () => {
  it("are where their first two numbers say", () => {
    const two = Float32Array.of(1, 2, 3, 4);
    expect(inPlane(two, 2)).toEqual(two);
    expect(inPlane(Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10), 5)).toEqual(Float32Array.of(1, 2, 6, 7));
  });

  it("are on the horizontal axis if they have one number", () => {
    expect(inPlane(Float32Array.of(1, 2, 3), 1)).toEqual(Float32Array.of(1, 0, 2, 0, 3, 0));
  });
});

describe("the view of a GAN", () => {
  it.each([1, 2, 5])("shows points of %i numbers, real ones too, with a landscape where the plane is all there is", async (dimensions) => {
    const gan = await createGAN({ shape: [dimensions], width: 8, backend: "wasm", threads: 1 });
    const data = Float32Array.from({ length: 3 * dimensions }, (_, i) => i / 10);
    const dataset = new Dataset({ data, shape: [3, dimensions] });
    const view = (await viewOfGAN(gan, dataset)) as Plane;
    const { data: made } = await gan.sample({ count: 300, seed: 7, ema: false });
    expect(view).toMatchObject({ kind: "plane", dimensions });
    expect(view.generated).toEqual(inPlane(made, dimensions));
    expect(view.generated).toHaveLength(600);
    expect(view.real).toEqual(inPlane(data, dimensions));
    expect([view.landscape.length, view.slopes.length]).toEqual(dimensions === 2 ? [view.side ** 2, 600] : [0, 0]);
    expect(viewOfDataset(dataset)).toEqual({
      ...view,
      generated: new Float32Array(0),
      slopes: new Float32Array(0),
      landscape: new Float32Array(0),
    });
    gan.dispose();
  });

  it("has no landscape where each class would have its own", async () => {
    const gan = await createGAN({ shape: [2], width: 8, condition: { classes: 3 }, backend: "wasm", threads: 1 });
    expect(await viewOfGAN(gan, undefined)).toMatchObject({ dimensions: 2, real: new Float32Array(0), landscape: new Float32Array(0) });
    gan.dispose();
  });
});

describe("a strip", () => {
  beforeEach(() => {
    vi.stubGlobal(
      "ImageData",
      class {
        constructor(
          readonly data: Uint8ClampedArray,
          readonly width: number,
          readonly height: number,
        ) {}
      },
    );
  });
  afterEach(() => {
    vi.unstubAllGlobals();
  });
  const pictures = (height = 2, width = 2): Pictures => picturesOf(new Float32Array(4 * height * width), [4, height, width, 1]);
  const stripOf = (...steps: readonly number[]): Strip => {
    const strip = new Strip();
    for (const step of steps) strip.add(step, pictures());
    return strip;
  };

  it("has no step twice", () => {
    const strip = stripOf(5);
    expect(strip.add(5, pictures())).toBe(false);
    expect(strip.add(6, pictures())).toBe(true);
    expect(strip.steps).toEqual([5, 6]);
  });

  it("begins anew, with what it is given, where that is of an earlier step", () => {
    const strip = stripOf(5, 9);
    expect(strip.add(3, pictures())).toBe(true);
    expect(strip.steps).toEqual([3]);
  });

  it.each([
    ["width", 2, 3],
    ["height", 3, 2],
  ])("begins anew, with what it is given, where that is of another %s", (_, height, width) => {
    const strip = stripOf(5, 9);
    // The step may be the same: that of another training.
    expect(strip.add(9, pictures(height, width))).toBe(true);
    expect(strip.steps).toEqual([9]);
  });

  it("spans the whole training however long that is", () => {
    const strip = stripOf(...Array.from({ length: 200 }, (_, i) => i));
    expect(strip.steps.length).toBeLessThanOrEqual(16);
    expect(strip.steps[0]).toBe(0);
    expect(strip.steps.at(-1)).toBeGreaterThan(150);
  });
});
