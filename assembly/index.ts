export { FORMAT } from "./format/opcodes";
export { run } from "./run";
