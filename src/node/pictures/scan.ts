/** A look at every file before any is needed. */
import { createHash } from "node:crypto";
import pLimit from "p-limit";
import { DataError } from "../../core/errors.ts";
import type { AbortSignalLike } from "../../core/platform.ts";
import type { Decoder } from "./decoder.ts";
import { describeOther, type Kind, kindOf } from "./kinds.ts";
import { dataError, faultOf, isShortage, type PictureFile } from "./source.ts";

/** What is read of each file: enough for most headers, and for what tells two pictures apart. */
const HEAD = 2 ** 16;
const TAIL = 2 ** 12;
/** Files that are open at once. */
const AT_ONCE = 16;
/** Bytes of a pixel that is not compressed at all: four channels of 16 bits. */
const MOST_BYTES_A_PIXEL = 8;

/** A file with a picture in it, as far as its header tells. */
export interface Picture {
  readonly file: PictureFile;
  readonly kind: Kind;
}

export interface Fault {
  readonly file: PictureFile;
  readonly expected: string;
  readonly got: string;
}

export interface Scan {
  /** In the order of the files. */
  readonly pictures: readonly Picture[];
  readonly faults: readonly Fault[];
  /** SHA-256 over names, sizes and ends of all files, broken ones too. */
  readonly fingerprint: string;
}

/** What a look at a file found, and what tells it from others. */
interface Look {
  readonly found: Picture | Fault;
  readonly print: readonly (string | number)[];
}

export interface ScanOptions {
  readonly decoder: Decoder;
  readonly maxPixels: number;
  /** A file's path, for errors. */
  pathOf(file: PictureFile): string;
  readonly signal?: AbortSignalLike | undefined;
}

/** The headers of all files. @throws DataError for a picture that takes a decoder that is not there; the signal's reason */
export async function scan(files: readonly PictureFile[], options: ScanOptions): Promise<Scan> {
  const { signal } = options;
  // What goes wrong is thrown when all have come to an end, the first of the folder before others.
  const looks = await pLimit(AT_ONCE).map(files, (file) => (signal?.aborted ? null : lookAt(file, options).catch((error: unknown) => ({ error }))));
  if (signal?.aborted) throw signal.reason;
  const pictures: Picture[] = [];
  const faults: Fault[] = [];
  const hash = createHash("sha256");
  for (const look of looks) {
    if (look === null) continue;
    if ("error" in look) throw look.error;
    if ("kind" in look.found) pictures.push(look.found);
    else faults.push(look.found);
    hash.update(`${JSON.stringify(look.print)}\n`);
  }
  return { pictures, faults, fingerprint: hash.digest("hex") };
}

async function lookAt(file: PictureFile, options: ScanOptions): Promise<Look> {
  const { decoder, maxPixels, pathOf } = options;
  let print: readonly (string | number)[] = [file.name];
  const fault = (got: string, expected = "a picture"): Look => ({ found: { file, expected, got }, print });
  if (file.fault) return fault(file.fault);
  try {
    const { size, head, tail } = await file.ends(HEAD, TAIL);
    print = [file.name, size, createHash("sha256").update(head).update(tail).digest("hex")];
    if (size === 0) return fault("an empty file");
    const kind = kindOf(head);
    if (!kind) return fault(describeOther(head));
    const missing = decoder.missing(kind);
    if (missing) throw dataError(pathOf(file), "a PNG file", `${kind === "AVIF" ? "an" : "a"} ${kind} file; ${missing}`);
    const most = MOST_BYTES_A_PIXEL * maxPixels;
    if (size > most) return fault(`${size}`, `at most ${most} bytes`);
    const { width, height } = await decoder.measure(kind, head, () => file.read());
    return width * height > maxPixels ? fault(`${width} x ${height}`, `at most ${maxPixels} pixels`) : { found: { file, kind }, print };
  } catch (error) {
    if (isShortage(error) || error instanceof DataError) throw error;
    return fault(faultOf(error));
  }
}
