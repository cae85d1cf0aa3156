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
  /** Of digits. */
  readonly digits?: DigitFiles;
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

/** What files of a person's are: digits in MNIST's format, or pictures. */
export type FileKind = "digits" | "pictures";

/** Names of the files that digits were read from. */
export interface DigitFiles {
  readonly images: string;
  /** Null where there are no labels. */
  readonly labels: string | null;
}

/** How far reading has come; ends it by `signal`. */
export interface Reading {
  readonly signal: AbortSignal;
  progress(done: number, total: number): unknown;
}

/** Files that a person gave, read once for each size that is wanted. */
export class OwnFiles {
  readonly kind: FileKind;
  readonly files: readonly File[];
  #read: { readonly size: number; readonly found: Promise<Found> } | undefined;

  constructor(kind: FileKind, files: readonly File[]) {
    [this.kind, this.files] = [kind, files];
  }

  /** @param size of pictures; digits have their own @throws Error that names every file where none can be read */
  examples(size: number, reading?: Reading): Promise<Found> {
    if (this.#read && (this.kind === "digits" || this.#read.size === size)) return this.#read.found;
    const before = this.#read;
    const read = { size, found: this.kind === "digits" ? readDigits(this.files) : readPictures(this.files, size, reading) };
    this.#read = read;
    // What failed, or was broken off, is tried anew when it is asked for again.
    read.found.catch(() => {
      if (this.#read === read) this.#read = before;
    });
    return read.found;
  }
}

interface IdxFile {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly shape: readonly number[];
}

/** As many labels as there are images, of the name that goes with theirs if there are several such files. */
function labelsOf(images: IdxFile, files: readonly IdxFile[]): IdxFile | undefined {
  const as = images.name.replace("images", "labels").replace("idx3", "idx1");
  const fitting = files.filter(({ shape }) => shape.length === 1 && shape[0] === images.shape[0]);
  return fitting.find(({ name }) => name === as) ?? fitting[0];
}

/** The digits of the IDX file with most images, gzipped or not, with the labels beside it if there are any for them. @throws Error that names each file where there are no images */
async function readDigits(files: readonly File[]): Promise<Found> {
  const { mnist, readIdx } = await import("ganvas/datasets");
  const leftOut: LeftOut[] = [];
  const read: IdxFile[] = [];
  for (const file of files) {
    try {
      const bytes = new Uint8Array(await file.arrayBuffer());
      read.push({ name: file.name, bytes, shape: readIdx(bytes, { path: file.name }).shape });
    } catch (error) {
      leftOut.push({ name: file.name, reason: (error as Error).message.replace(`${file.name}: `, "") });
    }
  }
  const [images] = read.filter(({ shape }) => shape.length === 3).sort((a, b) => b.shape[0]! - a.shape[0]!);
  const labels = images && labelsOf(images, read);
  for (const { name, shape } of read.filter((file) => file !== images && file !== labels)) {
    const used = images ? `: ${images.name} is learned from` : "";
    leftOut.push({ name, reason: `an array of ${shape.join(" × ")}${used}` });
  }
  if (!images) throw nothingRead(leftOut);
  return {
    dataset: mnist({ images: images.bytes, ...(labels && { labels: labels.bytes }) }),
    leftOut,
    digits: { images: images.name, labels: labels?.name ?? null },
  };
}

/** Larger files are no photographs that a page could hold many of. */
const MAX_BYTES = 64 * 2 ** 20;

/** Pictures `[N, size, size, 3]`, decoded by the browser, the middle of each cut to a square. Those that it cannot read are left out. @throws Error that names them all where nothing is left */
async function readPictures(files: readonly File[], size: number, reading?: Reading): Promise<Found> {
  const { Dataset } = await import("ganvas");
  const canvas = new OffscreenCanvas(size, size);
  const context = canvas.getContext("2d", { willReadFrequently: true })!;
  context.imageSmoothingQuality = "high";
  const pixels: Uint8Array[] = [];
  const leftOut: LeftOut[] = [];
  for (const [i, file] of files.entries()) {
    reading?.signal.throwIfAborted();
    reading?.progress(i, files.length);
    try {
      if (file.size > MAX_BYTES) throw new Error(`a file of more than ${MAX_BYTES / 2 ** 20} MiB`);
      pixels.push(await decode(file, context, size));
    } catch (error) {
      leftOut.push({ name: file.name, reason: reasonOf(error) });
    }
  }
  if (pixels.length === 0) throw nothingRead(leftOut);
  const data = new Uint8Array(pixels.length * size * size * 3);
  for (const [i, one] of pixels.entries()) data.set(one, i * size * size * 3);
  return { dataset: new Dataset({ data, shape: [pixels.length, size, size, 3] }), leftOut };
}

/** Files that are named at once. */
const MOST_NAMED = 10;

/** The files by name, each with its reason; of many the first. */
export function named(leftOut: readonly LeftOut[]): string {
  const some = leftOut.slice(0, MOST_NAMED).map(({ name, reason }) => `${name} (${reason})`);
  return [...some, ...(leftOut.length > MOST_NAMED ? [`… + ${leftOut.length - MOST_NAMED}`] : [])].join("; ");
}

const nothingRead = (leftOut: readonly LeftOut[]): Error => new Error(named(leftOut));

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
export const wantsFiles = ({ data }: Pick<Settings, "data">): FileKind | null => (data === "digits" || data === "pictures" ? data : null);
