import { sizeOf, stridesOf } from "../../core/shape.ts";
import { broadcastStrides, gather, type Kernel, offsets, stretch } from "./kernel.ts";

const reduceSum: Kernel<"reduceSum"> = (node, x) => {
  const y = new Float64Array(sizeOf(node.shape));
  const from = node.inputs[0]!.shape;
  offsets(from, broadcastStrides(node.shape, from)).forEach((o, i) => {
    y[o]! += x[i]!;
  });
  return y;
};

const reduceMax: Kernel<"reduceMax"> = (node, x) => {
  const y = new Float64Array(sizeOf(node.shape)).fill(Number.NEGATIVE_INFINITY);
  const from = node.inputs[0]!.shape;
  offsets(from, broadcastStrides(node.shape, from)).forEach((o, i) => {
    y[o] = Math.max(y[o]!, x[i]!);
  });
  return y;
};

const broadcastTo: Kernel<"broadcastTo"> = (node, x) => stretch(x, node.inputs[0]!.shape, node.shape).slice();

const reshape: Kernel<"reshape"> = (_, x) => x.slice();

const transpose: Kernel<"transpose"> = (node, x) => {
  const strides = stridesOf(node.inputs[0]!.shape);
  const permuted = node.attrs.perm.map((p) => strides[p]!);
  return gather(x, offsets(node.shape, permuted));
};

/** Offset of the element at `index`. */
const at = (index: readonly number[], strides: readonly number[]): number => index.reduce((sum, i, axis) => sum + i * strides[axis]!, 0);

const slice: Kernel<"slice"> = (node, x) => {
  const strides = stridesOf(node.inputs[0]!.shape);
  return gather(x, offsets(node.shape, strides, at(node.attrs.begin, strides)));
};

const pad: Kernel<"pad"> = (node, x) => {
  const y = new Float64Array(sizeOf(node.shape));
  const strides = stridesOf(node.shape);
  offsets(node.inputs[0]!.shape, strides, at(node.attrs.before, strides)).forEach((o, i) => {
    y[o] = x[i]!;
  });
  return y;
};

const concat: Kernel<"concat"> = (node, ...xs) => {
  const y = new Float64Array(sizeOf(node.shape));
  const strides = stridesOf(node.shape);
  let begin = 0;
  node.inputs.forEach(({ shape }, operand) => {
    offsets(shape, strides, begin * strides[node.attrs.axis]!).forEach((o, i) => {
      y[o] = xs[operand]![i]!;
    });
    begin += shape[node.attrs.axis]!;
  });
  return y;
};

const oneHot: Kernel<"oneHot"> = (node, x) => {
  const { depth } = node.attrs;
  return Float64Array.from({ length: x.length * depth }, (_, i) => (x[Math.floor(i / depth)] === i % depth ? 1 : 0));
};

export const LAYOUT = { reduceSum, reduceMax, broadcastTo, reshape, transpose, slice, pad, concat, oneHot };
