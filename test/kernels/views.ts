/** Operands of matrix products, each with its elements by definition. */
import { ViewKind } from "../../assembly/format/products.ts";
import { type Axis, dense, patches, type View } from "../../src/exec/wasm/instructions/gemm.ts";
import { integers } from "./harness.ts";
import { operand } from "./instruction.ts";

export interface Sample {
  readonly name: string;
  readonly view: View;
  readonly values: Float32Array;
  readonly lanes: number;
  readonly depth: number;
  /** Element (lane, k); exact, as the values are small integers. */
  at(lane: number, k: number): number;
}

/** A matrix of `lanes` by `depth` whose longer stride is `stride`. */
export function denseSample(lanes: number, depth: number, along: "depth" | "lanes", stride: number, seed = 1): Sample {
  const [laneStride, depthStride] = along === "depth" ? [stride, 1] : [1, stride];
  const length = lanes * depth === 0 ? 1 : (lanes - 1) * laneStride + (depth - 1) * depthStride + 1;
  const values = integers(length, seed);
  return {
    name: `matrix ${lanes} x ${depth}, ${along} side by side, stride ${stride}`,
    view: dense(operand(length), laneStride, depthStride),
    values,
    lanes,
    depth,
    at: (lane, k) => values[lane * laneStride + k * depthStride]!,
  };
}

export interface Patches {
  readonly lanes: "pixels" | "taps";
  readonly images: readonly [number, number, number, number];
  readonly y: Axis;
  readonly x: Axis;
  readonly subtract?: boolean;
}

/** Patches of a batch of images, as they are or transposed. */
export function patchSample({ lanes, images, y, x, subtract = false }: Patches, seed = 1): Sample {
  const [N, H, W, C] = images;
  const values = integers(N * H * W * C, seed);
  const pixels = N * y.grid * x.grid;
  const taps = y.taps * x.taps * C;
  const image = (n: number, i: number, j: number, c: number): number =>
    i >= 0 && i < H && j >= 0 && j < W ? values[((n * H + i) * W + j) * C + c]! : 0;
  const sign = subtract ? -1 : 1;
  const element = (pixel: number, tap: number): number => {
    const c = tap % C;
    const [a, b] = [Math.floor(tap / C / x.taps), Math.floor(tap / C) % x.taps];
    const [gx, line] = [pixel % x.grid, Math.floor(pixel / x.grid)];
    const n = Math.floor(line / y.grid);
    const i = (line % y.grid) * y.stride + y.origin + a * y.step;
    const j = gx * x.stride + x.origin + b * x.step;
    const row = (k: number): number => image(n, k, j, c) + (x.term ? sign * image(n, k, j + x.term, c) : 0);
    return row(i) + (y.term ? sign * row(i + y.term) : 0);
  };
  const terms = [y.term ?? 0, x.term ?? 0];
  return {
    name: `${lanes} of [${images}], grid ${y.grid} x ${x.grid}, taps ${y.taps} x ${x.taps}, strides ${y.stride} ${x.stride}, origin ${y.origin} ${x.origin}, steps ${y.step} ${x.step}, terms ${terms}${subtract ? " subtracted" : ""}`,
    view: patches(lanes === "pixels" ? ViewKind.PixelLanes : ViewKind.TapLanes, operand(values.length), images, y, x, subtract),
    values,
    lanes: lanes === "pixels" ? pixels : taps,
    depth: lanes === "pixels" ? taps : pixels,
    at: lanes === "pixels" ? element : (lane, k) => element(k, lane),
  };
}

const axis = (grid: number, taps: number, stride: number, origin: number, step = 1, term = 0): Axis => ({ grid, taps, stride, origin, step, term });

/** Patches of every kind: many channels and few, within the image and across its edges, mirrored, of two and four terms. */
export const PATCHES: readonly Patches[] = (["pixels", "taps"] as const).flatMap((lanes): Patches[] => [
  { lanes, images: [2, 7, 5, 3], y: axis(4, 3, 2, -1), x: axis(5, 3, 1, -1) },
  { lanes, images: [3, 6, 6, 1], y: axis(3, 4, 2, -1), x: axis(3, 4, 2, -1) },
  { lanes, images: [1, 5, 6, 7], y: axis(3, 2, 1, 0), x: axis(4, 2, 1, 0, -1) },
  { lanes, images: [2, 7, 6, 11], y: axis(4, 4, 2, -1), x: axis(3, 4, 2, -1) },
  { lanes, images: [2, 9, 8, 12], y: axis(3, 3, 2, 1), x: axis(5, 3, 1, 0) },
  { lanes, images: [1, 4, 5, 70], y: axis(4, 2, 1, 0, -1), x: axis(5, 2, 1, 1, -1) },
  { lanes, images: [2, 3, 3, 8], y: axis(1, 1, 0, 5), x: axis(3, 2, 1, -4) },
  { lanes, images: [2, 8, 8, 9], y: axis(4, 2, 2, 0, 1, 1), x: axis(4, 2, 2, -1) },
  { lanes, images: [2, 8, 8, 66], y: axis(4, 1, 2, 0), x: axis(4, 1, 2, 0, 1, 1) },
  { lanes, images: [1, 8, 9, 66], y: axis(4, 2, 2, 1, 1, -1), x: axis(5, 2, 2, -1, 1, 1) },
  { lanes, images: [2, 6, 7, 5], y: axis(3, 2, 2, -1, 1, 2), x: axis(3, 2, 2, 1, 1, -2) },
  ...(lanes === "pixels"
    ? [
        { lanes, images: [2, 8, 8, 9], y: axis(4, 2, 2, 0, 1, 1), x: axis(4, 2, 2, -1), subtract: true } as const,
        { lanes, images: [2, 8, 8, 10], y: axis(4, 2, 2, 0), x: axis(4, 2, 2, 1, 1, -1), subtract: true } as const,
        { lanes, images: [1, 8, 9, 13], y: axis(4, 2, 2, 1, 1, -1), x: axis(5, 2, 2, -1, 1, 1), subtract: true } as const,
      ]
    : []),
]);
