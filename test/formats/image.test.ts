import { decode } from "fast-png";
import { afterEach, describe, expect, it, vi } from "vitest";
import { DataError, ShapeError, SpecError } from "../../src/core/errors.ts";
import { Image, Images } from "../../src/formats/image.ts";

const ramp = (count: number, h: number, w: number, channels: number) =>
  new Images(
    [count, h, w, channels],
    Float32Array.from({ length: count * h * w * channels }, (_, i) => ((i * 7) % 256) / 127.5 - 1),
  );

const pixels = async (images: Images, options = {}) => {
  const { width, height, channels, data, depth } = decode(await images.toPNG(options));
  return { width, height, channels, depth, data: [...data] };
};

afterEach(() => vi.unstubAllGlobals());

describe("Images", () => {
  it.each([1, 3, 4])("writes a PNG of %d channels that decodes to its values", async (channels) => {
    const images = ramp(1, 5, 3, channels);
    const expected = Array.from({ length: 15 * channels }, (_, i) => (i * 7) % 256);
    expect(await pixels(images)).toEqual({ width: 3, height: 5, channels, depth: 8, data: expected });
  });

  it("rounds to the nearest byte and clamps, NaN to 0", async () => {
    const values = Float32Array.of(-1, 1, 0, -2, 2, 1 / 127.5 - 1, 1.4 / 127.5 - 1, 1.6 / 127.5 - 1, Number.NaN);
    expect((await pixels(new Images([1, 1, 9, 1], values))).data).toEqual([0, 255, 128, 0, 255, 1, 1, 2, 0]);
  });

  it("lays images out in reading order, as square as can be, missing ones white", async () => {
    const images = new Images([3, 1, 1, 1], Float32Array.of(-1, 0, 0.5));
    expect(await pixels(images)).toMatchObject({ width: 2, height: 2, data: [0, 128, 191, 255] });
    expect(await pixels(images, { columns: 3 })).toMatchObject({ width: 3, height: 1, data: [0, 128, 191] });
    expect(await pixels(images, { columns: 1 })).toMatchObject({ width: 1, height: 3, data: [0, 128, 191] });
  });

  it("scales pixels and leaves gaps", async () => {
    const images = new Images([2, 1, 2, 1], Float32Array.of(-1, 0, 0, -1));
    expect(await pixels(images, { columns: 2, gap: 1, scale: 2 })).toMatchObject({
      width: 9,
      height: 2,
      data: [0, 0, 128, 128, 255, 128, 128, 0, 0, 0, 0, 128, 128, 255, 128, 128, 0, 0],
    });
  });

  it("gives single samples that share their values, and iterates over them", () => {
    const images = ramp(3, 2, 2, 1);
    expect(images.length).toBe(3);
    expect(images.at(1).shape).toEqual([2, 2, 1]);
    expect(images.at(1).data).toEqual(images.data.subarray(4, 8));
    expect(images.at(-1).data).toEqual(images.data.subarray(8));
    expect(images.at(1).data.buffer).toBe(images.data.buffer);
    expect([...images].map((image) => image.data[0])).toEqual([images.data[0], images.data[4], images.data[8]]);
    for (const i of [3, -4, 0.5, Number.NaN, "0", Symbol("0")] as number[]) expect(() => images.at(i)).toThrow(DataError);
  });

  it("makes a picture of one sample", async () => {
    const images = ramp(3, 2, 2, 3);
    const png = await new Images([1, 2, 2, 3], images.at(2).data).toPNG({ scale: 2 });
    expect(await images.at(2).toPNG({ scale: 2 })).toEqual(png);
    expect(new Uint8Array(await (await images.at(2).toResponse({ scale: 2 })).arrayBuffer())).toEqual(png);
    expect(images.at(2).toImageData()).toMatchObject({ width: 2, height: 2 });
    expect(() => new Image([2, 2, 3], new Float32Array(11))).toThrow("image.data: expected 12 values for [2, 2, 3], got 11");
  });

  it("gives RGBA in a plain object where the runtime has no ImageData, and an ImageData where it has", () => {
    vi.stubGlobal("ImageData", undefined);
    const grey = new Images([1, 1, 2, 1], Float32Array.of(-1, 0));
    expect(grey.toImageData()).toEqual({ width: 2, height: 1, data: Uint8ClampedArray.of(0, 0, 0, 255, 128, 128, 128, 255), colorSpace: "srgb" });
    const rgb = new Images([1, 1, 1, 3], Float32Array.of(-1, 0, 1));
    expect([...rgb.toImageData().data]).toEqual([0, 128, 255, 255]);
    const rgba = new Images([1, 1, 1, 4], Float32Array.of(-1, 0, 1, 0));
    expect([...rgba.toImageData().data]).toEqual([0, 128, 255, 128]);

    class FakeImageData {
      constructor(
        readonly data: Uint8ClampedArray,
        readonly width: number,
        readonly height: number,
      ) {}
    }
    vi.stubGlobal("ImageData", FakeImageData);
    expect(grey.toImageData()).toBeInstanceOf(FakeImageData);
    expect(grey.toImageData()).toMatchObject({ width: 2, height: 1 });
  });

  it("answers an HTTP request with a PNG", async () => {
    const images = ramp(4, 2, 2, 3);
    const response = await images.toResponse({ columns: 4 });
    expect(response.headers.get("content-type")).toBe("image/png");
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(await images.toPNG({ columns: 4 }));
  });

  it("refuses shapes that do not fit, by name", async () => {
    expect(() => new Images([2, 2], new Float32Array(3))).toThrow("images.data: expected 4 values for [2, 2], got 3");
    expect(() => new Images([4], new Float32Array(4))).toThrow(ShapeError);
    expect(() => new Images([-1, -4], new Float32Array(4))).toThrow(ShapeError);
    await expect(ramp(1, 2, 2, 2).toPNG()).rejects.toThrow("toPNG: expected 1, 3 or 4 channels, got 2");
    await expect(new Images([0, 2, 2, 1], new Float32Array(0)).toPNG()).rejects.toThrow(ShapeError);
  });

  it("holds vectors, which are no pictures", async () => {
    const vectors = new Images([3, 2], Float32Array.of(1, 2, 3, 4, 5, 6));
    expect([...vectors.at(1).data]).toEqual([3, 4]);
    await expect(vectors.toPNG()).rejects.toThrow("toPNG: expected images, of shape [H, W, C] each, got vectors of 2 numbers");
    expect(() => vectors.toImageData()).toThrow(ShapeError);
  });

  it.each([{ columns: 0 }, { columns: 1.5 }, { gap: -1 }, { scale: 0 }, { scale: "2" }, { rows: 2 }, null, 4])(
    "refuses the options %j",
    async (options) => {
      const images = ramp(1, 1, 1, 1);
      await expect(images.toPNG(options as object)).rejects.toThrow(SpecError);
      await expect(images.toResponse(options as object)).rejects.toThrow(SpecError);
      expect(() => images.toImageData(options as object)).toThrow(SpecError);
    },
  );

  it("names an unknown option, and the one that was meant", async () => {
    const images = ramp(1, 1, 1, 1);
    const message = 'colums: expected one of the options columns, gap, scale, got an unknown one, "colums"; did you mean "columns"?';
    await expect(images.toPNG({ colums: 2 } as object)).rejects.toThrow(message);
    await expect(images.at(0).toPNG({ columns: 2 } as object)).rejects.toThrow(
      'columns: expected one of the options scale, got an unknown one, "columns"',
    );
  });

  it("refuses a picture that is too large before it draws any of it", async () => {
    const images = ramp(1, 2, 2, 1);
    await expect(images.toPNG({ columns: 1e8 })).rejects.toThrow("toPNG: expected a picture of at most 134217728 pixels, got 200000000 x 2");
    await expect(images.toPNG({ columns: 1e9 })).rejects.toThrow("columns: expected an integer from 1 to 134217728, got 1000000000");
    expect(() => images.at(0).toImageData({ scale: 2 ** 27 })).toThrow(ShapeError);
    expect(() => images.toImageData({ gap: 2 ** 27, columns: 2 ** 27 })).toThrow(ShapeError);
  });

  it("refuses values that were transferred elsewhere", async () => {
    const images = ramp(2, 2, 2, 1);
    structuredClone(null, { transfer: [images.data.buffer as ArrayBuffer] });
    const message = "images.data: expected 8 values for [2, 2, 2, 1], got 0";
    expect(() => images.at(0)).toThrow(message);
    expect(() => images.toImageData()).toThrow(message);
    expect(() => images.toTensor({ tensor4d: () => 0 })).toThrow(message);
  });

  it.each<[string, () => unknown]>([
    ["images.shape", () => new Images(null as unknown as [], new Float32Array(1))],
    ["image.shape", () => new Image("111" as unknown as [], new Float32Array(1))],
    ["images.data", () => new Images([1, 1], [0] as unknown as Float32Array)],
    ["image.data", () => new Image([1], undefined as unknown as Float32Array)],
    ["tf", () => ramp(1, 1, 1, 1).toTensor(null as unknown as { tensor4d(): void })],
  ])("refuses what is no %s", (path, run) => {
    expect(run).toThrow(path === "tf" ? SpecError : ShapeError);
    expect(run).toThrow(new RegExp(`^${path}: `));
  });
});
