import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import nodeResolve from "@rollup/plugin-node-resolve";
import { build as bundle, transform } from "esbuild";
import esbuild from "rollup-plugin-esbuild";
import { deltaOf } from "./delta.js";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

const WORKER = here("./src/exec/wasm/run/worker.js");

/** As a string it need not be read by anyone. */
const workerSource = async () => (await transform(await readFile(WORKER, "utf8"), { minify: true, target: "es2022" })).code;

const kernelsOf = (build) => readFile(here(`./dist/kernels/${build}.wasm`));

/** A file that is carried along: a build of the kernels, or what makes one of another. */
async function carriedFile(file) {
  const [, source, target] = file.match(/^(.+)-to-(.+)\.delta$/) ?? [];
  return source ? deltaOf(await kernelsOf(source), await kernelsOf(target)) : kernelsOf(file.replace(".wasm", ""));
}

/**
 * Gives what the sources import that is no module: `#worker`, the source of `worker.js`; `#kernels/simd.wasm`, the bytes of that build as hexadecimal digits; and `#kernels/simd-to-relaxed.delta`, what makes the
 * second of the first, likewise. For the edge, where runtimes compile modules before they start, a build is the module; and `x.edge.ts` stands in for `x.ts`.
 */
export function bundled({ edge = false } = {}) {
  const kernels = "\0kernels:";
  return {
    name: "bundled",
    enforce: "pre",
    resolveId(id, importer) {
      if (id === "#worker") return "\0worker";
      if (id.startsWith("#kernels/")) return `${kernels}${id.slice("#kernels/".length)}`;
      if (!edge || !importer || !id.startsWith(".")) return null;
      const other = resolve(dirname(importer), id.replace(/\.ts$/, ".edge.ts"));
      return existsSync(other) ? other : null;
    },
    async load(id) {
      if (id === "\0worker") return `export default ${JSON.stringify(await workerSource())};`;
      if (!id.startsWith(kernels)) return null;
      const file = id.slice(kernels.length);
      // The suffix is how Next has it; Wrangler takes it too.
      if (edge) return `export { default } from "../kernels/${file}?module";`;
      return `export default "${(await carriedFile(file)).toString("hex")}";`;
    },
  };
}

/**
 * Writes the words of plans (`const enum`s of `assembly/format/`) out as the numbers that they are. Compilers that see one file at a time make objects of them, which is slower, and three times as much
 * for a bundle that samples.
 */
async function inlineWords() {
  const files = ["elementwise", "memory", "opcodes", "products", "ranged", "scratch", "transform"].map((name) => `./assembly/format/${name}.ts`);
  const contents = files.map((file) => `export * from "${file}";`).join("\n");
  const { outputFiles } = await bundle({ stdin: { contents, resolveDir: here(".") }, bundle: true, format: "esm", write: false });
  const words = await import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`);
  const sources = (await Promise.all(files.map((file) => readFile(here(file), "utf8")))).join("\n");
  const constant = new Set(Array.from(sources.matchAll(/^export const enum (\w+)/gm), ([, name]) => name));
  return {
    name: "inline-words",
    transform: (code, id) =>
      id.includes("\0") || !(id.includes("/assembly/format/") || code.includes("assembly/format/"))
        ? null
        : { code: code.replace(/\b(\w+)\.(\w+)\b/g, (text, name, member) => (constant.has(name) ? words[name][member] : text)), map: null },
  };
}

/** Puts the workers' program beside the code that starts them. */
const workerFile = {
  name: "worker-file",
  async generateBundle() {
    this.emitFile({ type: "asset", fileName: "worker.js", source: await readFile(WORKER, "utf8") });
  },
};

/**
 * Packages that are carried along, by the chunk that has them and nothing else of theirs: in the form for browsers, as the one for Node of some begins with `createRequire`, which edge runtimes have not.
 */
const CARRIED = { png: ["fast-png", "fflate", "iobuffer"], d3: ["d3-array", "d3-format", "internmap"] };
const carriedNames = Object.values(CARRIED).flat();
const carried = nodeResolve({ resolveOnly: carriedNames, exportConditions: ["browser"], browser: true });

/** What their licences ask for; and no map to sources that are not in the package. */
const carriedAlong = {
  name: "carried-along",
  async generateBundle(_, files) {
    for (const [chunk, names] of Object.entries(CARRIED)) {
      const texts = await Promise.all(names.map(async (name) => `${name}\n\n${await readFile(here(`./node_modules/${name}/LICENSE`), "utf8")}`));
      this.emitFile({ type: "asset", fileName: `${chunk}.LICENSE.txt`, source: texts.join("\n\n") });
      const file = files[`${chunk}.js`];
      file.code = file.code.replace(/\/\/# sourceMappingURL=.*\n?$/, "");
      file.map = null;
      delete files[`${chunk}.js.map`];
    }
  },
};

/** What is for servers takes its packages as they are installed. */
const isForServers = (importer) => importer?.startsWith(here("./src/node/"));

const external = (id, importer) => (isForServers(importer) || !carriedNames.includes(id)) && (/^\.\.\/kernels\//.test(id) || /^[^./#\0]/.test(id));

const ENTRIES = { index: "src/index.ts", sample: "src/sample.ts", datasets: "src/datasets.ts", metrics: "src/metrics.ts", plots: "src/plots.ts" };
/** Edge runtimes have no files. */
const ALL_ENTRIES = { ...ENTRIES, node: "src/node.ts" };

/** Packages that are imported at once would lie among our own code. */
const isApart = (id) => /\/node_modules\/(d3-\w+|internmap)\//.test(id);

/** The modules that `entry` imports, and those that they import, but for what is imported later. */
function reachedFrom(entry, getModuleInfo) {
  const reached = new Set([entry]);
  for (const id of reached) for (const next of getModuleInfo(id)?.importedIds ?? []) reached.add(next);
  return reached;
}

/**
 * The chunks of what entries share: few, as a runtime takes about a millisecond for each file. Each module is in one of them, so that a class is the same from whichever entry.
 */
function chunksOf(entries) {
  let reached;
  return (id, { getModuleInfo }) => {
    if (isApart(id)) return "d3";
    reached ??= Object.fromEntries(Object.entries(entries).map(([name, file]) => [name, reachedFrom(here(file), getModuleInfo)]));
    const by = (...names) => names.filter((name) => reached[name]?.has(id)).length;
    if (by("sample", "index", "node") < 2) return undefined;
    if (by("sample")) return by("datasets", "metrics", "plots") ? "core" : "sampling";
    return by("datasets", "metrics", "plots") ? "data" : "training";
  };
}

/** The command uses the library as any other program does: what it imports of it are the entries, as they are built. */
const asBuilt = {
  name: "as-built",
  resolveId(id, importer) {
    if (!importer?.startsWith(here("./src/cli/")) || !id.startsWith(".")) return null;
    const path = resolve(dirname(importer), id);
    const [name] = Object.entries(ALL_ENTRIES).find(([, file]) => here(`./${file}`) === path) ?? [];
    return name ? { id: `./${name}.js`, external: true } : null;
  },
};

/** Entries that share code, in chunks of `folder`. */
const build = (input, { dir = "dist", folder = "", edge = false, plugins = [] } = {}) => ({
  input,
  output: {
    dir,
    format: "es",
    sourcemap: !edge, // bundlers make of it what they like
    sourcemapExcludeSources: true,
    manualChunks: chunksOf(input),
    chunkFileNames: ({ name }) => `${folder}${name === "index" ? "library" : name}.js`,
  },
  external,
  makeAbsoluteExternalsRelative: false,
  plugins: [inlineWords(), bundled({ edge }), carried, ...plugins, esbuild({ target: "es2022" })],
});

export default [
  build(ALL_ENTRIES, { plugins: [workerFile, carriedAlong] }),
  build(ENTRIES, { dir: "dist/edge", edge: true }),
  build({ cli: "src/cli/main.ts" }, { plugins: [asBuilt] }),
  // Not published. They are no part of the library's build, so that its chunks follow from its own entries.
  build({ bench: "bench/main.ts", learning: "bench/learning/main.ts" }, { folder: "tools/" }),
  // Apart from those, as it looks for files from where it is.
  build({ report: "bench/report/main.ts" }, { folder: "tools/report/" }),
  build({ ours: "bench/portable/ours.ts" }, { dir: "dist/tools/portable", plugins: [workerFile] }),
  build({ ours: "bench/portable/ours.ts" }, { dir: "dist/tools/portable/edge", edge: true }),
];
