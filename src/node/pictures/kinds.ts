/** Kinds of picture files, told apart by how they begin. */

export type Kind = "JPEG" | "PNG" | "WebP" | "GIF" | "AVIF" | "TIFF";

/** What names of pictures end in. */
const EXTENSION = /\.(jpe?g|jpe|jfif|a?png|webp|gif|avif|tiff?)$/i;

/** Whether a path from a folder is that of a picture: named like one, and not hidden. */
export const isPictureName = (name: string): boolean => EXTENSION.test(name) && !/(^|\/)\./.test(name);

/** As many first bytes tell of what kind a file is. */
const BEGINNING = 64;

/** Patterns of the first bytes, in hexadecimal digits. */
const KINDS: readonly (readonly [Kind, RegExp])[] = [
  ["JPEG", /^ffd8ff/],
  ["PNG", /^89504e470d0a1a0a/],
  ["GIF", /^474946383[79]61/],
  ["WebP", /^52494646.{8}57454250/],
  ["TIFF", /^(49492[ab]00|4d4d002[ab])/],
  // One of the brands of the first box, each of four letters, is avif or avis.
  ["AVIF", /^.{8}66747970(.{8})*?617669(66|73)/],
];

/** Files that are taken for pictures. */
const OTHERS: readonly (readonly [string, RegExp])[] = [
  ["a HEIC file, which is to be converted to JPEG first", /^.{8}66747970/],
  ["a BMP file, which is to be converted to PNG first", /^424d.{8}00000000/],
  ["a PDF file", /^255044462d/],
  ["a ZIP file", /^504b0304/],
  // Printable letters, tabs and ends of lines.
  ["a text file", /^(09|0a|0d|[2-6].|7[0-9a-e])+$/],
];

const beginning = (bytes: Uint8Array): string => Buffer.from(bytes.subarray(0, BEGINNING)).toString("hex");

/** The kind of a picture by its first bytes; null if it is none. */
export function kindOf(bytes: Uint8Array): Kind | null {
  const text = beginning(bytes);
  return KINDS.find(([, pattern]) => pattern.test(text))?.[0] ?? null;
}

/** What a file is that is no picture, for an error. */
export function describeOther(bytes: Uint8Array): string {
  const text = beginning(bytes);
  const known = OTHERS.find(([, pattern]) => pattern.test(text))?.[0];
  return known ?? `a file that begins with the bytes ${text.slice(0, 8).replace(/..\B/g, "$& ")}`;
}
