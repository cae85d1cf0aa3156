/** All three faces of a convolution by the algorithms that are chosen for them, beside direct sums, against float64. */
import { expect } from "vitest";
import type { Session } from "../../../src/exec/executor.ts";
import { evaluate } from "../../../src/exec/reference/evaluate.ts";
import { choose } from "../../../src/exec/wasm/convolution/choose.ts";
import { pad, slice } from "../../../src/graph/build.ts";
import { Graph } from "../../../src/graph/graph.ts";
import { any, draw, seeded } from "../../cases/values.ts";

export interface Convolution {
  /** [batch, height, width, in, out] */
  readonly sizes: readonly [number, number, number, number, number];
  /** Of a square filter. */
  readonly kernel: number;
  readonly stride: number;
  readonly pads: readonly [number, number, number, number];
}

export interface FaceError {
  /** Root of the mean square of the differences from float64. */
  readonly mean: number;
  /** The largest difference, as a share of the largest value. */
  readonly most: number;
}

export interface Faces {
  /** The algorithms of `conv2d`, `conv2dInputGrad` and `conv2dFilterGrad`. */
  readonly chosen: readonly string[];
  /** Of each face, in each build. */
  readonly errors: readonly { readonly own: FaceError; readonly direct: FaceError }[];
}

export async function runFaces(session: Session, { sizes: [n, h, w, channels, filters], kernel, stride, pads }: Convolution): Promise<Faces> {
  const graph = new Graph();
  const x = graph.input("x", [n, h, w, channels]);
  const filter = graph.input("filter", [kernel, kernel, channels, filters]);
  const attrs = { strides: [stride, stride], pads, dilations: [1, 1], groups: 1 } as const;
  const y = graph.apply("conv2d", [x, filter], attrs);
  const dy = graph.input("dy", y.shape);
  const dx = graph.apply("conv2dInputGrad", [dy, filter], { ...attrs, inputSize: [h, w] });
  const dw = graph.apply("conv2dFilterGrad", [x, dy], { ...attrs, filterSize: [kernel, kernel] });
  for (const [name, node] of Object.entries({ y, dx, dw })) graph.fetch(name, node);
  const random = seeded(7);
  const feeds = { x: draw(x.shape, any, random), filter: draw(filter.shape, any, random), dy: draw(dy.shape, any, random) };
  const expected = evaluate(graph, feeds).fetches;

  // The same with one more column of zeros in the filter: no longer a case for Winograd.
  const wide = pad(filter, [0, 0, 0, 0], [0, 1, 0, 0]);
  const wideAttrs = { ...attrs, pads: [pads[0], pads[1], pads[2], pads[3] + 1] } as const;
  const yDirect = graph.apply("conv2d", [x, wide], wideAttrs);
  expect(choose(yDirect)).toBe("direct");
  graph.fetch("yDirect", yDirect);
  graph.fetch("dxDirect", graph.apply("conv2dInputGrad", [dy, wide], { ...wideAttrs, inputSize: [h, w] }));
  const dwWide = graph.apply("conv2dFilterGrad", [x, dy], { ...wideAttrs, filterSize: [kernel, kernel + 1] });
  graph.fetch("dwDirect", slice(dwWide, [0, 0, 0, 0], filter.shape));

  const errors: Faces["errors"][number][] = [];
  for (const reproducible of [true, false]) {
    const program = await session.compile(graph, { reproducible });
    const got = await program.run(feeds);
    program.dispose();
    for (const name of ["y", "dx", "dw"]) {
      errors.push({ own: errorOf(got[name]!, expected[name]!), direct: errorOf(got[`${name}Direct`]!, expected[name]!) });
    }
  }
  return { chosen: [choose(y), choose(dx), choose(dw)], errors };
}

function errorOf(got: Float32Array, expected: Float64Array): FaceError {
  let [squares, difference, largest] = [0, 0, 0];
  for (const [i, e] of expected.entries()) {
    squares += (got[i]! - e) ** 2;
    difference = Math.max(difference, Math.abs(got[i]! - e));
    largest = Math.max(largest, Math.abs(e));
  }
  return { mean: Math.sqrt(squares / expected.length), most: difference / largest };
}
