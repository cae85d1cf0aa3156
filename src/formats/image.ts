import { isFloat32Array } from "../core/arrays.ts";
import { checkOptions, type Fields, integer, optional } from "../core/check.ts";
import { DataError, ShapeError, SpecError, show } from "../core/errors.ts";
import type { Bytes, PlatformImageData, PlatformResponse } from "../core/platform.ts";
import { type Shape, showShape, sizeOf } from "../core/shape.ts";
import { loadEncoder } from "./encoder.ts";
import type { Picture } from "./png.ts";

/** How several images are laid out in one picture. */
export interface GridOptions {
  /** Images in a row, 1 to 2^27. Default: the square root of their number, rounded up. */
  readonly columns?: number | undefined;
  /** White pixels between neighbours, after scaling, 0 to 2^27. Default 0. */
  readonly gap?: number | undefined;
  /** Side of the square of pixels that each pixel becomes, 1 to 2^27. Default 1. */
  readonly scale?: number | undefined;
}

/** What is used of TensorFlow.js to make a tensor. */
export interface TensorMaker<T> {
  /** Makes a tensor of this shape, `[N, H, W, C]`, of values row by row. */
  tensor4d(values: Float32Array, shape: [number, number, number, number]): T;
}

/** The most pixels of a picture: what every runtime can hold as RGBA several times over, as encoding takes. */
const MAX_PIXELS = 2 ** 27;

const IMAGE_FIELDS: Fields<{ scale: number }> = { scale: optional(integer(1, MAX_PIXELS), 1) };

const GRID_FIELDS: Fields<{ columns: number | undefined; gap: number; scale: number }> = {
  columns: optional<number | undefined>(integer(1, MAX_PIXELS), undefined),
  gap: optional(integer(0, MAX_PIXELS), 0),
  ...IMAGE_FIELDS,
};

/** One sample: an image `[H, W, C]`, or a plain vector `[d]`. In pictures -1 is black and 1 is full brightness; what is beyond them is shown as these. */
export class Image {
  /** `[H, W, C]`, or `[d]` of a vector. */
  readonly shape: Shape;
  /** The values, row by row; those of images are in [-1, 1] where the generator ends in tanh. */
  readonly data: Float32Array;

  /**
   * One sample of values that are at hand; they are not copied.
   *
   * @throws {@link ShapeError} unless `data` fills `shape` and the shape is of rank 3 (an image) or 1 (a vector)
   */
  constructor(shape: Shape, data: Float32Array) {
    checkShape("image", shape, [3, 1], "[H, W, C] or [d]");
    checkData("image", shape, data);
    this.shape = [...shape];
    this.data = data;
  }

  /**
   * The image as the bytes of a PNG file.
   *
   * @throws {@link ShapeError} for vectors, for pictures of more than 2^27 pixels, and unless there are 1, 3 or 4 channels
   * @throws {@link SpecError} for an option that is unknown or out of range
   *
   * @example
   * await writeFile("first.png", await images.at(0).toPNG({ scale: 4 }));
   */
  async toPNG(options: Pick<GridOptions, "scale"> = {}): Promise<Bytes> {
    return encodePNG(drawGrid("toPNG", [1, ...this.shape], this.data, checkOptions(IMAGE_FIELDS, options)));
  }

  /**
   * The image as RGBA: an `ImageData` where the runtime has it, else an object with the same fields.
   *
   * @throws {@link ShapeError} for vectors, for pictures of more than 2^27 pixels, and unless there are 1, 3 or 4 channels
   * @throws {@link SpecError} for an option that is unknown or out of range
   */
  toImageData(options: Pick<GridOptions, "scale"> = {}): PlatformImageData {
    return toRGBA(drawGrid("toImageData", [1, ...this.shape], this.data, checkOptions(IMAGE_FIELDS, options)));
  }

  /**
   * The image as a PNG, as the answer to an HTTP request.
   *
   * @throws {@link ShapeError} for vectors, for pictures of more than 2^27 pixels, and unless there are 1, 3 or 4 channels
   * @throws {@link SpecError} for an option that is unknown or out of range
   */
  async toResponse(options: Pick<GridOptions, "scale"> = {}): Promise<PlatformResponse> {
    return respond(await this.toPNG(options));
  }
}

/**
 * A batch of samples: images `[N, H, W, C]`, or plain vectors `[N, d]`. The values of images are in [-1, 1] where the generator ends in tanh, as those of the named
 * architectures but "r3gan" do; in pictures -1 is black and 1 is full brightness, and what is beyond them is shown as these.
 *
 * Only images of 1 (grey), 3 (RGB) or 4 (RGBA) channels can be made into pictures.
 *
 * @example
 * for (const image of images) console.log(image.shape); // [28, 28, 1] each
 */
export class Images implements Iterable<Image> {
  /** `[N, H, W, C]`, or `[N, d]` of vectors. */
  readonly shape: Shape;
  /** The values of all samples, row by row; those of images are in [-1, 1] where the generator ends in tanh. */
  readonly data: Float32Array;

  /**
   * Samples of values that are at hand; they are not copied.
   *
   * @throws {@link ShapeError} unless `data` fills `shape` and the shape is of rank 4 (images) or 2 (vectors)
   */
  constructor(shape: Shape, data: Float32Array) {
    checkShape("images", shape, [4, 2], "[N, H, W, C] or [N, d]");
    checkData("images", shape, data);
    this.shape = [...shape];
    this.data = data;
  }

  /** Number of samples, the N of `shape`. */
  get length(): number {
    return this.shape[0]!;
  }

  /**
   * Sample `i`, which shares its values with this batch; negative counts from the end.
   *
   * @throws {@link DataError} when there is no such sample
   *
   * @example
   * images.at(-1).shape; // [28, 28, 1]
   */
  at(i: number): Image {
    if (!Number.isInteger(i) || i < -this.length || i >= this.length) {
      throw new DataError({ path: "index", expected: `an integer from ${-this.length} to ${this.length - 1}`, got: show(i) });
    }
    checkData("images", this.shape, this.data);
    const index = i < 0 ? i + this.length : i;
    const shape = this.shape.slice(1);
    const size = sizeOf(shape);
    return new Image(shape, this.data.subarray(index * size, (index + 1) * size));
  }

  /** Goes through the samples, each of which shares its values with this batch. */
  *[Symbol.iterator](): Iterator<Image> {
    for (let i = 0; i < this.length; i++) yield this.at(i);
  }

  /**
   * All images in one PNG file, in reading order, as its bytes.
   *
   * @throws {@link ShapeError} for vectors, for an empty batch, for pictures of more than 2^27 pixels, and unless there are 1, 3 or 4 channels
   * @throws {@link SpecError} for an option that is unknown or out of range
   *
   * @example
   * await writeFile("samples.png", await images.toPNG({ columns: 8, gap: 2 }));
   */
  async toPNG(options: GridOptions = {}): Promise<Bytes> {
    return encodePNG(drawGrid("toPNG", this.shape, this.data, checkOptions(GRID_FIELDS, options)));
  }

  /**
   * All images in one RGBA picture: an `ImageData` where the runtime has it, else an object with the same fields.
   *
   * @throws {@link ShapeError} for vectors, for an empty batch, for pictures of more than 2^27 pixels, and unless there are 1, 3 or 4 channels
   * @throws {@link SpecError} for an option that is unknown or out of range
   *
   * @example
   * const { width, height } = images.toImageData({ columns: 4, scale: 2 });
   */
  toImageData(options: GridOptions = {}): PlatformImageData {
    return toRGBA(drawGrid("toImageData", this.shape, this.data, checkOptions(GRID_FIELDS, options)));
  }

  /**
   * The images as a tensor `[N, H, W, C]` of TensorFlow.js, which is handed in; it has values of its own and is the caller's to dispose of.
   *
   * @throws {@link ShapeError} for vectors
   * @throws {@link SpecError} unless `tf` has `tensor4d`
   *
   * @example
   * const tensor = (await gan.sample({ count: 8 })).toTensor(tf);
   * tensor.shape; // [8, 28, 28, 1]
   */
  toTensor<T>(tf: TensorMaker<T>): T {
    if (typeof tf?.tensor4d !== "function") throw new SpecError([{ path: "tf", expected: "TensorFlow.js, with its tensor4d", got: show(tf) }]);
    const [n, h, w, c] = this.shape;
    if (this.shape.length !== 4)
      throw new ShapeError({ path: "toTensor", expected: "images, of shape [H, W, C] each", got: `vectors of ${h} numbers` });
    checkData("images", this.shape, this.data);
    return tf.tensor4d(this.data.slice(), [n!, h!, w!, c!]);
  }

  /**
   * All images in one PNG, as the answer to an HTTP request.
   *
   * @throws {@link ShapeError} for vectors, for an empty batch, for pictures of more than 2^27 pixels, and unless there are 1, 3 or 4 channels
   * @throws {@link SpecError} for an option that is unknown or out of range
   *
   * @example
   * const response = await images.toResponse();
   * response.headers.get("content-type"); // "image/png"
   */
  async toResponse(options: GridOptions = {}): Promise<PlatformResponse> {
    return respond(await this.toPNG(options));
  }
}

function checkShape(path: string, shape: Shape, ranks: readonly number[], expected: string): void {
  if (!Array.isArray(shape) || !ranks.includes(shape.length) || shape.some((d) => !Number.isSafeInteger(d) || d < 0)) {
    throw new ShapeError({ path: `${path}.shape`, expected, got: show(shape) });
  }
}

/** What was checked when images were made holds no longer when the buffer of their values is transferred elsewhere. */
function checkData(path: string, shape: Shape, data: Float32Array): void {
  if (isFloat32Array(data) && data.length === sizeOf(shape)) return;
  const got = isFloat32Array(data) ? `${(data as Float32Array).length}` : show(data);
  throw new ShapeError({ path: `${path}.data`, expected: `${sizeOf(shape)} values for ${showShape(shape)}`, got });
}

/** Draws images [N, H, W, C] side by side, 8 bits a channel, on white. */
function drawGrid(method: string, shape: Shape, data: Float32Array, { columns: given, gap = 0, scale = 1 }: GridOptions): Picture {
  if (shape.length !== 4) throw new ShapeError({ path: method, expected: "images, of shape [H, W, C] each", got: `vectors of ${shape[1]} numbers` });
  const [count, h, w, channels] = shape as [number, number, number, number];
  if (![1, 3, 4].includes(channels)) throw new ShapeError({ path: method, expected: "1, 3 or 4 channels", got: `${channels}` });
  checkData("images", shape, data);
  if (data.length === 0) throw new ShapeError({ path: method, expected: "at least one pixel", got: showShape(shape) });
  const columns = given ?? Math.ceil(Math.sqrt(count));
  const width = columns * (w * scale + gap) - gap;
  const height = Math.ceil(count / columns) * (h * scale + gap) - gap;
  if (width * height > MAX_PIXELS) {
    throw new ShapeError({ path: method, expected: `a picture of at most ${MAX_PIXELS} pixels`, got: `${width} x ${height}` });
  }
  const bytes = new Uint8ClampedArray(width * height * channels).fill(255);
  for (let n = 0; n < count; n++) {
    const left = (n % columns) * (w * scale + gap);
    const top = Math.floor(n / columns) * (h * scale + gap);
    for (let y = 0; y < h * scale; y++) {
      for (let x = 0; x < w * scale; x++) {
        const from = ((n * h + Math.floor(y / scale)) * w + Math.floor(x / scale)) * channels;
        const to = ((top + y) * width + left + x) * channels;
        for (let c = 0; c < channels; c++) bytes[to + c] = Math.round((data[from + c]! + 1) * 127.5);
      }
    }
  }
  return { width, height, channels, bytes };
}

/** Loads the encoder when it is first asked for. */
async function encodePNG(picture: Picture): Promise<Bytes> {
  return (await loadEncoder())(picture);
}

function toRGBA({ width, height, channels, bytes }: Picture): PlatformImageData {
  const data = new Uint8ClampedArray(width * height * 4);
  for (let p = 0; p < width * height; p++) {
    for (let c = 0; c < 3; c++) data[p * 4 + c] = bytes[p * channels + (channels === 1 ? 0 : c)]!;
    data[p * 4 + 3] = channels === 4 ? bytes[p * channels + 3]! : 255;
  }
  return typeof ImageData === "function" ? new ImageData(data, width, height) : { width, height, data, colorSpace: "srgb" };
}

const respond = (png: Bytes): PlatformResponse => new Response(png, { headers: { "content-type": "image/png" } });
