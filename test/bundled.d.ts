import type { Plugin } from "esbuild";

/** What the package's own bundler puts in place of imports that are no modules, for esbuild. */
export const bundled: Plugin;
