import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import ts from "typescript";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ROOT, run, runModule } from "./child.ts";
import { makePictures } from "./node/pictures.js";

/** Every `@example` in the declarations that users get, by the name of what it is an example of. */
function examplesOf(entries: readonly string[]): Map<string, string> {
  const files = entries.map((entry) => join(ROOT, "dist", entry));
  const program = ts.createProgram(files, { noLib: true, types: [] });
  const checker = program.getTypeChecker();
  const examples = new Map<string, string>();
  const note = (name: string, symbol: ts.Symbol): void => {
    for (const { name: tag, text } of symbol.getJsDocTags(checker)) if (tag === "example") examples.set(name, ts.displayPartsToString(text));
  };
  for (const file of files) {
    for (const exported of checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(file)!)!)) {
      const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
      note(symbol.name, symbol);
      for (const [name, member] of [...(symbol.members ?? []), ...(symbol.exports ?? [])]) note(`${symbol.name}.${name}`, member);
    }
  }
  return examples;
}

/** `expression; // value` is a claim, to be held against what the expression gives. */
const withClaims = (example: string): string => example.replaceAll(/^([\w.]+[([.].*); \/\/ (.+)$/gm, "deepEqual($1, $2);");

const EXAMPLES = examplesOf(["index.d.ts", "datasets.d.ts", "metrics.d.ts", "plots.d.ts", "node.d.ts"]);

/** MNIST's format: a file of so many unsigned bytes of zero, gzipped. */
function idx(shape: readonly number[]): Uint8Array {
  const header = [0, 0, 8, shape.length, ...shape.flatMap((size) => [0, 0, size >> 8, size & 255])];
  return gzipSync(Buffer.concat([Buffer.from(header), Buffer.alloc(shape.reduce((a, b) => a * b))]));
}

/** What the examples presume. */
const PRELUDE = `
  import { deepEqual } from "node:assert/strict";
  import { readFile, writeFile } from "node:fs/promises";
  import { createGAN, Dataset, Images, loadGAN } from "ganvas";
  import { animeFaceFactors, animeFaces, cifar10, grid, mnist, readIdx, ring } from "ganvas/datasets";
  import { histograms, jensenShannon, kullbackLeibler, multiScaleSWD, sinkhorn, slicedWasserstein, totalVariation, wasserstein1d, wassersteinExact } from "ganvas/metrics";
  import { classShares, densityCoverage, frechetDistance, kernelDistance, modeCounts, msSSIM, nearestNeighbours, precisionRecall } from "ganvas/metrics";
  import { createFeatures, estimateDivergence, evaluate, loadClassifier, trainClassifier } from "ganvas/metrics";
  import { plotCurves, plotPoints, plotTraining } from "ganvas/plots";
  import { fileCheckpoints, imageFolder, writeWhole } from "ganvas/node";

  const pixels = new Uint8Array(1000 * 28 * 28);
  const dataset = new Dataset({ data: pixels, shape: [1000, 28, 28, 1] });
  const values = new Float32Array(8 * 28 * 28);
  const tf = { tensor4d: (values, shape) => ({ shape, data: async () => values }) };
  const gan = await createGAN({ shape: [28, 28, 1], architecture: "mlp", width: 8, latent: 4, batchSize: 8, backend: "wasm", threads: 1 });
  const images = await gan.sample({ count: 16 });
  const digits = new Dataset({ data: pixels.subarray(0, 200 * 784), shape: [200, 28, 28, 1], labels: Array.from({ length: 200 }, (_, i) => i % 10) });
  const classifier = await trainClassifier(digits, { steps: 1, batchSize: 8, threads: 1 });`;

describe("the example of", () => {
  const folder = mkdtempSync(join(tmpdir(), "ganvas-docs-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  /** What went wrong, by the name of the example. */
  let faults: Record<string, string>;

  beforeAll(async () => {
    writeFileSync(join(folder, "train-images-idx3-ubyte.gz"), idx([10, 28, 28]));
    writeFileSync(join(folder, "train-labels-idx1-ubyte.gz"), idx([10]));
    for (const batch of [1, 2]) writeFileSync(join(folder, `data_batch_${batch}.bin`), new Uint8Array(10_000 * 3073));
    await makePictures(join(folder, "faces"), { count: 30, size: 32 });
    const trials = [...EXAMPLES].map(([name, example]) => `await attempt(${JSON.stringify(name)}, async () => {\n${withClaims(example)}\n});`);
    const { stdout, stderr } = await runModule(`${PRELUDE}
      process.chdir(${JSON.stringify(folder)});
      await writeFile("model.safetensors", await gan.save());
      const log = console.log;
      console.log = () => {};
      const faults = {};
      const attempt = (name, example) => example().catch((error) => { faults[name] = error.stack; });
      ${trials.join("\n")}
      log(JSON.stringify(faults));
      process.exit(); // some examples leave a GAN with its threads behind`);
    expect(stdout, stderr).not.toBe("");
    faults = JSON.parse(stdout);
  });

  it.each([...EXAMPLES.keys()])("%s does what it says", (name) => expect(faults[name]).toBeUndefined());
});

describe("there is an example of", () => {
  const gan = ["train", "prepare", "sample", "discriminate", "latents", "interpolate", "save"].map((name) => `GAN.${name}`);
  const images = ["toPNG", "toImageData", "toTensor", "toResponse"].map((name) => `Images.${name}`);
  const datasets = ["Dataset", "Dataset.fromTensor", "animeFaces", "ring", "grid", "mnist", "cifar10", "readIdx"];
  const plots = ["plotCurves", "plotPoints", "plotTraining"];
  const files = ["fileCheckpoints", "imageFolder", "writeWhole"];

  const metrics = ["wasserstein1d", "wassersteinExact", "sinkhorn", "slicedWasserstein", "multiScaleSWD"];
  const counted = ["histograms", "jensenShannon", "kullbackLeibler", "totalVariation", "modeCounts", "classShares"];
  const compared = ["frechetDistance", "kernelDistance", "precisionRecall", "densityCoverage", "nearestNeighbours", "msSSIM"];

  const judged = [
    "trainClassifier",
    "loadClassifier",
    "createFeatures",
    "estimateDivergence",
    "evaluate",
    "Classifier.logits",
    "Classifier.classify",
    "Classifier.features",
    "Classifier.save",
  ];

  it.each([
    "createGAN",
    "loadGAN",
    ...gan,
    ...images,
    ...datasets,
    ...metrics,
    ...counted,
    ...compared,
    ...judged,
    ...plots,
    ...files,
    "LazyDataset",
  ])("%s", (name) => expect(EXAMPLES.get(name)).toMatch(/\S/));
});

describe("the reference", () => {
  it("is made without a warning", async () => {
    const { code, stdout, stderr } = await run(process.execPath, [join(ROOT, "node_modules/typedoc/bin/typedoc"), "--emit", "none"]);
    expect(code, stdout + stderr).toBe(0);
  });
});

describe("a claim", () => {
  it("is held against what its expression gives", () => {
    expect(withClaims('const a = f(); // not yet\na.shape; // [2, 3]\nf(a).b(); // "c"\nfor (const x of a) x; // each')).toBe(
      'const a = f(); // not yet\ndeepEqual(a.shape, [2, 3]);\ndeepEqual(f(a).b(), "c");\nfor (const x of a) x; // each',
    );
  });
});
