/** How libraries lay tensors out: NHWC here, NCHW elsewhere. */

/** A dense tensor with its axes in another order. */
export function permute({ shape, data }, order) {
  const strides = shape.map((_, i) => shape.slice(i + 1).reduce((a, b) => a * b, 1));
  const to = order.map((axis) => shape[axis]);
  const out = new Float32Array(data.length);
  const index = to.map(() => 0);
  for (let i = 0; i < out.length; i++) {
    out[i] = data[index.reduce((sum, at, axis) => sum + at * strides[order[axis]], 0)];
    for (let axis = to.length - 1; axis >= 0 && ++index[axis] === to[axis]; axis--) index[axis] = 0;
  }
  return { shape: to, data: out };
}

export const toNCHW = (t) => (t.shape.length === 4 ? permute(t, [0, 3, 1, 2]) : t);
export const toNHWC = (t) => (t.shape.length === 4 ? permute(t, [0, 2, 3, 1]) : t);
