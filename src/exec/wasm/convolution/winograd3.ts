/**
 * 3x3 filters of stride 1 by Winograd's algorithm, F(4x4, 3x3): 36 products in place of 144 for a tile of 4x4 pixels of the result; for small images F(2x2, 3x3), 16 in place of 36. The filter
 * is split into components once for all who read it; those of the data exist for a block of tiles at a time.
 */
import { WinogradKind } from "../../../../assembly/format/winograd.ts";
import type { Node } from "../../../graph/graph.ts";
import type { Buffer, Context, Instruction, Lowering } from "../instructions/instruction.ts";
import { filterBytes, type Images, winograd, winogradFilter } from "../instructions/winograd.ts";
import { choose } from "./choose.ts";

/** What is chosen for a node, as the kernels know it. */
export const kindOf = (node: Node<"conv2d" | "conv2dInputGrad" | "conv2dFilterGrad">): WinogradKind =>
  choose(node) === "winograd43" ? WinogradKind.F43 : WinogradKind.F23;

/** The first operand, or what it is doubled from. */
export function imagesOf(node: Node, buffer: Buffer, { doubles = false }: Context): Images {
  const [x] = node.inputs as [Node];
  return { buffer, shape: doubles ? x.inputs[0]!.shape : x.shape, doubled: doubles };
}

/** y = conv2d(x, w). */
export const winograd3Conv2d: Lowering<"conv2d"> = (node, out, [x, w], context) => {
  const [, , K, N] = node.inputs[1]!.shape as [number, number, number, number];
  const { pads } = node.attrs;
  return convolve(node, x!, out, { K, N, flipped: false, buffer: w! }, [pads[0], pads[2]], context);
};

/** dx = conv2d(dy, w with channels and results exchanged, and its taps the other way round). */
export const winograd3InputGrad: Lowering<"conv2dInputGrad"> = (node, out, [dy, w], context) => {
  const [, , N, K] = node.inputs[1]!.shape as [number, number, number, number];
  const { pads } = node.attrs;
  return convolve(node, dy!, out, { K, N, flipped: true, buffer: w! }, [2 - pads[0], 2 - pads[2]], context);
};

interface Filter {
  /** Channels and results of the convolution. */
  readonly K: number;
  readonly N: number;
  readonly flipped: boolean;
  readonly buffer: Buffer;
}

function convolve(
  node: Node<"conv2d" | "conv2dInputGrad">,
  x: Buffer,
  out: Buffer,
  filter: Filter,
  pads: readonly [number, number],
  context: Context,
): Instruction[] {
  const { K, N, flipped } = filter;
  const kind = kindOf(node);
  const components = context.shared(node.inputs[1]!, {
    key: `winograd ${kind} ${K}x${N}${flipped ? " flipped" : ""}`,
    bytes: filterBytes(kind, K, N),
    make: (to) => [winogradFilter(kind, filter.buffer, K, N, flipped, to)],
  });
  const images = imagesOf(node, x, context);
  const result = { buffer: out, shape: node.shape };
  return [winograd({ kind, x: images, filter: components, result, pads, epilogue: context.epilogue })];
}
