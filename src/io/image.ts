import { encode } from "fast-png";
import { DataError, ShapeError, show } from "../core/errors.ts";
import { type Shape, showShape, sizeOf } from "../core/shape.ts";

/** How several images are laid out in one picture. */
export interface GridOptions {
  /** Images in a row; as many rows as columns unless given. */
  readonly columns?: number | undefined;
  /** White pixels between neighbours, after scaling. Default 0. */
  readonly gap?: number | undefined;
  /** Each pixel becomes a square of `scale` by `scale`. Default 1. */
  readonly scale?: number | undefined;
}

/** The fields of the DOM's ImageData, for runtimes that have none. */
export interface ImageDataLike {
  readonly width: number;
  readonly height: number;
  /** RGBA, 8 bits each, row by row. */
  readonly data: Uint8ClampedArray;
  readonly colorSpace: string;
}

interface Picture {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly bytes: Uint8ClampedArray;
}

/**
 * A batch of samples: images `[N, H, W, C]` with values in [-1, 1], or plain vectors `[N, d]`.
 *
 * Only images of 1 (grey), 3 (RGB) or 4 (RGBA) channels can be made into pictures.
 *
 * @example
 * await writeFile("samples.png", await images.toPNG({ columns: 8 }));
 */
export class Images implements Iterable<Images> {
  readonly shape: Shape;
  readonly data: Float32Array;

  /** @throws ShapeError unless `data` fills `shape` and the shape is of rank 4 (images) or 2 (vectors) */
  constructor(shape: Shape, data: Float32Array) {
    if ((shape.length !== 4 && shape.length !== 2) || shape.some((d) => !Number.isSafeInteger(d) || d < 0)) {
      throw new ShapeError({ path: "images.shape", expected: "[N, H, W, C] or [N, d]", got: showShape(shape) });
    }
    if (data.length !== sizeOf(shape)) {
      throw new ShapeError({ path: "images.data", expected: `${sizeOf(shape)} values for ${showShape(shape)}`, got: `${data.length}` });
    }
    this.shape = [...shape];
    this.data = data;
  }

  /** Number of samples. */
  get length(): number {
    return this.shape[0]!;
  }

  /**
   * Sample `i` as a batch of one that shares its values with this one; negative counts from the end.
   *
   * @throws DataError when there is no such sample
   */
  at(i: number): Images {
    const index = i < 0 ? i + this.length : i;
    if (!Number.isInteger(i) || index < 0 || index >= this.length) {
      throw new DataError({ path: "index", expected: `an integer from ${-this.length} to ${this.length - 1}`, got: show(i) });
    }
    const size = sizeOf(this.shape.slice(1));
    return new Images([1, ...this.shape.slice(1)], this.data.subarray(index * size, (index + 1) * size));
  }

  *[Symbol.iterator](): Iterator<Images> {
    for (let i = 0; i < this.length; i++) yield this.at(i);
  }

  /**
   * All images in one PNG file, in reading order.
   *
   * @throws ShapeError for vectors, for an empty batch, and unless there are 1, 3 or 4 channels
   * @throws DataError for an option out of range
   */
  async toPNG(options: GridOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
    const { width, height, channels, bytes } = this.#grid("toPNG", options);
    return new Uint8Array(encode({ width, height, channels, data: bytes, depth: 8 }));
  }

  /** All images in one RGBA picture: an `ImageData` where the runtime has it, else an object with the same fields. @throws as `toPNG` */
  toImageData(options: GridOptions = {}): ImageData | ImageDataLike {
    const { width, height, channels, bytes } = this.#grid("toImageData", options);
    const data = new Uint8ClampedArray(width * height * 4);
    for (let p = 0; p < width * height; p++) {
      for (let c = 0; c < 3; c++) data[p * 4 + c] = bytes[p * channels + (channels === 1 ? 0 : c)]!;
      data[p * 4 + 3] = channels === 4 ? bytes[p * channels + 3]! : 255;
    }
    return typeof ImageData === "function" ? new ImageData(data, width, height) : { width, height, data, colorSpace: "srgb" };
  }

  /** All images in one PNG, as the answer to an HTTP request. @throws as `toPNG` */
  async toResponse(options: GridOptions = {}): Promise<Response> {
    return new Response(await this.toPNG(options), { headers: { "content-type": "image/png" } });
  }

  #grid(method: string, options: GridOptions): Picture {
    const [count, h, w, channels] = this.shape as [number, number, number, number];
    if (this.shape.length !== 4) {
      throw new ShapeError({ path: method, expected: "images, of shape [N, H, W, C]", got: `vectors, of shape ${showShape(this.shape)}` });
    }
    if (![1, 3, 4].includes(channels)) throw new ShapeError({ path: method, expected: "1, 3 or 4 channels", got: `${channels}` });
    if (this.data.length === 0) throw new ShapeError({ path: method, expected: "at least one pixel", got: showShape(this.shape) });
    const { columns, gap, scale } = checkGrid(options, Math.ceil(Math.sqrt(count)));
    const rows = Math.ceil(count / columns);
    const width = columns * (w * scale + gap) - gap;
    const height = rows * (h * scale + gap) - gap;
    const bytes = new Uint8ClampedArray(width * height * channels).fill(255);
    for (let n = 0; n < count; n++) {
      const left = (n % columns) * (w * scale + gap);
      const top = Math.floor(n / columns) * (h * scale + gap);
      for (let y = 0; y < h * scale; y++) {
        for (let x = 0; x < w * scale; x++) {
          const from = ((n * h + Math.floor(y / scale)) * w + Math.floor(x / scale)) * channels;
          const to = ((top + y) * width + left + x) * channels;
          for (let c = 0; c < channels; c++) bytes[to + c] = Math.round((this.data[from + c]! + 1) * 127.5);
        }
      }
    }
    return { width, height, channels, bytes };
  }
}

function checkGrid(options: GridOptions, defaultColumns: number): { columns: number; gap: number; scale: number } {
  const { columns = defaultColumns, gap = 0, scale = 1, ...rest } = options;
  for (const name of Object.keys(rest)) throw new DataError({ path: name, expected: "columns, gap or scale", got: "an unknown option" });
  for (const [path, value, least] of [["columns", columns, 1] as const, ["gap", gap, 0] as const, ["scale", scale, 1] as const]) {
    if (!Number.isSafeInteger(value) || value < least) throw new DataError({ path, expected: `an integer of at least ${least}`, got: show(value) });
  }
  return { columns, gap, scale };
}
