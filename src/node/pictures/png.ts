/** Pictures where there is no sharp: PNG alone. */
import { inflateSync } from "node:zlib";
import { resizeImages } from "../../formats/resize.ts";
import type { Decoder } from "./decoder.ts";
import { compose, type Pixels, type Target } from "./target.ts";

/**
 * PNG, of every type that there is but interlaced ones of fewer than 8 bits. Profiles of colours and EXIF are left aside.
 *
 * @param missing says of all others what would read them
 */
export const plainDecoder = (missing: string): Decoder => ({
  missing: (kind) => (kind === "PNG" ? null : missing),
  measure: async (_, head) => readHeader(head),
  async decode(_, file, target) {
    const { decode } = await import("fast-png");
    const { header, essence, palette, transparency } = readChunks(file);
    const { data } = decode(essence, { checkCrc: true });
    return compose(fit(colours(data, header, palette, transparency), header, target), target);
  },
});

const SIGNATURE = 8;
const GREY = 0;
const RGB = 2;
const PALETTE = 3;
const GREY_ALPHA = 4;
const RGB_ALPHA = 6;
const CHANNELS: Readonly<Record<number, number>> = { [GREY]: 1, [RGB]: 3, [PALETTE]: 1, [GREY_ALPHA]: 2, [RGB_ALPHA]: 4 };

interface PNGHeader {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  readonly type: number;
  readonly interlaced: boolean;
}

function readHeader(bytes: Uint8Array): PNGHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length < 33 || view.getUint32(12) !== 0x49484452) throw new Error("a PNG without a header");
  const [width, height, depth, type, interlaced] = [view.getUint32(16), view.getUint32(20), bytes[24]!, bytes[25]!, bytes[28] !== 0];
  if (width === 0 || height === 0 || CHANNELS[type] === undefined || ![1, 2, 4, 8, 16].includes(depth))
    throw new Error("a PNG with a header that cannot be");
  if (interlaced && depth < 8) throw new Error(`an interlaced PNG of ${depth} bits, which takes sharp (\`npm install sharp\`)`);
  return { width, height, depth, type, interlaced };
}

/** Bytes of all lines, each behind the type of its filter, of all passes of an interlaced picture. */
function filteredSize({ width, height, depth, type, interlaced }: PNGHeader): number {
  const lines = (w: number, h: number) => (w > 0 ? h * (1 + Math.ceil((w * depth * CHANNELS[type]!) / 8)) : 0);
  if (!interlaced) return lines(width, height);
  const passes = [
    [0, 0, 8, 8],
    [4, 0, 8, 8],
    [0, 4, 4, 8],
    [2, 0, 4, 4],
    [0, 2, 2, 4],
    [1, 0, 2, 2],
    [0, 1, 1, 2],
  ] as const;
  return passes.reduce((sum, [x, y, dx, dy]) => sum + lines(Math.ceil((width - x) / dx), Math.ceil((height - y) / dy)), 0);
}

/** The file without what is beside the picture, such as text, profiles and further frames, which may be packed to be endless. @throws Error unless it has all pixels of its header, and no more */
function readChunks(file: Uint8Array) {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.length);
  const header = readHeader(bytes);
  const kept: Buffer[] = [bytes.subarray(0, SIGNATURE)];
  const packed: Buffer[] = [];
  let palette: Buffer | undefined;
  let transparency: Buffer | undefined;
  for (let at = SIGNATURE, type = ""; type !== "IEND"; ) {
    if (at + 12 > bytes.length) throw new Error("a PNG that ends too soon");
    const end = at + 12 + bytes.readUInt32BE(at);
    type = bytes.toString("latin1", at + 4, at + 8);
    if (end > bytes.length) throw new Error("a PNG that ends too soon");
    const content = bytes.subarray(at + 8, end - 4);
    if (type === "PLTE") palette = content;
    else if (type === "tRNS") transparency = content;
    else if (type === "IDAT") packed.push(content);
    if (["IHDR", "PLTE", "IDAT", "IEND"].includes(type)) kept.push(bytes.subarray(at, end));
    at = end;
  }
  const expected = filteredSize(header);
  const found = inflateSync(Buffer.concat(packed), { maxOutputLength: expected + 1 }).length;
  if (found !== expected) throw new Error(`a PNG of ${found} bytes in place of ${expected}`);
  return { header, essence: Buffer.concat(kept), palette, transparency };
}

/** Red, green, blue and alpha as floats in [0, 1]. */
function colours(
  data: ArrayLike<number>,
  { width, height, depth, type }: PNGHeader,
  palette?: Buffer,
  transparency?: Buffer,
): Float32Array<ArrayBuffer> {
  const channels = CHANNELS[type]!;
  const most = 2 ** depth - 1;
  const line = Math.ceil((width * depth) / 8);
  /** The number at a pixel; those of fewer than 8 bits lie several in a byte. */
  const at = (y: number, x: number, c: number): number => {
    if (depth >= 8) return data[(y * width + x) * channels + c]!;
    const bit = x * depth;
    return (data[y * line + (bit >> 3)]! >> (8 - depth - (bit & 7))) & most;
  };
  const hasKey = transparency !== undefined && (type === GREY || type === RGB) && transparency.length >= 2 * channels;
  const key = hasKey ? Array.from({ length: channels }, (_, c) => transparency.readUInt16BE(2 * c)) : null;
  const result = new Float32Array(width * height * 4);
  for (let y = 0, to = 0; y < height; y++) {
    for (let x = 0; x < width; x++, to += 4) {
      if (type === PALETTE) {
        const index = at(y, x, 0);
        if (!palette || 3 * index + 2 >= palette.length) throw new Error("a PNG with colours that are not in its palette");
        for (let c = 0; c < 3; c++) result[to + c] = palette[3 * index + c]! / 255;
        result[to + 3] = (transparency?.[index] ?? 255) / 255;
        continue;
      }
      const isGrey = channels < 3;
      for (let c = 0; c < 3; c++) result[to + c] = at(y, x, isGrey ? 0 : c) / most;
      if (channels % 2 === 0) result[to + 3] = at(y, x, channels - 1) / most;
      else result[to + 3] = key?.every((value, c) => at(y, x, c) === value) ? 0 : 1;
    }
  }
  return result;
}

/** The picture in the size that the target has, or with margins will have. */
function fit(rgba: Float32Array<ArrayBuffer>, { width, height }: PNGHeader, { shape, fit }: Target): Pixels {
  const [rows, columns] = shape as [number, number];
  // Colours count as far as they are seen.
  for (let i = 0; i < rgba.length; i += 4) for (let c = 0; c < 3; c++) rgba[i + c]! *= rgba[i + 3]!;
  const cut = fit === "cover" ? middle(rgba, width, height, columns / rows) : { rgba, width, height };
  const scale = Math.min(columns / width, rows / height);
  const size = fit === "contain" ? ([height, width].map((n) => Math.max(1, Math.round(n * scale))) as [number, number]) : ([rows, columns] as const);
  const resized = resizeImages(cut.rgba, [cut.height, cut.width, 4], size);
  const bytes = new Uint8Array(resized.length);
  for (let i = 0; i < bytes.length; i += 4) {
    const alpha = resized[i + 3]!;
    for (let c = 0; c < 3; c++) bytes[i + c] = alpha > 0 ? Math.round((255 * resized[i + c]!) / alpha) : 0;
    bytes[i + 3] = Math.round(255 * alpha);
  }
  return { height: size[0], width: size[1], bytes };
}

/** The middle of a picture, in the proportion of a width to a height. */
function middle(rgba: Float32Array<ArrayBuffer>, width: number, height: number, proportion: number) {
  const w = Math.max(1, Math.min(width, Math.round(height * proportion)));
  const h = Math.max(1, Math.min(height, Math.round(width / proportion)));
  if (w === width && h === height) return { rgba, width, height };
  const [top, left] = [(height - h) >> 1, (width - w) >> 1];
  const result = new Float32Array(w * h * 4);
  for (let y = 0; y < h; y++) {
    const start = ((top + y) * width + left) * 4;
    result.set(rgba.subarray(start, start + 4 * w), y * w * 4);
  }
  return { rgba: result, width: w, height: h };
}
