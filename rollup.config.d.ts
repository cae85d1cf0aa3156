import type { Plugin } from "rollup";

/** Gives what the sources import that is no module: the kernels, and the source of the workers' program. */
export function bundled(options?: { edge?: boolean }): Plugin & { enforce: "pre" };
