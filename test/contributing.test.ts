import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundled } from "./bundled.js";
import { ROOT, run } from "./child.ts";

interface Row {
  readonly file: string;
  readonly table: string;
  readonly code: string;
}

const rows: Row[] = [...readFileSync(join(ROOT, "CONTRIBUTING.md"), "utf8").matchAll(/^```ts row=(\S+) table=(\w+)\n([\s\S]*?)^```$/gm)].map(
  ([, file, table, code]) => ({ file: file!, table: table!, code: code! }),
);

/** What the rows are used for: names and options are checked by their types, and a few steps are done. */
const USE = `
import { createGAN, type StepReport } from "./src/index.ts";

const seen: number[] = [];
const gan = await createGAN({
  shape: [2],
  latent: 2,
  batchSize: 8,
  seed: 5,
  backend: "reference",
  architecture: {
    generator: [{ type: "dense", units: 8 }, { type: "gaussianNoise", stdDev: 0.2 }, { type: "activation", name: "relu" }, { type: "dense", units: 2 }],
    discriminator: [{ type: "dense", units: 8 }, { type: "gaussianNoise" }, { type: "activation", name: "leakyRelu" }, { type: "dense", units: 1 }],
  },
  objective: "pearson",
  regularizers: ["weight-clipping", { name: "drift", epsilon: 0.01, every: 2 }],
});
const onStep = (report: StepReport): void => void seen.push(report.scoreGap);
const report = await gan.train(Float32Array.from({ length: 80 }, (_, i) => (i % 7) / 7), { steps: 4, onStep });
const gaps: Float32Array = report.scoreGaps;
console.log(JSON.stringify({ spec: [gan.spec.objective, gan.spec.regularizers], seen, gaps: [...gaps], samples: (await gan.sample({ count: 3 })).data.length }));
// @ts-expect-error a parameter of the row must be a number
await createGAN({ shape: [2], regularizers: [{ name: "drift", epsilon: "0.1" }] }).catch((error: Error) => console.log(error.message));
`;

/** The source with a row at the end of a table, and what the row uses of graph/build.ts imported: what an editor does by itself. */
function withRow(source: string, { file, table, code }: Row): string {
  const begin = source.indexOf(`export const ${table} = {\n`);
  expect(begin, `${table} in ${file}`).toBeGreaterThanOrEqual(0);
  const end = source.indexOf("\n}", begin) + 1;
  const added = source.slice(0, end) + code + source.slice(end);
  const exported = [...readFileSync(join(ROOT, "src/graph/build.ts"), "utf8").matchAll(/^export (?:const|function) (\w+)/gm)].map(
    ([, name]) => name!,
  );
  const missing = exported.filter((name) => new RegExp(`\\b${name}\\(`).test(code) && !new RegExp(`\\b${name}\\b`).test(source.slice(0, begin)));
  return added.replace(/import \{([^}]*)\} from "([^"]*graph\/build\.ts)";/, (_, names: string, path: string) => {
    const all = [...names.split(","), ...missing].map((name) => name.trim()).filter((name) => name !== "");
    return `import { ${all.join(", ")} } from "${path}";`;
  });
}

describe("the rows in CONTRIBUTING.md, added to a copy of the sources", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "ganvas-contributing-"));
    for (const part of ["src", "assembly", "tsconfig.json", "package.json"]) cpSync(join(ROOT, part), join(folder, part), { recursive: true });
    symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"), "junction");
    for (const row of rows) writeFileSync(join(folder, row.file), withRow(readFileSync(join(folder, row.file), "utf8"), row));
    writeFileSync(join(folder, "use.ts"), USE);
    writeFileSync(join(folder, "tsconfig.use.json"), JSON.stringify({ extends: "./tsconfig.json", include: ["use.ts", "src"] }));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it("are one of each kind", () => expect(rows.map(({ table }) => table)).toEqual(["OBJECTIVES", "REGULARIZERS", "SHAPING", "REPORTS"]));

  it("have the right types, as what uses them has", async () => {
    const { stdout, code } = await run(process.execPath, [join(ROOT, "node_modules/typescript/bin/tsc"), "-p", join(folder, "tsconfig.use.json")]);
    expect({ stdout, code }).toEqual({ stdout: "", code: 0 });
  });

  it("are trained with, and told of", async () => {
    const outfile = join(folder, "use.js");
    await build({
      entryPoints: [join(folder, "use.ts")],
      outfile,
      bundle: true,
      platform: "node",
      format: "esm",
      packages: "external",
      plugins: [bundled],
    });
    const { stdout, stderr, code } = await run(process.execPath, [outfile], { cwd: folder });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const [result, refusal] = stdout.split("\n");
    const { spec, seen, gaps, samples } = JSON.parse(result!);
    expect(spec).toEqual([
      { name: "pearson", discriminatorSteps: 1 },
      [
        { name: "weight-clipping", clip: 0.01 },
        { name: "drift", epsilon: 0.01, every: 2 },
      ],
    ]);
    expect(seen).toHaveLength(4);
    expect(gaps).toEqual(seen.map(Math.fround));
    expect(samples).toBe(6);
    expect(refusal).toBe('regularizers[0].epsilon: expected a number above 0, got "0.1"');
  });
});
