import { describe, expect, it } from "vitest";
import { resizeImages } from "../../src/formats/resize.ts";
import { readCases } from "./golden.ts";

interface Case {
  readonly shape: readonly number[];
  readonly size: readonly [number, number];
  readonly images: readonly number[];
  readonly resized: readonly number[];
}

describe("images in another size are those of PyTorch", () => {
  it.each(readCases<Case>("resize.json"))("$shape at $size", ({ shape, size, images, resized }) => {
    const result = resizeImages(Float32Array.from(images), shape, size);
    expect(result.length).toBe(resized.length);
    for (const [i, x] of resized.entries()) expect(Math.abs(result[i]! - x)).toBeLessThan(1e-6);
  });
});
