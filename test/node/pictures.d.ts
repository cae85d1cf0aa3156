import type { Sharp } from "sharp";

/** Every kind of file that pictures are written as, by its name. */
export const KINDS: Readonly<Record<string, readonly [ending: string, make: (picture: Sharp) => Sharp | Promise<Sharp>]>>;

/** The bytes of a file of this kind. */
export function encoded(kind: string, picture: Sharp): Promise<Buffer>;

/** A PNG of lines as they are filtered, which need not be those that the header promises. */
export function rawPNG(
  header: { width: number; height: number; depth?: number; type?: number; interlaced?: boolean },
  lines: readonly number[] | Uint8Array,
  extra?: readonly (readonly [type: string, content: Buffer])[],
): Buffer;

/** Names of files that are broken, by where that shows. */
export const BROKEN: { readonly headers: readonly string[]; readonly bodies: readonly string[] };

/** Writes a folder of pictures of every kind, and of broken files. Paths are from the folder, in order. */
export function makePictures(
  folder: string,
  options?: { count?: number; seed?: number; size?: number; whole?: boolean },
): Promise<{ files: string[]; headers: string[]; bodies: string[] }>;
