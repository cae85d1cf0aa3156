/** The kernels that networks at work need, and no others: where code is sent over a network to make pictures. */
import { run as runShare } from "./run";

export { FORMAT } from "./format/opcodes";

/** Runs the plan of `length` bytes at `plan`, all of it: there is one thread. */
export function run(plan: usize, length: usize): void {
  runShare(plan, length, 0, 1, 0);
}

/** Looked for where a kernel is only for training. */
// @ts-ignore: decorator
@global
const SAMPLING_ONLY: i32 = 1;
