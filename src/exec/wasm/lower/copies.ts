/** Ops that move elements without changing them: all are one strided copy, or a few. */
import { CopyNdWord, OneHotWord } from "../../../../assembly/format/ranged.ts";
import { sizeOf, stridesOf } from "../../../core/shape.ts";
import { at, type Buffer, type Instruction, type Lowering } from "../instructions/instruction.ts";
import { copyNd, oneHot } from "../instructions/ranged.ts";
import { fillInstruction } from "./elementwise.ts";

const MAX_RANK = 6;

/** One axis of a strided copy, strides in elements; a source stride of 0 repeats. */
interface CopyAxis {
  readonly size: number;
  readonly from: number;
  readonly to: number;
}

/** y[Σ i to + toOffset] = x[Σ i from + fromOffset] over all indices. */
function copy(x: Buffer, y: Buffer, axes: readonly CopyAxis[], fromOffset = 0, toOffset = 0): Instruction {
  const merged = mergeAxes(axes);
  if (merged.length > MAX_RANK) throw new RangeError(`a copy over ${merged.length} axes; at most ${MAX_RANK} can be told apart`);
  const descriptor = [merged.length, ...merged.map((a) => a.size), ...merged.map((a) => a.from), ...merged.map((a) => a.to)];
  const args = { [CopyNdWord.X]: at(x, fromOffset * 4), [CopyNdWord.Y]: at(y, toOffset * 4), [CopyNdWord.Descriptor]: descriptor };
  return copyNd({ units: merged[0]!.size, args, reads: [x], writes: [y] });
}

/** Drops axes of one element and joins axes that both sides walk through as one. */
function mergeAxes(axes: readonly CopyAxis[]): CopyAxis[] {
  const merged: CopyAxis[] = [];
  for (const axis of axes) {
    if (axis.size === 1) continue;
    const outer = merged.at(-1);
    if (outer && outer.from === axis.from * axis.size && outer.to === axis.to * axis.size) {
      merged[merged.length - 1] = { size: outer.size * axis.size, from: axis.from, to: axis.to };
    } else {
      merged.push(axis);
    }
  }
  return merged.length > 0 ? merged : [{ size: 1, from: 1, to: 1 }];
}

const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, x, i) => sum + x * b[i]!, 0);

const block = (size: readonly number[], from: readonly number[], to: readonly number[]): CopyAxis[] =>
  size.map((d, i) => ({ size: d, from: from[i]!, to: to[i]! }));

export const lowerSlice: Lowering<"slice"> = (node, out, [x]) => {
  const from = stridesOf(node.inputs[0]!.shape);
  return [copy(x!, out, block(node.shape, from, stridesOf(node.shape)), dot(node.attrs.begin, from))];
};

export const lowerPad: Lowering<"pad"> = (node, out, [x], { constant }) => {
  const shape = node.inputs[0]!.shape;
  const to = stridesOf(node.shape);
  return [fillInstruction(constant(Float32Array.of(0)), out), copy(x!, out, block(shape, stridesOf(shape), to), 0, dot(node.attrs.before, to))];
};

export const lowerConcat: Lowering<"concat"> = (node, out, inputs) => {
  const to = stridesOf(node.shape);
  let offset = 0;
  return node.inputs.map(({ shape }, i) => {
    const instruction = copy(inputs[i]!, out, block(shape, stridesOf(shape), to), 0, offset * to[node.attrs.axis]!);
    offset += shape[node.attrs.axis]!;
    return instruction;
  });
};

export const lowerTranspose: Lowering<"transpose"> = (node, out, [x]) => {
  const from = stridesOf(node.inputs[0]!.shape);
  const permuted = node.attrs.perm.map((p) => from[p]!);
  return [copy(x!, out, block(node.shape, permuted, stridesOf(node.shape)))];
};

export const lowerBroadcastTo: Lowering<"broadcastTo"> = (node, out, [x]) => {
  const { shape } = node.inputs[0]!;
  const lead = node.shape.length - shape.length;
  const strides = stridesOf(shape);
  const from = node.shape.map((_, i) => (i < lead || shape[i - lead] === 1 ? 0 : strides[i - lead]!));
  return [copy(x!, out, block(node.shape, from, stridesOf(node.shape)))];
};

export const lowerOneHot: Lowering<"oneHot"> = (node, out, [x]) => {
  const units = sizeOf(node.inputs[0]!.shape);
  return [
    oneHot({
      units,
      grain: 16,
      args: { [OneHotWord.Depth]: node.attrs.depth, [OneHotWord.X]: at(x!), [OneHotWord.Y]: at(out) },
      reads: [x!],
      writes: [out],
    }),
  ];
};
