/** Pictures in files as data to train on. */
import { join } from "node:path";
import { SIGNAL } from "../core/abort.ts";
import { boolean, checkOptions, type Fields, integer, oneOf, optional, that } from "../core/check.ts";
import { show } from "../core/errors.ts";
import type { AbortSignalLike, Bytes } from "../core/platform.ts";
import { permutation, Stream } from "../core/random.ts";
import type { Shape } from "../core/shape.ts";
import { Dataset } from "../data/dataset.ts";
import type { LazyDataset } from "../data/lazy.ts";
import type { Decoder } from "./pictures/decoder.ts";
import { loadDecoder } from "./pictures/load.ts";
import { openPictures } from "./pictures/open.ts";
import { PictureReader } from "./pictures/reader.ts";
import { type Picture, scan } from "./pictures/scan.ts";
import { dataError, type PictureFile, type PictureSource } from "./pictures/source.ts";

/** How files become examples. */
export interface ImageFolderOptions {
  /** What every picture becomes: `[height, width, channels]`, 1 to 4,096 pixels a side, of 1 channel (grey), 3 (RGB) or 4 (RGBA). */
  readonly shape: Shape;
  /** How a picture of other proportions does: `"cover"` cuts what is beyond, equally at both sides; `"contain"` leaves margins; `"stretch"` distorts. Default `"cover"`. */
  readonly fit?: "cover" | "contain" | "stretch" | undefined;
  /** What is behind transparent pixels and in margins, `"#rrggbb"`; with 4 channels what is transparent stays so, and margins are. Default `"#ffffff"`. */
  readonly background?: string | undefined;
  /** `"folders"`: the class of a picture is the first folder on the way to it, their names in order. Default: no labels. */
  readonly labels?: "folders" | undefined;
  /** Whether files that are named like pictures and are none are left out, and listed in `skipped`. Default false: the first one is an error. */
  readonly skipBroken?: boolean | undefined;
  /** The most bytes of pictures, in their final size, that are kept rather than decoded again; those asked for longest ago go. Default 256 MiB. */
  readonly cacheBytes?: number | undefined;
  /** The most pixels of a file, by its header: one with more is broken. Default 100 million. */
  readonly maxPixels?: number | undefined;
  /** Ends the opening, by its reason. */
  readonly signal?: AbortSignalLike | undefined;
}

/** A file that was left out. */
export interface SkippedFile {
  /** Its path from the folder. */
  readonly file: string;
  /** What it is in place of a picture. */
  readonly reason: string;
}

/** Pictures in files, read when they are needed: what `train` takes. */
export interface ImageFolder extends LazyDataset, AsyncDisposable {
  /** `[N, height, width, channels]`. */
  readonly shape: Shape;
  /** The class of each picture, an index into `classes`; null without `labels: "folders"`. */
  readonly labels: Uint8Array | Float32Array | null;
  /** The names of the classes, in the order of their code units; empty without `labels: "folders"`. */
  readonly classes: readonly string[];
  /** The path of each picture from the folder, with slashes, in the order of their code units, so that example i is the same on every platform. */
  readonly files: readonly string[];
  /** What was left out by `skipBroken`, first what was found at the opening. It grows when a file turns out broken behind its header. */
  readonly skipped: readonly SkippedFile[];
  /** SHA-256 over names, sizes, beginnings and ends of all files that are named like pictures, in hexadecimal digits: another one when one of them is changed, added or lost, and the same for a copy of the folder, whatever the options. Of a ZIP file checksums count in place of ends. */
  readonly fingerprint: string;

  /**
   * Gives pictures as bytes, `[n, height, width, channels]`. Those that are not kept are decoded at once, each only once however often it is asked for meanwhile.
   *
   * @param indices integers from 0 to N - 1; any may come more than once
   * @throws {@link DataError} if there is no such picture, or its file is broken: with `skipBroken` the next one (of its class, with labels) is given in its place
   * @throws {@link StateError} once it is closed
   */
  read(indices: ArrayLike<number>): Promise<Bytes>;

  /**
   * Reads pictures into memory.
   *
   * @param options how many, 1 to N (default: all), drawn by `seed`, 0 to 2^53 - 1 (default 0); those drawn are in the order of their files
   * @throws {@link DataError} if a file is broken and cannot be skipped, or there is no memory for so many
   * @throws {@link SpecError} for options that cannot be
   * @throws {@link StateError} once it is closed
   */
  load(options?: { readonly count?: number; readonly seed?: number }): Promise<Dataset>;

  /** Waits for what is being read, and gives everything back. Nothing can be read afterwards. */
  close(): Promise<void>;
}

type Optional = "labels" | "signal";
type Settings = { readonly [O in Exclude<keyof ImageFolderOptions, Optional>]-?: Exclude<ImageFolderOptions[O], undefined> } & Pick<
  ImageFolderOptions,
  Optional
>;

const SIDE = integer(1, 4096);
const FIELDS: Fields<Settings> = {
  shape: that<Shape>("[height, width, channels]: 1 to 4096 pixels a side, and 1, 3 or 4 channels", (v) => {
    const isSide = (n: unknown) => SIDE(n, "", []) !== undefined;
    return Array.isArray(v) && v.length === 3 && isSide(v[0]) && isSide(v[1]) && [1, 3, 4].includes(v[2]);
  }),
  fit: optional(oneOf("cover", "contain", "stretch"), "cover"),
  background: optional(
    that<string>('a colour, "#rrggbb"', (v) => typeof v === "string" && /^#[0-9a-f]{6}$/i.test(v)),
    "#ffffff",
  ),
  labels: optional<"folders" | undefined>(oneOf("folders"), undefined),
  skipBroken: optional(boolean, false),
  cacheBytes: optional(integer(0, Number.MAX_SAFE_INTEGER), 2 ** 28),
  maxPixels: optional(integer(1, 2 ** 40), 1e8),
  signal: SIGNAL,
};

/**
 * Opens a folder of pictures to train on: JPEG, PNG, WebP, GIF (its first frame), AVIF and TIFF, in it and in folders within, or in a `.zip`, `.tar` or `.tar.gz`. Files are told by what is in them; those that are not named like
 * pictures, and hidden ones, are passed over. Only headers are looked at now: pictures are decoded when they are read, and as many kept as `cacheBytes` allows.
 *
 * Pictures are turned as their EXIF says, and their colours are sRGB. That is done by [sharp](https://sharp.pixelplumbing.com), which is to be installed beside this package; without it PNG alone is read, by its numbers.
 *
 * @param path of the folder or the archive
 * @param options what every picture is to become
 * @throws {@link DataError} if there is no such folder, no picture in it, or a file that is broken: its path is in the error
 * @throws {@link SpecError} for options that cannot be
 *
 * @example
 * const faces = await imageFolder("faces", { shape: [32, 32, 3], skipBroken: true });
 * const gan = await createGAN({ shape: [32, 32, 3] });
 * await gan.train(faces, { steps: 5 });
 * await faces.close();
 */
export const imageFolder = (path: string, options: ImageFolderOptions): Promise<ImageFolder> => openImageFolder(path, options, loadDecoder);

/** The same by a decoder of one's own. */
export async function openImageFolder(path: string, options: ImageFolderOptions, loadDecoder: () => Promise<Decoder>): Promise<ImageFolder> {
  if (typeof path !== "string" || path === "") throw dataError("path", "the path of a folder or an archive of pictures", show(path));
  const settings = checkOptions(FIELDS, options);
  const decoder = await loadDecoder();
  const source = await openPictures(path, settings.signal);
  try {
    return await makeFolder(path, source, decoder, settings);
  } catch (error) {
    await source.close();
    throw error;
  }
}

async function makeFolder(path: string, source: PictureSource, decoder: Decoder, settings: Settings): Promise<ImageFolder> {
  const { shape, fit, background, skipBroken, cacheBytes, maxPixels, signal } = settings;
  const pathOf = (file: PictureFile) => join(path, file.name);
  if (source.files.length === 0) {
    const got = source.other === null ? "nothing" : `none, but other files, such as ${source.other}`;
    throw dataError(path, "a folder or an archive with pictures: .jpg, .png, .webp, .gif, .avif or .tiff", got);
  }
  const { pictures, faults, fingerprint } = await scan(source.files, { decoder, maxPixels, pathOf, signal });
  const [first] = faults;
  if (first && !skipBroken) {
    const others = faults.length > 1 ? `; of ${source.files.length} files ${faults.length - 1} more are broken` : "";
    throw dataError(pathOf(first.file), `${first.expected} (skipBroken: true leaves out what is none)`, `${first.got}${others}`);
  }
  if (first && pictures.length === 0)
    throw dataError(path, "at least one picture", `${faults.length} broken files, the first of them ${first.file.name}: ${first.got}`);
  const { classes, labels } = settings.labels === "folders" ? classesOf(pictures, pathOf) : { classes: [], labels: null };
  const skipped: SkippedFile[] = faults.map(({ file, expected, got }) => ({ file: file.name, reason: `expected ${expected}, got ${got}` }));
  const reader = new PictureReader(pictures, {
    decoder,
    target: { shape: [...shape], fit, background: coloursOf(background), maxPixels },
    classOf: labels,
    cacheBytes,
    skipBroken,
    pathOf: ({ file }) => pathOf(file),
    onBroken: ({ file }, reason) => skipped.push({ file: file.name, reason: `expected a picture, got ${reason}` }),
  });
  const close = once(async () => {
    await reader.close();
    await source.close();
  });
  const files = Object.freeze(pictures.map(({ file }) => file.name));
  const all = Object.freeze([files.length, ...shape]);
  return {
    ...{ shape: all, labels, classes, files, skipped, fingerprint },
    read: (indices) => reader.read(indices),
    load: async (options = {}) => {
      const { count, seed } = checkOptions(loadFields(files.length), options);
      const indices = permutation(files.length, seed, Stream.data, 0).subarray(0, count).sort();
      const data = await reader.read(indices);
      return new Dataset({ data, shape: [count, ...shape], labels: labels && labelsAt(labels, indices) });
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

const loadFields = (count: number): Fields<{ count: number; seed: number }> => ({
  count: optional(integer(1, count), count),
  seed: optional(integer(0, Number.MAX_SAFE_INTEGER), 0),
});

/** @throws DataError for a picture that lies in no folder */
function classesOf(pictures: readonly Picture[], pathOf: (file: PictureFile) => string) {
  const names = pictures.map(({ file }) => {
    const slash = file.name.indexOf("/");
    if (slash < 0) throw dataError(pathOf(file), 'a picture in a folder that names its class (labels: "folders")', "one beside the folders");
    return file.name.slice(0, slash);
  });
  const classes = Object.freeze([...new Set(names)].sort());
  const numbers = new Map(classes.map((name, i) => [name, i]));
  const numberOf = (_: unknown, i: number) => numbers.get(names[i]!)!;
  const length = { length: names.length };
  return { classes, labels: classes.length <= 256 ? Uint8Array.from(length, numberOf) : Float32Array.from(length, numberOf) };
}

function labelsAt(labels: Uint8Array | Float32Array, indices: Uint32Array): Uint8Array | Float32Array {
  const result = labels instanceof Uint8Array ? new Uint8Array(indices.length) : new Float32Array(indices.length);
  return result.map((_, i) => labels[indices[i]!]!);
}

function coloursOf(colour: string): [number, number, number] {
  const number = Number.parseInt(colour.slice(1), 16);
  return [number >> 16, (number >> 8) & 255, number & 255];
}

/** The same promise however often it is asked for. */
function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => (done ??= work());
}
