import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { programOf } from "../../playground/src/code.ts";
import { fits } from "../../playground/src/lab.ts";
import { CHOICES, changed, dataOf, defaultsFor, optionsOf, type Settings, sameSettings, settingsOf, shapeOf } from "../../playground/src/settings.ts";
import { type GANSpec, resolveSpec } from "../../src/gan/spec.ts";
import { Dataset, loadGAN } from "../../src/index.ts";
import { ROOT, run } from "../child.ts";

const specOf = (settings: Settings) => {
  const { backend: _, ...options } = optionsOf(settings, shapeOf(settings));
  return resolveSpec(options);
};

/** Every choice of every setting by itself, on points and on images. */
const single = (["ring", "faces32"] as const).flatMap((data) => [
  ...Object.entries(CHOICES).flatMap(([name, choices]) =>
    name === "data" || name === "size" || (data === "ring" && name === "augment")
      ? []
      : choices.map((choice) => ({ data, [name]: name === "regularizers" ? [choice] : choice }) as Partial<Settings>),
  ),
]);

describe("what can be set", () => {
  it.each(single)("makes a GAN: %j", (patch) => {
    const settings = changed(defaultsFor(patch.data!), patch);
    expect(specOf(settings).shape).toEqual(shapeOf(settings));
  });

  it.each(CHOICES.data)("makes a GAN by default of %s", (data) => {
    const spec = specOf(defaultsFor(data));
    expect(spec.batchSize).toBe(defaultsFor(data).batchSize);
    expect(dataOf(spec.shape, defaultsFor(data))).toBe(data);
  });

  it("leaves what does not fit other data", () => {
    const images = changed(defaultsFor("faces32"), { architecture: "resnet", augment: "cutout", objective: "hinge", seed: 9 });
    expect(changed(images, { data: "grid" })).toEqual({
      ...images,
      data: "grid",
      architecture: "default",
      augment: "none",
      width: 128,
      batchSize: 128,
    });
    expect(changed(images, { data: "ring", width: 64 })).toMatchObject({ width: 64, batchSize: 128 });
  });
});

describe("a model from a file", () => {
  const RESNET = resolveSpec({ shape: [32, 32, 3], width: 8, architecture: "resnet" });
  const ODD = resolveSpec({
    shape: [28, 28, 1],
    width: 24,
    latent: 40,
    condition: { classes: 10 },
    batchSize: 24,
    accumulate: 2,
    objective: { name: "hinge", discriminatorSteps: 3 },
    regularizers: [{ name: "r1", gamma: 7 }],
    optimizer: { generator: { learningRate: 3.3e-4 }, discriminator: { name: "rmsprop", learningRate: 7e-5 } },
    ema: false,
    augment: ["flip", "translation"],
    seed: 77,
  });
  const loaded = (spec: GANSpec): Settings => settingsOf(spec, defaultsFor("ring"));

  it.each([RESNET, ODD, resolveSpec({ shape: [2], objective: "wasserstein" })])("starts over as what it is: $shape", (spec) => {
    expect(specOf(loaded(spec))).toEqual(spec);
  });

  it("keeps what it is made for when its networks are left for others", () => {
    const { architecture, condition, objective } = specOf(changed(loaded(ODD), { architecture: "dcgan" }));
    expect(architecture).not.toEqual(ODD.architecture);
    expect({ condition, objective }).toEqual({ condition: ODD.condition, objective: ODD.objective });
  });

  it("has the regularizers and the rate of an objective that is chosen", () => {
    const settings = changed(loaded(ODD), { objective: "wasserstein-gp" });
    expect(settings).toMatchObject({ architecture: "file", regularizers: "default", learningRate: null });
    const { architecture, regularizers } = specOf(settings);
    expect(architecture).toEqual(ODD.architecture);
    expect(regularizers).toMatchObject([{ name: "gradient-penalty" }]);
  });

  it("is left for data of another shape, and not for those of its own", () => {
    expect(changed(loaded(ODD), { data: "faces32" })).toEqual({ ...defaultsFor("faces32"), seed: 77 });
    expect(changed(loaded(RESNET), { data: "pictures" })).toMatchObject({ data: "pictures", architecture: "file", base: RESNET });
    expect(changed(loaded(RESNET), { seed: 5 })).toMatchObject({ seed: 5, objective: "file" });
  });

  it("is refused for data that it does not make", () => {
    const wide = settingsOf(resolveSpec({ shape: [32, 64, 3], width: 8 }), defaultsFor("faces32"));
    expect(() => optionsOf(wide, [32, 32, 3])).toThrow("make 32 × 64 × 3, and the data are 32 × 32 × 3");
  });

  it("differs from settings that say otherwise", () => {
    expect(sameSettings(loaded(ODD), loaded(ODD))).toBe(true);
    expect(sameSettings(loaded(ODD), changed(loaded(ODD), { batchSize: 32 }))).toBe(false);
  });

  it("learns from what has its shape, and its labels", () => {
    const data = new Uint8Array(20 * 28 * 28);
    const of = (labels?: readonly number[]): Dataset => new Dataset({ data, shape: [20, 28, 28, 1], ...(labels && { labels }) });
    const digits = Array.from({ length: 20 }, (_, i) => i % 10);
    expect(fits({ spec: ODD }, of(digits))).toBe(true);
    expect(fits({ spec: ODD }, of())).toBe(false);
    expect(fits({ spec: ODD }, of(digits.map((digit) => digit + 1)))).toBe(false);
    expect(fits({ spec: RESNET }, of(digits))).toBe(false);
    expect(fits({ spec: resolveSpec({ shape: [28, 28, 1] }) }, of(digits))).toBe(true);
    const vectors = { spec: resolveSpec({ shape: [28, 28, 1], condition: { size: 3 } }) };
    expect(fits(vectors, of(Array.from({ length: 60 }, () => 0.5)))).toBe(true);
    expect(fits(vectors, of(digits))).toBe(false);
  });
});

describe("the program that does the same", () => {
  const folder = mkdtempSync(join(tmpdir(), "ganvas-code-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(ROOT, join(folder, "node_modules/ganvas"), "junction");

  const trained = async (file: string): Promise<number> => {
    const gan = await loadGAN(readFileSync(join(folder, file)), { threads: 1 });
    const { step } = gan;
    gan.dispose();
    return step;
  };

  it.each([
    changed(defaultsFor("ring"), { backend: "wasm", objective: "wasserstein", learningRate: 2e-4 }),
    changed(defaultsFor("faces32"), { backend: "wasm", width: 8, batchSize: 16, regularizers: ["r1", "instance-noise"], augment: "translation" }),
    {
      ...settingsOf(resolveSpec({ shape: [32, 32, 3], width: 8, batchSize: 4, architecture: "resnet" }), defaultsFor("faces32")),
      backend: "wasm" as const,
    },
  ])("runs as it stands: $data", async (settings) => {
    const first = await run(
      process.execPath,
      ["--input-type=module", "--eval", programOf(settings, shapeOf(settings), { isLoaded: false, steps: 3, examples: 100, digits: null })],
      { cwd: folder },
    );
    expect(first.code, first.stderr).toBe(0);
    expect(await trained("model.safetensors")).toBe(3);
    const second = await run(
      process.execPath,
      ["--input-type=module", "--eval", programOf(settings, shapeOf(settings), { isLoaded: true, steps: 2, examples: 50, digits: null })],
      { cwd: folder },
    );
    expect(second.code, second.stderr).toBe(0);
    expect(await trained("trained.safetensors")).toBe(5);
  });

  it.each([
    [[2], "plotPoints"],
    [[5], "console.log"],
    [[16, 16, 2], "console.log"],
    [[32, 64, 3], "toPNG"],
  ] as const)("samples where there is nothing to learn from: $0", async (shape, wanted) => {
    const spec = resolveSpec({ shape: [...shape], width: 8 });
    const settings = { ...settingsOf(spec, defaultsFor("faces32")), backend: "wasm" as const };
    const code = programOf(settings, shape, { isLoaded: false, steps: 0, examples: 0, digits: null });
    expect(code).toContain(wanted);
    expect(code).not.toContain("train");
    const { code: exit, stderr } = await run(process.execPath, ["--input-type=module", "--eval", code], { cwd: folder });
    expect(exit, stderr).toBe(0);
  });

  it("goes on from a file where the page does", () => {
    const done = { isLoaded: true, steps: 1, examples: 50, digits: null };
    expect(programOf({ ...defaultsFor("ring"), backend: "wasm" }, [2], done)).toContain(
      'loadGAN(await readFile("model.safetensors"), { backend: "wasm" })',
    );
    expect(programOf(defaultsFor("ring"), [2], done)).toContain('loadGAN(await readFile("model.safetensors"))');
  });

  const DONE = { isLoaded: false, steps: 1, examples: 50, digits: null };
  it("reads files as the library does", () => {
    expect(programOf(defaultsFor("digits"), [28, 28, 1], DONE)).toContain('mnist({ images: await readFile("t10k-images-idx3-ubyte.gz") })');
    const digits = { images: "train-images.gz", labels: "train-labels.gz" };
    expect(programOf(defaultsFor("digits"), [28, 28, 1], { ...DONE, digits })).toContain(
      'mnist({ images: await readFile("train-images.gz"), labels: await readFile("train-labels.gz") })',
    );
    expect(programOf(defaultsFor("pictures"), [32, 32, 3], DONE)).toContain('imageFolder("./pictures", { shape: [32, 32, 3], skipBroken: true })');
  });
});
