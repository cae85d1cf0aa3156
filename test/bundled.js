import { bundled as plugin } from "../rollup.config.js";

/** What the package's own bundler puts in place of imports that are no modules, for esbuild. */
export const bundled = {
  name: "bundled",
  setup({ onResolve, onLoad }) {
    const { resolveId, load } = plugin();
    onResolve({ filter: /^#/ }, ({ path }) => ({ path: resolveId(path).slice(1), namespace: "bundled" }));
    onLoad({ filter: /.*/, namespace: "bundled" }, async ({ path }) => ({ contents: await load(`\0${path}`) }));
  },
};
