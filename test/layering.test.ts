import { readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { ROOT } from "./child.ts";

/** What the files of one layer may import besides each other, as paths from src/. A folder stands for all that is in it, and with a star for the files directly in it. */
interface Layer {
  readonly files: string;
  readonly imports: readonly string[];
  /** Packages, by the start of their names. */
  readonly packages?: readonly string[];
}

/** From the ground up: a layer imports from the rows above it only. */
const LAYERS: readonly Layer[] = [
  { files: "core/", imports: [], packages: ["node:"] },
  { files: "graph/", imports: ["core/"] },
  { files: "nn/", imports: ["core/", "graph/"] },
  { files: "objective/", imports: ["core/", "graph/", "nn/"] },
  { files: "exec/*", imports: ["core/", "graph/"] },
  { files: "exec/schedule/", imports: ["core/", "graph/"] },
  { files: "exec/reference/", imports: ["core/", "graph/", "exec/*"] },
  { files: "exec/wasm/instructions/", imports: ["core/", "graph/", "../assembly/format/"] },
  { files: "exec/wasm/convolution/", imports: ["core/", "graph/", "exec/wasm/instructions/", "../assembly/format/"] },
  {
    files: "exec/wasm/lower/",
    imports: ["core/", "graph/", "exec/schedule/", "exec/wasm/instructions/", "exec/wasm/convolution/", "../assembly/format/"],
  },
  {
    files: "exec/wasm/compile/",
    imports: [
      "core/",
      "graph/",
      "exec/*",
      "exec/schedule/",
      "exec/wasm/instructions/",
      "exec/wasm/convolution/",
      "exec/wasm/lower/",
      "../assembly/format/",
    ],
  },
  {
    files: "exec/wasm/run/",
    imports: ["core/", "graph/", "exec/*", "exec/wasm/instructions/", "exec/wasm/compile/", "../assembly/format/"],
    packages: ["#kernels/", "#worker", "wasm-feature-detect", "node:worker_threads"],
  },
  { files: "exec/wasm/sampling.ts", imports: ["core/", "exec/*", "exec/wasm/compile/", "exec/wasm/run/"], packages: ["#kernels/"] },
  { files: "exec/wasm/executor.ts", imports: ["core/", "exec/*", "exec/wasm/compile/", "exec/wasm/run/", "../assembly/format/"] },
  { files: "exec/tfjs/", imports: ["core/", "graph/", "exec/*", "exec/schedule/"], packages: ["@tensorflow/"] },
  { files: "formats/", imports: ["core/"], packages: ["fast-png", "pako"] },
  { files: "data/", imports: ["core/"] },
  { files: "gan/", imports: ["core/", "graph/", "nn/", "objective/", "exec/*", "formats/", "data/"] },
  { files: "datasets/", imports: ["core/", "formats/", "data/"] },
  { files: "metrics/", imports: ["core/"] },
  { files: "evaluation/", imports: ["core/", "graph/", "nn/", "objective/", "exec/*", "formats/", "data/", "metrics/"] },
  { files: "plots/", imports: ["core/"], packages: ["d3-array", "d3-format"] },
  {
    files: "node/",
    imports: ["core/", "formats/", "data/", "gan/"],
    packages: ["node:", "fast-png", "p-limit", "sharp", "tar", "yauzl"],
  },
  { files: "sample.ts", imports: ["core/", "nn/", "exec/", "formats/", "gan/"] },
  { files: "index.ts", imports: ["core/", "graph/", "nn/", "objective/", "exec/", "formats/", "data/", "gan/"] },
  { files: "datasets.ts", imports: ["core/", "formats/", "data/", "datasets/"] },
  { files: "metrics.ts", imports: ["core/", "objective/", "exec/", "data/", "metrics/", "evaluation/"] },
  { files: "plots.ts", imports: ["core/", "plots/"] },
  { files: "node.ts", imports: ["core/", "data/", "node/"] },
  // A program like any other that uses the library: through its entries alone.
  {
    files: "cli/",
    imports: ["index.ts", "sample.ts", "datasets.ts", "metrics.ts", "plots.ts", "node.ts"],
    packages: ["cli-progress", "commander", "node:"],
  },
];

interface Import {
  readonly from: string;
  /** A path from src/, or the name of a package. */
  readonly to: string;
  readonly relative: boolean;
}

const SRC = join(ROOT, "src");
const sources = readdirSync(SRC, { recursive: true, encoding: "utf8" })
  .map((file) => file.replaceAll("\\", "/"))
  .filter((file) => /\.[jt]s$/.test(file))
  .sort();

/** Every import of a source file: static, dynamic, of types, and re-exports. */
function importsOf(from: string, text: string): Import[] {
  return ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => {
    const relative = fileName.startsWith(".");
    return { from, to: relative ? posix.join(posix.dirname(from), fileName) : fileName, relative };
  });
}

const imports = sources.flatMap((file) => importsOf(file, readFileSync(join(SRC, file), "utf8")));

function covers(pattern: string, file: string): boolean {
  if (pattern.endsWith("/*")) return `${posix.dirname(file)}/*` === pattern;
  return pattern.endsWith("/") ? file.startsWith(pattern) : file === pattern;
}
const layerOf = (file: string): Layer | undefined => LAYERS.find(({ files }) => covers(files, file));

/** Why an import is not allowed; null if it is. */
function objection({ from, to, relative }: Import): string | null {
  const layer = layerOf(from);
  if (!layer) return `${from} belongs to no layer: give it a row`;
  if (!relative) return layer.packages?.some((name) => to.startsWith(name)) ? null : `${from} imports the package ${to}`;
  return [layer.files, ...layer.imports].some((pattern) => covers(pattern, to)) ? null : `${from} imports ${to}`;
}

/** A chain of imports that ends where it began; null if there is none. */
function findCycle(edges: readonly Import[]): string[] | null {
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): string[] | null => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return null;
    for (const { to } of edges.filter((e) => e.relative && e.from === file)) {
      const cycle = visit(to, [...path, file]);
      if (cycle) return cycle;
    }
    done.add(file);
    return null;
  };
  for (const { from } of edges) {
    const cycle = visit(from, []);
    if (cycle) return cycle;
  }
  return null;
}

describe("src", () => {
  it("imports downwards only, each layer what its row allows", () => expect(imports.map(objection).filter(Boolean)).toEqual([]));

  it("has no cycles, imports of types included", () => expect(findCycle(imports)).toBeNull());

  it("has every file in one layer", () => {
    expect(sources.filter((file) => LAYERS.filter(({ files }) => covers(files, file)).length !== 1)).toEqual([]);
  });

  it("imports files that exist, by their full names", () => {
    const formats = readdirSync(join(ROOT, "assembly/format")).map((file) => `../assembly/format/${file}`);
    const known = new Set([...sources, ...formats]);
    expect(imports.filter(({ to, relative }) => relative && !known.has(to))).toEqual([]);
  });
});

describe("the table", () => {
  it.each(LAYERS)("allows $files nothing but rows above it", ({ files, imports }) => {
    const above = LAYERS.slice(
      0,
      LAYERS.findIndex((l) => l.files === files),
    ).map((l) => l.files);
    const inside = (pattern: string) => above.some((row) => covers(row, pattern) || covers(pattern, row) || row === pattern);
    expect(imports.filter((pattern) => !pattern.startsWith("../assembly/") && !inside(pattern))).toEqual([]);
  });

  it("lets no executor see another, and @tensorflow into one of them alone", () => {
    const executors = ["exec/reference/", "exec/wasm/", "exec/tfjs/"];
    for (const executor of executors) {
      const others = LAYERS.filter(({ files }) => files.startsWith(executor)).flatMap(({ imports }) => imports.filter((p) => p.startsWith("exec/")));
      expect(others.filter((pattern) => !["exec/*", "exec/schedule/"].includes(pattern) && !pattern.startsWith(executor))).toEqual([]);
    }
    expect(LAYERS.filter(({ packages }) => packages?.some((name) => name.startsWith("@tensorflow"))).map((l) => l.files)).toEqual(["exec/tfjs/"]);
  });
});

/** A file and everything it imports that is there at run time, directly or not. */
function reachedFrom(file: string): string[] {
  const reached = new Set([file]);
  for (const path of reached) {
    const { outputText } = ts.transpileModule(readFileSync(join(SRC, path), "utf8"), {
      compilerOptions: { target: ts.ScriptTarget.ES2022, verbatimModuleSyntax: true },
    });
    for (const { to, relative } of importsOf(path, outputText)) if (relative) reached.add(to);
  }
  return [...reached].sort();
}

describe("the sampler", () => {
  const reached = reachedFrom("gan/sampler.ts");

  it("reaches nothing of training: no derivatives, no steps, no optimizers, no executor", () => {
    const allowed = [
      "core/",
      "nn/layers/",
      "nn/condition.ts",
      "nn/discriminator.ts",
      "nn/generator.ts",
      "nn/init.ts",
      "nn/network.ts",
      "nn/sampling.ts",
      "graph/build.ts",
      "graph/composites.ts",
      "graph/graph.ts",
      "graph/ops.ts",
    ];
    const own = ["gan/forward.ts", "gan/programs.ts", "gan/sampler.ts"];
    expect(reached.filter((file) => ![...allowed, ...own].some((pattern) => covers(pattern, file)))).toEqual([]);
  });

  it("is followed as far as that", () => expect(reached).toEqual(expect.arrayContaining(["nn/layers/linear.ts", "graph/ops.ts", "gan/forward.ts"])));
});

describe("the reader of a generator", () => {
  const reached = reachedFrom("gan/generatorFile.ts");

  it("reaches nothing of training: no derivatives, no objectives, no discriminator, no named architectures", () => {
    const allowed = ["core/", "formats/", "nn/layers/", "graph/build.ts", "graph/composites.ts", "graph/graph.ts", "graph/ops.ts"];
    const own = ["gan/generatorFile.ts", "gan/metadata.ts", "nn/condition.ts", "nn/generator.ts"];
    expect(reached.filter((file) => ![...allowed, ...own].some((pattern) => covers(pattern, file)))).toEqual([]);
  });

  it("is followed as far as that", () => expect(reached).toEqual(expect.arrayContaining(["nn/layers/linear.ts", "formats/safetensors.ts"])));
});

describe("the entry that samples", () => {
  const reached = reachedFrom("sample.ts");

  it("reaches nothing of training, no other executor and no threads", () => {
    const folders = ["core/", "formats/", "nn/layers/", "exec/*", "exec/schedule/", "exec/wasm/instructions/"];
    const files = {
      "data/": ["given"],
      "nn/": ["condition", "discriminator", "generator", "init", "network", "sampling"],
      "graph/": ["build", "composites", "graph", "ops"],
      "exec/wasm/": ["sampling"],
      "exec/wasm/convolution/": ["choose", "direct", "grouped", "narrow", "packed", "phases", "pieces", "storedOutputs", "table", "winograd3"],
      "exec/wasm/compile/": ["arena", "compile", "fusion", "places", "sampling"],
      "exec/wasm/lower/": ["access", "copies", "elementwise", "group", "norm", "reduce", "resample", "sampling"],
      "exec/wasm/run/": ["engine", "failures", "kernels", "layout", "session", "source"],
      "gan/": [
        "condition",
        "drawOptions",
        "forward",
        "generatorFile",
        "imageSampler",
        "latents",
        "metadata",
        "programs",
        "request",
        "sampler",
        "session",
      ],
    };
    const allowed = [...folders, ...Object.entries(files).flatMap(([folder, names]) => names.map((name) => `${folder}${name}.ts`)), "sample.ts"];
    expect(reached.filter((file) => !file.startsWith("../") && !allowed.some((pattern) => covers(pattern, file)))).toEqual([]);
  });

  it("is followed as far as that", () => expect(reached).toEqual(expect.arrayContaining(["exec/wasm/run/session.ts", "formats/png.ts"])));
});

describe("the check itself", () => {
  it.each([
    ["core/shape.ts", 'import type { Node } from "../graph/graph.ts";', "core/shape.ts imports graph/graph.ts"],
    ["exec/wasm/executor.ts", 'export * from "../reference/kernel.ts";', "exec/wasm/executor.ts imports exec/reference/kernel.ts"],
    ["exec/wasm/executor.ts", 'const tf = await import("@tensorflow/tfjs-core");', "exec/wasm/executor.ts imports the package @tensorflow/tfjs-core"],
    ["exec/wasm/lower/group.ts", 'import "../compile/arena.ts";', "exec/wasm/lower/group.ts imports exec/wasm/compile/arena.ts"],
    ["exec/wasm/run/session.ts", 'import "../executor.ts";', "exec/wasm/run/session.ts imports exec/wasm/executor.ts"],
    ["exec/checks.ts", 'import "./schedule/steps.ts";', "exec/checks.ts imports exec/schedule/steps.ts"],
    ["gan/gan.ts", 'let x: import("../exec/wasm/executor.ts").WasmOptions;', "gan/gan.ts imports exec/wasm/executor.ts"],
    ["formats/idx.ts", 'import { a } from "../nn/network.ts";', "formats/idx.ts imports nn/network.ts"],
    ["gan/gan.ts", 'import { Opcode } from "../../assembly/format/opcodes.ts";', "gan/gan.ts imports ../assembly/format/opcodes.ts"],
    ["elsewhere.ts", 'import "./core/shape.ts";', "elsewhere.ts belongs to no layer: give it a row"],
  ])("in %s objects to %s", (file, source, expected) => expect(importsOf(file, source).map(objection)).toEqual([expected]));

  it("finds a cycle", () => {
    const edge = (from: string, to: string): Import => ({ from, to, relative: true });
    expect(findCycle([edge("a", "b"), edge("b", "c"), edge("c", "b")])).toEqual(["b", "c", "b"]);
    expect(findCycle([edge("a", "b"), edge("b", "c"), edge("a", "c")])).toBeNull();
  });
});
