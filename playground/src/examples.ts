/** Data to learn from: drawn by code, or out of files that the person has. They are read here, in the worker, and go nowhere else. */
import type { Dataset } from "ganvas";
import type { DataName, Settings } from "./settings.ts";

/** A file that is no example, and why. */
export interface LeftOut {
  readonly name: string;
  readonly reason: string;
}

export interface Found {
  readonly dataset: Dataset;
  readonly leftOut: readonly LeftOut[];
}

export const POINTS = 10_000;
/** At 64 pixels they are 49 MB, and drawn in two seconds. */
export const FACES = 4_000;

/** Examples as they are drawn, of a seed of their own. @param most of so many at the most @returns undefined for those that come from files */
export async function draw(data: DataName, most = Number.POSITIVE_INFINITY): Promise<Dataset | undefined> {
  const { animeFaces, grid, ring } = await import("ganvas/datasets");
  const [points, faces] = [Math.min(POINTS, most), Math.min(FACES, most)];
  switch (data) {
    case "ring":
      return ring({ count: points, modes: 8, seed: 1 });
    case "grid":
      return grid({ count: points, side: 5, seed: 1 });
    case "faces32":
      return animeFaces({ count: faces, size: 32, seed: 1 });
    case "faces64":
      return animeFaces({ count: faces, size: 64, seed: 1 });
    default:
      return undefined;
  }
}

/** The digits in an IDX file of images, gzipped or not; one of labels beside it is left out. @throws Error that names the file where there is none */
export async function readDigits(files: readonly File[]): Promise<Found> {
  const { mnist, readIdx } = await import("ganvas/datasets");
  const leftOut: LeftOut[] = [];
  for (const file of files) {
    const bytes = new Uint8Array(await file.arrayBuffer());
    try {
      if (readIdx(bytes, { path: file.name }).shape.length === 3) return { dataset: mnist({ images: bytes }), leftOut };
      leftOut.push({ name: file.name, reason: "no images [N, H, W], so perhaps labels" });
    } catch (error) {
      leftOut.push({ name: file.name, reason: (error as Error).message });
    }
  }
  throw new Error(leftOut.map(({ name, reason }) => `${name}: ${reason}`).join("; "));
}

/** Of more than so many pixels a picture is not decoded: it would take a gigabyte. */
const MAX_BYTES = 64 * 2 ** 20;

/** Pictures `[N, size, size, 3]`, decoded by the browser, the middle of each cut to a square. Those that it cannot read are left out. @throws Error that names them all where nothing is left */
export async function readPictures(files: readonly File[], size: number): Promise<Found> {
  const { Dataset } = await import("ganvas");
  const canvas = new OffscreenCanvas(size, size);
  const context = canvas.getContext("2d", { willReadFrequently: true })!;
  context.imageSmoothingQuality = "high";
  const pixels: Uint8Array[] = [];
  const leftOut: LeftOut[] = [];
  for (const file of files) {
    try {
      if (file.size > MAX_BYTES) throw new Error(`larger than ${MAX_BYTES / 2 ** 20} MiB`);
      pixels.push(await decode(file, context, size));
    } catch (error) {
      leftOut.push({ name: file.name, reason: reasonOf(error) });
    }
  }
  if (pixels.length === 0) throw new Error(leftOut.map(({ name, reason }) => `${name}: ${reason}`).join("; "));
  const data = new Uint8Array(pixels.length * size * size * 3);
  for (const [i, one] of pixels.entries()) data.set(one, i * size * size * 3);
  return { dataset: new Dataset({ data, shape: [pixels.length, size, size, 3] }), leftOut };
}

/** What browsers say of a broken file is of no use to people. */
const reasonOf = (error: unknown): string => (error instanceof DOMException ? "not a picture that this browser can read" : (error as Error).message);

async function decode(file: File, context: OffscreenCanvasRenderingContext2D, size: number): Promise<Uint8Array> {
  const bitmap = await createImageBitmap(file);
  const side = Math.min(bitmap.width, bitmap.height);
  // What is transparent is seen on white.
  context.fillStyle = "#fff";
  context.fillRect(0, 0, size, size);
  context.drawImage(bitmap, (bitmap.width - side) / 2, (bitmap.height - side) / 2, side, side, 0, 0, size, size);
  bitmap.close();
  const rgba = context.getImageData(0, 0, size, size).data;
  const rgb = new Uint8Array(size * size * 3);
  for (let i = 0; i < size * size; i++) for (let c = 0; c < 3; c++) rgb[3 * i + c] = rgba[4 * i + c]!;
  return rgb;
}

/** The files that a choice of data wants; null where it wants none. */
export const wantsFiles = ({ data }: Pick<Settings, "data">): "digits" | "pictures" | null =>
  data === "digits" || data === "pictures" ? data : null;
