import { ShapeError } from "./errors.ts";

/** Sizes of a tensor along its axes, outermost first: `[N, H, W, C]` for images. `[]` is a scalar. */
export type Shape = readonly number[];

/** Number of elements of a tensor of this shape. */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (const d of shape) size *= d;
  return size;
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((d, i) => d === b[i]);
}

export function showShape(shape: Shape): string {
  return `[${shape.join(", ")}]`;
}

/** Distance in elements between neighbours along each axis of a dense row-major tensor. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = stride;
    stride *= shape[i]!;
  }
  return strides;
}

/** The common shape of two operands by NumPy's rule: align at the last axis, size 1 stretches. */
export function broadcastShapes(path: string, a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  const shape = new Array<number>(rank);
  for (let i = 0; i < rank; i++) {
    const da = a[a.length - rank + i] ?? 1;
    const db = b[b.length - rank + i] ?? 1;
    if (da !== db && da !== 1 && db !== 1) {
      throw new ShapeError({ path, expected: `shapes that broadcast together`, got: `${showShape(a)} and ${showShape(b)}` });
    }
    shape[i] = da === 1 ? db : da;
  }
  return shape;
}

/** The axes of `target` along which a tensor of shape `source` is stretched when broadcast to it. */
export function broadcastAxes(source: Shape, target: Shape): number[] {
  const lead = target.length - source.length;
  const axes: number[] = [];
  for (let i = 0; i < target.length; i++) if (i < lead || (source[i - lead] === 1 && target[i] !== 1)) axes.push(i);
  return axes;
}
