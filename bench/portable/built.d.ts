/** Ours as it is built: words of plans are numbers in it, and kernels bytes. */
export { openOurs } from "./ours.ts";
