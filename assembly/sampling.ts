/** The kernels that networks at work need, and no others: where code is sent over a network to make pictures. */
export { FORMAT } from "./format/opcodes";
export { run } from "./run";

/** Looked for where a kernel is only for training. */
// @ts-ignore: decorator
@global
const SAMPLING_ONLY: i32 = 1;
