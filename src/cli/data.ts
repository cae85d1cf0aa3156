/** What a command line names to train on, or to hold a model against: a folder or an archive of pictures, files of images, data drawn by code. */
import { createHash } from "node:crypto";
import { open, readFile, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { animeFaceFactors, animeFaces, cifar10, cifar10Classes, grid, mnist, ring } from "../datasets.ts";
import type { Dataset, Shape } from "../index.ts";
import { type ImageFolder, imageFolder } from "../node.ts";
import type { DataArguments } from "./arguments.ts";
import { blame, UsageError } from "./errors.ts";
import { exists } from "./exists.ts";

/** Data that are open. */
export interface OpenData {
  /** An absolute path, or the name of what is drawn. */
  readonly source: string;
  readonly examples: Dataset | ImageFolder;
  readonly count: number;
  /** Of one example. */
  readonly shape: Shape;
  /** What the classes are called, by their numbers; null where none were asked for. */
  readonly classes: readonly string[] | null;
  /** Differs where anything of the data does. */
  readonly fingerprint: string;
  /** Pictures that were left out. */
  readonly skipped: readonly { readonly file: string; readonly reason: string }[];
  /** Examples in memory: all that are there already, or so many of those in files, drawn by the seed. */
  load(most: number, seed: number): Promise<Dataset>;
  close(): Promise<void>;
}

/** How data are to be opened. */
export interface DataRequest extends DataArguments {
  /** Whether classes are wanted. */
  readonly condition: boolean;
  /** What drawn data follow from. */
  readonly seed: number;
  /** How pictures of a folder or an archive become examples where nobody says. */
  readonly usual?: Pick<DataArguments, "fit" | "background">;
  readonly signal?: AbortSignal | undefined;
}

/** Pixels a side that pictures get where nobody says. */
const SIDE = 64;
/** What is drawn to train on. */
const FACES = 8000;
const POINTS = 10_000;

const DRAWN: Readonly<Record<string, (request: DataRequest) => { readonly dataset: Dataset; readonly classes: readonly string[] }>> = {
  faces: ({ size: [width, height] = [SIDE, SIDE], channels, seed }) => {
    if (width !== height) throw new UsageError(`--size: expected one number of pixels, as drawn faces are square, got ${width}x${height}`);
    refuseOther("--channels", channels, 3, "drawn faces are in colour");
    return { dataset: animeFaces({ count: FACES, size: width, seed }), classes: animeFaceFactors.hairColor };
  },
  ring: (request) => drawnPoints(ring({ count: POINTS, seed: request.seed }), 8, request),
  grid: (request) => drawnPoints(grid({ count: POINTS, seed: request.seed }), 25, request),
};

function drawnPoints(dataset: Dataset, modes: number, { size, channels }: DataRequest) {
  if (size) throw new UsageError("--size: expected none, as points have no size");
  if (channels !== undefined) throw new UsageError("--channels: expected none, as points have no channels");
  return { dataset, classes: numerals(modes) };
}

const numerals = (count: number): string[] => Array.from({ length: count }, (_, i) => `${i}`);

/**
 * Opens the data that are named.
 *
 * @param name a path, or what is drawn: faces, ring, grid
 * @throws {UsageError} where there are none, or they cannot be used
 */
export async function openData(name: string, request: DataRequest): Promise<OpenData> {
  if (Object.hasOwn(DRAWN, name)) {
    if (await exists(name)) throw new UsageError(`${name} is there, and is the name of drawn data too: ./${name} is what is there`);
    refuseLabels(request);
    const { dataset, classes } = await blame(name, () => DRAWN[name]!(request));
    const { buffer, byteOffset, byteLength } = dataset.data as Uint8Array | Float32Array;
    return inMemory(name, dataset, classes, fingerprintOf(new Uint8Array(buffer, byteOffset, byteLength)), request);
  }
  const source = resolve(name);
  const expected = `a folder of pictures, a .zip or .tar of one, a file in MNIST's format, a CIFAR-10 batch (.bin), or drawn by code ${Object.keys(DRAWN).join(", ")}`;
  if (!(await exists(source))) throw new UsageError(`${name}: expected ${expected}; got a path at which there is nothing`);
  const found = await blame("", () => stat(source));
  if (!found.isDirectory() && !found.isFile()) throw new UsageError(`${name}: expected ${expected}; got what is no file`); // a device may never end
  if (found.isDirectory() || /\.(zip|tar|tar\.gz|tgz)$/i.test(source)) return openPictures(source, request);
  if (/\.bin$/i.test(source)) return openBatch(source, request);
  if (/(-ubyte|\.idx\d?)(\.gz)?$/i.test(source) || (await beginsAsIdx(source))) return openIdx(source, request);
  throw new UsageError(`${name}: expected ${expected}; got another file`);
}

async function openPictures(source: string, request: DataRequest): Promise<OpenData> {
  refuseLabels(request);
  const { size: [width, height] = [SIDE, SIDE], channels = 3, usual = {}, skipBroken, condition, signal } = request;
  const { fit = usual.fit, background = usual.background } = request;
  const given = Object.fromEntries(Object.entries({ fit, background, skipBroken, signal }).filter(([, value]) => value !== undefined));
  const shape: [number, number, number] = [height, width, channels];
  const folder = await blame("", () => imageFolder(source, { shape, ...given, ...(condition && { labels: "folders" as const }) }));
  const classes = condition ? folder.classes : null;
  if (classes && classes.length < 2) {
    await folder.close();
    throw new UsageError(`--condition: expected pictures in folders, one for each class, got ${classes.length === 0 ? "none" : "one folder"}`);
  }
  return {
    source,
    examples: folder,
    count: folder.shape[0]!,
    shape,
    classes,
    fingerprint: folder.fingerprint,
    get skipped() {
      return folder.skipped;
    },
    load: (most, seed) => blame("", () => folder.load({ count: Math.min(most, folder.shape[0]!), seed })),
    close: () => folder.close(),
  };
}

async function openIdx(source: string, request: DataRequest): Promise<OpenData> {
  const images = await read(source);
  if (request.labels !== undefined && !request.condition)
    throw new UsageError("--labels: expected none where nothing is made of them: --condition learns classes");
  const labelled = request.labels ?? (request.condition ? await neighbouringLabels(source) : undefined);
  const labels = labelled === undefined ? undefined : await read(labelled, request.labels === undefined ? "" : "--labels");
  const dataset = await blame(source, () => mnist({ images, labels }));
  const most = request.condition ? (dataset.labels as Uint8Array).reduce((highest, label) => Math.max(highest, label), 0) : 0;
  return inMemory(source, dataset, numerals(most + 1), fingerprintOf(images, ...(labels ? [labels] : [])), request);
}

async function openBatch(source: string, request: DataRequest): Promise<OpenData> {
  refuseLabels(request);
  const bytes = await read(source);
  return inMemory(source, await blame(source, () => cifar10(bytes)), cifar10Classes, fingerprintOf(bytes), request);
}

/** Examples that are there, of which pictures are as they are. */
function inMemory(source: string, dataset: Dataset, classes: readonly string[], fingerprint: string, request: DataRequest): OpenData {
  const shape = dataset.shape.slice(1);
  const [height, width, channels] = shape;
  if (shape.length === 3) {
    refuseOther("--size", request.size?.join("x"), `${width}x${height}`, "pictures of a file are as they are");
    refuseOther("--channels", request.channels, channels!, "pictures of a file are as they are");
  }
  for (const flag of ["fit", "background", "skipBroken"] as const) {
    if (request[flag] === undefined) continue;
    throw new UsageError(`--${flag === "skipBroken" ? "skip-broken" : flag}: expected none but for a folder or an archive of pictures`);
  }
  return {
    source,
    examples: dataset,
    count: dataset.count,
    shape,
    classes: request.condition ? classes : null,
    fingerprint,
    skipped: [],
    load: async () => dataset,
    close: async () => {},
  };
}

function refuseOther(flag: string, given: string | number | undefined, own: string | number, reason: string): void {
  if (given !== undefined && given !== own) throw new UsageError(`${flag}: expected ${own}, as ${reason}, got ${given}`);
}

function refuseLabels({ labels }: DataRequest): void {
  if (labels !== undefined) throw new UsageError("--labels: expected none but for a file of images in MNIST's format");
}

/** Refuses data of classes that are not those that are `known`, if any are: a class is its number, and goes by its name. @param who knows them */
export function refuseOtherClasses({ source, classes }: OpenData, known: readonly string[] | null, who: "run" | "model"): void {
  if (known && classes?.some((name, i) => name !== known[i]))
    throw new UsageError(`${source}: expected the classes that the ${who} knows, ${known.join(", ")}, got ${classes.join(", ")}`);
}

/** A file's bytes. A device may have no end of them. @param where leads what is said if they cannot be had */
const read = (path: string, where = ""): Promise<Buffer> =>
  blame(where, async () => {
    if (!(await stat(path)).isFile()) throw new UsageError(`${path}: expected a file, got what is none`);
    return readFile(path);
  });

/** The labels that lie beside a file of images, named as MNIST's are. */
async function neighbouringLabels(images: string): Promise<string> {
  const labels = images.replace(/images([-.])idx3/, "labels$1idx1");
  if (labels !== images && (await exists(labels))) return labels;
  throw new UsageError(`--condition: expected the file of labels of ${images}, by --labels, got none`);
}

function fingerprintOf(...files: readonly Uint8Array[]): string {
  const hash = createHash("sha256");
  for (const bytes of files) hash.update(`${bytes.length}\n`).update(bytes);
  return `sha256:${hash.digest("hex")}`;
}

/** Whether a file begins as one in MNIST's format does, or as one that is gzipped. */
async function beginsAsIdx(path: string): Promise<boolean> {
  const file = await blame("", () => open(path));
  try {
    const { buffer } = await file.read(Buffer.alloc(4), 0, 4, 0);
    return buffer.readUInt16BE(0) === 0x1f8b || buffer.readUInt16BE(0) === 0;
  } finally {
    await file.close();
  }
}
