export { FORMAT } from "./format/opcodes";
export { run } from "./run";

/** Whether all kernels are there. */
export const TRAINS = 1;
