import { runInNewContext } from "node:vm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createGAN, DataError, Dataset, type GAN, loadGAN } from "../../src/index.ts";

/** What an expression gives in a realm of its own, whose classes are not those of this one. */
const foreign = <T>(expression: string): T => runInNewContext(expression) as T;

describe("arrays of another realm", () => {
  let gan: GAN;
  beforeAll(async () => {
    gan = await createGAN({ shape: [2], latent: 2, width: 4, batchSize: 4, backend: "wasm", threads: 1, condition: { classes: 2 } });
  });
  afterAll(() => gan.dispose());

  it("are data, bytes and labels", async () => {
    const data = foreign<Float32Array>("Float32Array.of(0.5, 0.25, -1, 1)");
    expect(data).not.toBeInstanceOf(Float32Array);
    const batch = new Dataset({ data, shape: foreign("[2, 2]"), labels: foreign("Uint8Array.of(0, 1)") }).take([1]);
    expect(batch).toEqual({ count: 1, data: Float32Array.of(-1, 1), labels: Float32Array.of(1) });
    expect(new Dataset({ data: foreign("Uint8ClampedArray.of(0, 255)"), shape: [1, 2] }).take([0]).data).toEqual(Float32Array.of(-1, 1));
    const examples = foreign<{ data: Uint8Array; labels: number[] }>("({ data: new Uint8Array(8), labels: [0, 1, 0, 1] })");
    expect((await gan.train(examples, { steps: 1 })).steps).toBe(1);
  });

  it("are latents and conditions", async () => {
    const latents = Float32Array.of(0.5, -0.5);
    const same = await gan.sample({ latents: foreign("Float32Array.of(0.5, -0.5)"), condition: foreign("Int32Array.of(1)") });
    expect(same.data).toEqual((await gan.sample({ latents, condition: 1 })).data);
    expect(gan.interpolate(foreign("Float32Array.of(1, 0)"), Float32Array.of(0, 1), 2).length).toBe(4);
  });

  it("are files", async () => {
    const bytes = await gan.save();
    for (const type of ["Uint8Array", "ArrayBuffer"]) {
      const file = foreign<Uint8Array | ArrayBuffer>(`new ${type}(${bytes.length})`);
      (type === "Uint8Array" ? (file as Uint8Array) : new Uint8Array(file)).set(bytes);
      const loaded = await loadGAN(file, { backend: "wasm", threads: 1 });
      expect(loaded.step).toBe(gan.step);
      loaded.dispose();
    }
  });

  it("are refused for the same reasons", async () => {
    expect(() => new Dataset({ data: foreign("new Float64Array(2)"), shape: [1, 2] })).toThrow(DataError);
    await expect(gan.sample({ condition: BigInt64Array.of(1n) as unknown as number[] })).rejects.toThrow(/^condition\[0\]: .*got 1n/);
  });
});

describe("what discriminate is given", () => {
  it("may be changed when the call returns", async () => {
    const gan = await createGAN({ shape: [2], latent: 2, width: 4, backend: "reference", condition: { classes: 2 } });
    const given = () => ({ data: Float32Array.of(1, 2, 3, 4), shape: [2, 2], labels: [0, 1] });
    const expected = await gan.discriminate(given());
    const changed = given();
    const scores = gan.discriminate(changed);
    changed.data.fill(Number.NaN);
    changed.labels.fill(9);
    changed.shape.fill(1);
    expect(await scores).toEqual(expected);
  });

  it("is read as a picture or refused, never as numbers", async () => {
    const gan = await createGAN({ shape: [4, 4, 1], architecture: "mlp", latent: 2, width: 4, backend: "reference" });
    const images = await gan.sample();
    const whole = images.at(0).toImageData();
    expect((await gan.discriminate(whole)).length).toBe(1);
    await expect(gan.discriminate(images.at(0).toImageData({ scale: 2 }))).rejects.toThrow(/expected shape \[4, 4, 1\], got .*\[8, 8, 4\]/);
    await expect(gan.discriminate({ shape: [1, 4, 4, 1], data: async () => images.data } as never)).rejects.toThrow(/fromTensor/);
  });
});

describe("training", () => {
  it("ends with a DataError when its data are transferred", async () => {
    const gan = await createGAN({ shape: [2], latent: 2, width: 4, batchSize: 4, backend: "reference" });
    const data = new Uint8Array(16);
    const training = gan.train(data, { steps: 3, onStep: () => void structuredClone(data.buffer, { transfer: [data.buffer] }) });
    await expect(training).rejects.toMatchObject({ name: "DataError", path: "data" });
    expect(gan.step).toBe(1);
  });
});
