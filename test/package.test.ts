import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { tmpdir } from "node:os";
import { join, posix } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { publint } from "publint";
import ts from "typescript";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ROOT, run } from "./child.ts";

interface Manifest {
  readonly bin: { readonly ganvas: string };
  readonly exports: Readonly<Record<string, string | { readonly types: string; readonly default: string }>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
  readonly sideEffects: boolean;
}

/** A project of someone else, with the package installed as `npm install --omit=optional` would, from the tarball that npm would publish. */
let consumer: string;
let files: string[];
let manifest: Manifest;

beforeAll(() => {
  consumer = mkdtempSync(join(tmpdir(), "ganvas-consumer-"));
  const modules = join(consumer, "node_modules");
  mkdirSync(modules);
  const packed = execFileSync("npm", ["pack", "--ignore-scripts", "--json", "--pack-destination", consumer], {
    cwd: ROOT,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  const [{ filename, files: list }] = JSON.parse(packed);
  files = list.map(({ path }: { path: string }) => path);
  execFileSync("tar", ["-xzf", filename, "-C", modules], { cwd: consumer });
  renameSync(join(modules, "package"), join(modules, "ganvas"));
  manifest = JSON.parse(read("package.json"));
  for (const name of Object.keys(manifest.dependencies)) {
    mkdirSync(join(modules, name, ".."), { recursive: true });
    symlinkSync(join(ROOT, "node_modules", name), join(modules, name), "junction");
  }
  writeFileSync(join(consumer, "package.json"), '{ "type": "module" }');
});
afterAll(() => rmSync(consumer, { recursive: true }));

const read = (file: string): string => readFileSync(join(consumer, "node_modules/ganvas", file), "utf8");
const runConsumer = (source: string) => run(process.execPath, ["--input-type=module", "--eval", source], { cwd: consumer });

describe("the package", () => {
  it("holds the files that its exports name", () => {
    const named = Object.values(manifest.exports).flatMap((target) => (typeof target === "string" ? target : Object.values(target)));
    expect(named.map((path) => path.replace("./", "")).filter((path) => !files.includes(path))).toEqual([]);
  });

  it("holds no tests, benchmarks or golden values", () => {
    expect(files.filter((path) => /(^|\/)(test|bench)|golden|vitest/.test(path))).toEqual([]);
    expect(files).toContain("LICENSE");
  });

  it("imports from its code only what it holds, what Node has and what it depends on", () => {
    const { dependencies, optionalDependencies, peerDependencies } = manifest;
    const known = [
      ...Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies }),
      ...builtinModules.map((name) => `node:${name}`),
    ];
    for (const file of files.filter((path) => /^dist\/(edge\/)?[^/]*\.js$/.test(path))) {
      const specifiers = [...read(file).matchAll(/(?:from|import)\s*\(?\s*["']([^"']+)["']/g)].map(([, name]) => name!);
      for (const name of specifiers) {
        const found = name.startsWith(".")
          ? files.includes(posix.join(posix.dirname(file), name.replace("?module", "")))
          : known.some((k) => name === k || name.startsWith(`${k}/`));
        expect(found, `${file} imports ${name}`).toBe(true);
      }
    }
  });

  it("holds each source once, where the maps of its code say", () => {
    const maps = files.filter((path) => path.endsWith(".js.map"));
    expect(maps).toContain("dist/index.js.map");
    for (const path of maps) {
      const { sources, sourcesContent } = JSON.parse(read(path)) as { sources: readonly string[]; sourcesContent?: unknown };
      expect(sourcesContent, path).toBeUndefined();
      expect(
        sources
          .map((source) => posix.join("dist", source))

          .filter((source) => !files.includes(source)),
      ).toEqual([]);
    }
  });

  it("is as publint would have it", async () => {
    const { messages } = await publint({ pkgDir: join(consumer, "node_modules/ganvas"), pack: false, strict: true });
    expect(messages).toEqual([]);
  });

  it("has a command, which runs where it is installed", async () => {
    const { bin } = manifest;
    expect(files).toContain(bin.ganvas);
    expect(read(bin.ganvas)).toMatch(/^#!\/usr\/bin\/env node\n/);
    const argv = ["train", "ring", "--width", "4", "--batch-size", "8", "--threads", "1", "--backend", "wasm", "--steps", "2", "--json"];
    const { code, stdout } = await run(process.execPath, [join("node_modules/ganvas", bin.ganvas), ...argv], { cwd: consumer });
    expect(code).toBe(0);
    expect(stdout).toContain('{"type":"end","run":"run","step":2,"interrupted":false}');
  });

  it("has the kernels that its exports name", () => {
    const kernels = readdirSync(join(consumer, "node_modules/ganvas/dist/kernels"));
    expect(kernels.sort()).toEqual(["sample.wasm", "simd.wasm"]);
  });
});

describe("what a bundler makes of it, minified and gzipped", () => {
  const zipped = (contents: string | Uint8Array) => gzipSync(contents, { level: 9 }).length;
  const kernels = (name: string) => zipped(readFileSync(join(ROOT, "dist/kernels", `${name}.wasm`)));

  /** Kernels that are carried along, as hexadecimal digits, are counted as what they are. */
  const DIGITS = /"((?:[0-9a-f]{2}){999,})"/;
  const carried = (text: string) =>
    zipped(text.replace(DIGITS, '""')) + (DIGITS.test(text) ? zipped(Buffer.from(text.match(DIGITS)![1]!, "hex")) : 0);

  /** Bytes of what is loaded at once, and of chunks that are loaded later, by their names. */
  async function bundled(contents: string): Promise<{ entry: number; chunks: (name: RegExp) => number }> {
    const { outputFiles } = await build({
      stdin: { contents, resolveDir: consumer },
      bundle: true,
      minify: true,
      splitting: true,
      format: "esm",
      outdir: "out",
      write: false,
      logLevel: "silent",
      external: ["@tensorflow/*"],
    });
    const [entry, ...chunks] = outputFiles.map(({ path, text }) => ({ path, bytes: carried(text) }));
    const sum = (files: readonly { bytes: number }[]) => files.reduce((total, { bytes }) => total + bytes, 0);
    // What all chunks share comes with the entry.
    const shared = chunks.filter(({ path }) => /chunk-/.test(path));
    return { entry: sum([entry!, ...shared]), chunks: (name) => sum(chunks.filter(({ path }) => name.test(path))) };
  }

  const check = (what: string, bytes: number, most: number) => {
    console.info(`${what}: ${bytes} bytes of ${most}`);
    expect(bytes, what).toBeLessThanOrEqual(most);
  };

  it("keeps within its budgets", async () => {
    const sample = await bundled('export { createSampler } from "ganvas/sample";');
    check("ganvas/sample without the PNG encoder", sample.entry, 52_500);
    check("ganvas/sample", sample.entry + sample.chunks(/png-/), 58_950);
    const main = await bundled('export * from "ganvas";');
    // With the executor that runs TensorFlow.js's kernels, which is loaded for WebGPU alone; and with the kernels that most are for training in threads.
    const threaded = main.chunks(/kernels_simd-[A-Z0-9]{8}/) + main.chunks(/-threads-[A-Z0-9]{8}/);
    check("ganvas without TensorFlow.js", main.entry + main.chunks(/executor-|png-/) + threaded, 129_900);
    check("ganvas/plots", (await bundled('export * from "ganvas/plots";')).entry, 13_000);
    check("all kernels", main.chunks(/kernels_/) + kernels("sample"), 38_500);
  });
});

describe("importing it", () => {
  it("gives what the entries name", async () => {
    const { stdout, stderr } = await runConsumer(`
      const names = async (entry) => Object.keys(await import(entry)).sort();
      console.log(JSON.stringify([await names("ganvas"), await names("ganvas/datasets"), await names("ganvas/sample")]));`);
    expect(stderr).toBe("");
    const [main, datasets, sample] = JSON.parse(stdout);
    const errors = ["BackendError", "CheckpointError", "DataError", "GanvasError", "ShapeError", "SpecError", "StateError"];
    expect(sample).toEqual([...errors, "Image", "Images", "createSampler"].sort());
    expect(main).toEqual(expect.arrayContaining(["BackendError", "Dataset", "Images", "SpecError", "createGAN", "loadGAN"]));
    expect(datasets).toEqual(expect.arrayContaining(["animeFaces", "grid", "mnist", "readIdx", "ring"]));
  });

  it("has no side effect: no global, no worker, no handle, no file read but modules, nothing written", async () => {
    expect(manifest.sideEffects).toBe(false);
    const { stdout, stderr } = await runConsumer(`
      let workers = 0;
      process.on("worker", () => workers++);
      const state = () => JSON.stringify([
        Object.getOwnPropertyNames(globalThis).sort(),
        [Array, Float32Array, Promise, WebAssembly, Object, Math].map((o) => Object.getOwnPropertyNames(o.prototype ?? o).length),
        process.getActiveResourcesInfo().filter((name) => name !== "TTYWrap" && name !== "PipeWrap").sort(),
        process.eventNames().map(String).sort(),
      ]);
      WebAssembly.Memory = WebAssembly.Module = WebAssembly.compile = WebAssembly.instantiate = () => { throw new Error("WebAssembly at import") };
      const before = state();
      await import("ganvas");
      await import("ganvas/datasets");
      await import("ganvas/sample");
      await import("ganvas/plots");
      await import("ganvas/node");
      await new Promise((resolve) => setTimeout(resolve, 50));
      console.log(JSON.stringify([workers, state() === before || [before, state()]]));`);
    expect(stderr).toBe("");
    expect(JSON.parse(stdout)).toEqual([0, true]);
  });

  it("does not load TensorFlow.js, nor the kernels", async () => {
    for (const file of ["dist/index.js", "dist/datasets.js", "dist/sample.js", "dist/metrics.js", "dist/plots.js", "dist/node.js"]) {
      const reached = new Set([file]);
      for (const path of reached) {
        for (const [, name] of read(path).matchAll(/(?:^|\n)(?:import|export)\s[^;]*?["']([^"']+)["']/g)) {
          expect(name, `${path} imports ${name}`).not.toMatch(/tensorflow|kernels|sharp|yauzl|^tar$|fast-png/);
          if (name!.startsWith("./")) reached.add(`dist/${name!.slice(2)}`);
        }
      }
    }
  });

  it.each([
    ["dist/sample.js", ["./png.js"]],
    ["dist/edge/sample.js", []],
  ])("for samples alone, %s, runs no text as code, asks for nothing of Node and imports nothing later but %j", (entry, later) => {
    const reached = new Set([entry]);
    const asked: string[] = [];
    for (const file of reached) {
      const code = ts.preProcessFile(read(file), true, true).importedFiles.map(({ fileName }) => fileName);
      for (const name of code) {
        if (name.endsWith(".wasm?module")) continue;
        expect(name, `${file} imports ${name}`).toMatch(/^\.\/\w+\.js$/);
        reached.add(posix.join(posix.dirname(file), name));
      }
      asked.push(...[...read(file).matchAll(/\bimport\(\s*["'`]?([^"'`)]*)/g)].map(([, name]) => name!));
      expect(read(file), file).not.toMatch(/\beval\(|\bFunction\(|["'`]node:|\brequire\(/);
    }
    expect(asked).toEqual(later);
    expect([...reached].map((file) => posix.basename(file))).toContain("sampling.js");
  });

  it("throws errors that all entries know", async () => {
    const { stdout } = await runConsumer(`
      import * as main from "ganvas";
      import * as datasets from "ganvas/datasets";
      import * as sample from "ganvas/sample";
      const thrown = (run) => { try { run() } catch (error) { return error } };
      const errors = [thrown(() => datasets.ring({ count: 0 })), thrown(() => datasets.readIdx(null))];
      console.log(errors.map((e) => [e.name, ...[main, datasets, sample].map((entry) => e instanceof entry[e.name] && e instanceof entry.GanvasError)].join()).join());`);
    expect(stdout).toBe("SpecError,true,true,true,DataError,true,true,true\n");
  });

  it("trains and samples from another project's folder", async () => {
    const { stdout, stderr, code } = await runConsumer(`
      import { createGAN, loadGAN } from "ganvas";
      import { ring } from "ganvas/datasets";
      const gan = await createGAN({ shape: [2], width: 8, latent: 2, batchSize: 4, backend: "wasm", threads: 2 });
      await gan.train(ring({ count: 40, modes: 8, seed: 1 }), { steps: 2 });
      const copy = await loadGAN(await gan.save(), { backend: "wasm" });
      console.log(copy.step, (await copy.sample({ count: 3 })).data.length);`);
    expect({ stdout, stderr, code }).toEqual({ stdout: "2 6\n", stderr: "", code: 0 });
  });
});

describe("without TensorFlow.js", () => {
  it("says what is missing: by auto's reason, and by an error where WebGPU is asked for", async () => {
    const { stdout, stderr } = await runConsumer(`
      import { BackendError, createGAN } from "ganvas";
      let devices = 0;
      const requestDevice = async () => (devices++, { destroy: () => devices-- });
      const gpu = { requestAdapter: async () => ({ info: { description: "a GPU" }, limits: {}, requestDevice }) };
      Object.defineProperty(globalThis, "navigator", { value: { gpu } });
      const tiny = { shape: [2], latent: 2, width: 4, batchSize: 4, threads: 1 };
      const gan = await createGAN({ ...tiny, backend: "auto" });
      const error = await createGAN({ ...tiny, backend: "webgpu" }).catch((e) => e);
      console.log(JSON.stringify([gan.backend.name, gan.backend.reason, error instanceof BackendError, error.message, devices]));
      gan.dispose();`);
    expect(stderr).toBe("");
    const packages = Object.entries(manifest.optionalDependencies).map(([name, version]) => `${name}@${version}`);
    const got = `an installation without TensorFlow.js; \`npm install ${packages.join(" ")}\` adds it`;
    expect(JSON.parse(stdout)).toEqual(["wasm", `no WebGPU: ${got}`, true, `backend: expected TensorFlow.js, for WebGPU, got ${got}`, 0]);
  });

  it("can be bundled, its imports left as they are", async () => {
    const { outputFiles, warnings } = await build({
      stdin: { contents: 'export * from "ganvas";', resolveDir: consumer },
      bundle: true,
      format: "esm",
      write: false,
      logLevel: "silent",
      external: ["node:*"],
    });
    expect(warnings).toEqual([]);
    for (const name of Object.keys(manifest.optionalDependencies)) expect(outputFiles[0]!.text).toContain(`import("${name}")`);
  });
});

describe("without sharp", () => {
  it("reads PNG, and says of every other picture how to add what reads it", async () => {
    const { stdout, stderr } = await runConsumer(`
      import { mkdirSync, rmSync, writeFileSync } from "node:fs";
      import { DataError, createGAN } from "ganvas";
      import { imageFolder } from "ganvas/node";
      const gan = await createGAN({ shape: [16, 16, 3], width: 8, batchSize: 4, backend: "wasm", threads: 1 });
      mkdirSync("faces/a", { recursive: true });
      for (let i = 0; i < 6; i++) writeFileSync(\`faces/a/\${i}.png\`, await (await gan.sample({ count: 1, seed: i })).toPNG());
      const faces = await imageFolder("faces", { shape: [16, 16, 3] });
      const { steps } = await gan.train(faces, { steps: 2 });
      await faces.close();
      writeFileSync("faces/b.jpg", Uint8Array.of(0xff, 0xd8, 0xff, 0xe0));
      const error = await imageFolder("faces", { shape: [16, 16, 3], skipBroken: true }).catch((e) => e);
      rmSync("faces", { recursive: true });
      console.log(JSON.stringify([faces.shape, steps, error instanceof DataError, error.message]));`);
    expect(stderr).toBe("");
    const said = "expected a PNG file, got a JPEG file; `npm install sharp` adds what reads it";
    expect(JSON.parse(stdout)).toEqual([[6, 16, 16, 3], 2, true, `${join("faces", "b.jpg")}: ${said}`]);
  });
});

describe("its types", () => {
  /** Files of declarations are parsed once for all settings. */
  const parsed = new Map<string, ts.SourceFile | undefined>();

  beforeAll(() => {
    cpSync(join(ROOT, "test/runtimes/consumer"), consumer, { recursive: true });
    mkdirSync(join(consumer, "node_modules/@webgpu"));
    symlinkSync(join(ROOT, "node_modules/@webgpu/types"), join(consumer, "node_modules/@webgpu/types"), "junction");
  });

  // Other versions of TypeScript, and other settings: test/runtimes/types.js.
  it.each([
    { moduleResolution: "nodenext", module: "nodenext", lib: ["es2022"], types: [], files: ["bare.ts"] },
    { moduleResolution: "bundler", module: "preserve", lib: ["es2022", "dom"], types: ["@webgpu/types"], files: ["dom.ts", "webgpu.ts"] },
  ])("resolve under moduleResolution $moduleResolution, every declaration checked, with lib $lib", ({ files, ...settings }) => {
    const { options, errors } = ts.convertCompilerOptionsFromJson(
      {
        noEmit: true,
        declaration: true,
        strict: true,
        exactOptionalPropertyTypes: true,
        verbatimModuleSyntax: true,
        skipLibCheck: false,
        skipDefaultLibCheck: true,
        target: "es2022",
        ...settings,
      },
      consumer,
    );
    expect(errors).toEqual([]);
    const host = ts.createCompilerHost(options);
    const parse = host.getSourceFile;
    host.getSourceFile = (file, how, ...rest) => {
      const key = `${file} ${JSON.stringify(how)}`;
      if (!parsed.has(key)) parsed.set(key, parse(file, how, ...rest));
      return parsed.get(key);
    };
    host.getCurrentDirectory = () => consumer;
    const paths = files.map((file) => join(consumer, file));
    const faults = ts.getPreEmitDiagnostics(ts.createProgram(paths, options, host));
    expect(ts.formatDiagnostics(faults, host)).toBe("");
  });
});
