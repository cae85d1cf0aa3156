import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { programOf } from "../../playground/src/code.ts";
import { CHOICES, changed, dataOf, defaultsFor, optionsOf, type Settings, settingsOf, shapeOf } from "../../playground/src/settings.ts";
import { resolveSpec } from "../../src/gan/spec.ts";
import { loadGAN } from "../../src/index.ts";
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

  it("is what a file says", () => {
    const settings = changed(defaultsFor("faces64"), { objective: "wasserstein-gp", seed: 5 });
    expect(settingsOf(specOf(settings), defaultsFor("ring"))).toEqual({
      ...settings,
      objective: "wasserstein",
      regularizers: ["gradient-penalty"],
    });
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
  ])("runs as it stands: $data", async (settings) => {
    const first = await run(
      process.execPath,
      ["--input-type=module", "--eval", programOf(settings, shapeOf(settings), { isLoaded: false, steps: 3, isValidated: true })],
      { cwd: folder },
    );
    expect(first.code, first.stderr).toBe(0);
    expect(await trained("model.safetensors")).toBe(3);
    const second = await run(
      process.execPath,
      ["--input-type=module", "--eval", programOf(settings, shapeOf(settings), { isLoaded: true, steps: 2, isValidated: false })],
      { cwd: folder },
    );
    expect(second.code, second.stderr).toBe(0);
    expect(await trained("trained.safetensors")).toBe(5);
  });

  const DONE = { isLoaded: false, steps: 1, isValidated: false };
  it("reads files as the library does", () => {
    expect(programOf(defaultsFor("digits"), [28, 28, 1], DONE)).toContain('mnist({ images: await readFile("t10k-images-idx3-ubyte.gz") })');
    expect(programOf(defaultsFor("pictures"), [32, 32, 3], DONE)).toContain('imageFolder("./pictures", { shape: [32, 32, 3], skipBroken: true })');
  });
});
