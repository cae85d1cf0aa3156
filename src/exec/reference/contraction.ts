import { sizeOf } from "../../core/shape.ts";
import type { Node } from "../../graph/graph.ts";
import { type ConvAttrs, matrixSize } from "../../graph/ops.ts";
import type { Kernel } from "./kernel.ts";

const matmul: Kernel<"matmul"> = (node, a, b) => {
  const { transposeA, transposeB } = node.attrs;
  const [m, k] = matrixSize(node.inputs[0]!.shape, transposeA);
  const n = node.shape.at(-1)!;
  const y = new Float64Array(sizeOf(node.shape));
  for (let t = 0; t < y.length / (m * n); t++) {
    const [ta, tb, ty] = [t * m * k, t * k * n, t * m * n];
    for (let i = 0; i < m; i++) {
      for (let p = 0; p < k; p++) {
        const aip = a[ta + (transposeA ? p * m + i : i * k + p)]!;
        for (let j = 0; j < n; j++) y[ty + i * n + j]! += aip * b[tb + (transposeB ? j * k + p : p * n + j)]!;
      }
    }
  }
  return y;
};

/**
 * Visits what the trilinear form Σ x w y of a convolution couples: a pixel of the input and one of the output by a tap of the filter. `xs`, `ws` and `ys` are the nodes
 * that have the shape of its input, filter and output, and the visitor gets the offset of the first channel of a group in each.
 */
function couple(xs: Node, ws: Node, ys: Node, attrs: ConvAttrs, visit: (x: number, w: number, y: number) => void): void {
  const { strides, pads, dilations, groups } = attrs;
  const [n, h, width, c] = xs.shape as [number, number, number, number];
  const [kh, kw, inner] = ws.shape as [number, number, number];
  const [, oh, ow, o] = ys.shape as [number, number, number, number];
  for (let b = 0; b < n; b++) {
    for (let yi = 0; yi < oh; yi++) {
      for (let yj = 0; yj < ow; yj++) {
        for (let wi = 0; wi < kh; wi++) {
          const xi = yi * strides[0] + wi * dilations[0] - pads[0];
          if (xi < 0 || xi >= h) continue;
          for (let wj = 0; wj < kw; wj++) {
            const xj = yj * strides[1] + wj * dilations[1] - pads[2];
            if (xj < 0 || xj >= width) continue;
            for (let g = 0; g < groups; g++) {
              const first = (g * o) / groups;
              visit(((b * h + xi) * width + xj) * c + g * inner, (wi * kw + wj) * inner * o + first, ((b * oh + yi) * ow + yj) * o + first);
            }
          }
        }
      }
    }
  }
}

const conv2d: Kernel<"conv2d"> = (node, x, w) => {
  const y = new Float64Array(sizeOf(node.shape));
  const [c, o] = node.inputs[1]!.shape.slice(2) as [number, number];
  const own = o / node.attrs.groups;
  couple(node.inputs[0]!, node.inputs[1]!, node, node.attrs, (xi, wi, yi) => {
    for (let i = 0; i < c; i++) for (let j = 0; j < own; j++) y[yi + j]! += x[xi + i]! * w[wi + i * o + j]!;
  });
  return y;
};

const conv2dInputGrad: Kernel<"conv2dInputGrad"> = (node, dy, w) => {
  const dx = new Float64Array(sizeOf(node.shape));
  const [c, o] = node.inputs[1]!.shape.slice(2) as [number, number];
  const own = o / node.attrs.groups;
  couple(node, node.inputs[1]!, node.inputs[0]!, node.attrs, (xi, wi, yi) => {
    for (let i = 0; i < c; i++) for (let j = 0; j < own; j++) dx[xi + i]! += dy[yi + j]! * w[wi + i * o + j]!;
  });
  return dx;
};

const conv2dFilterGrad: Kernel<"conv2dFilterGrad"> = (node, x, dy) => {
  const dw = new Float64Array(sizeOf(node.shape));
  const [c, o] = node.shape.slice(2) as [number, number];
  const own = o / node.attrs.groups;
  couple(node.inputs[0]!, node, node.inputs[1]!, node.attrs, (xi, wi, yi) => {
    for (let i = 0; i < c; i++) for (let j = 0; j < own; j++) dw[wi + i * o + j]! += x[xi + i]! * dy[yi + j]!;
  });
  return dw;
};

export const CONTRACTION = { matmul, conv2d, conv2dInputGrad, conv2dFilterGrad };
