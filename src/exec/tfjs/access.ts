/** How an operand is indexed in a shader that runs over the elements of a larger tensor. */
import type { Shape } from "../../core/shape.ts";
import { sizeOf } from "../../core/shape.ts";

/** One run of axes along which the operand is not repeated: its offset grows by `stride` with `(i / inner) % extent`. */
export interface Run {
  readonly inner: number;
  readonly extent: number;
  readonly stride: number;
  /** Whether `i / inner` is less than `extent` anyway. */
  readonly outermost: boolean;
}

/** The runs of an operand of shape `from` broadcast to `to`: none for a single number, one that is all of it for an equal size. */
export function runsOf(from: Shape, to: Shape): Run[] {
  const runs: Run[] = [];
  let [inner, stride] = [1, 1];
  const total = sizeOf(to);
  const lead = to.length - from.length;
  let open: { inner: number; extent: number; stride: number } | undefined;
  for (let axis = to.length - 1; axis >= 0; axis--) {
    const size = to[axis]!;
    if (size === 1) continue;
    if ((from[axis - lead] ?? 1) === size) {
      open ??= { inner, extent: 1, stride };
      open.extent *= size;
      stride *= size;
    } else if (open) {
      runs.push({ ...open, outermost: false });
      open = undefined;
    }
    inner *= size;
  }
  if (open) runs.push({ ...open, outermost: open.inner * open.extent === total });
  return runs;
}
