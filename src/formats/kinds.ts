/** Files that are taken for a model by mistake, told by how they begin: text in lower case and without the space before it, other files byte by byte. */
const KINDS: readonly (readonly [beginning: string, kind: string])[] = [
  ["version https://git-lfs.github.com/spec/", "a Git LFS pointer, not the file it stands for"],
  ["<!doctype html", "an HTML page"],
  ["<html", "an HTML page"],
  ["<?xml", "an XML document"],
  ["{", "JSON text"],
  ["[", "JSON text"],
  ["\x1f\x8b", "a gzip file, to be unpacked first"],
  ["PK\x03\x04", "a zip file, as PyTorch writes"],
  ["\x80\x02", "a Python pickle, as PyTorch wrote"],
  ["GGUF", "a GGUF file"],
  ["\x89HDF", "an HDF5 file, as Keras writes"],
  ["\x93NUMPY", "a NumPy array"],
];

/** What a file is that begins like this, in words; null where that is not known. */
export function kindOf(bytes: Uint8Array): string | null {
  const raw = String.fromCharCode(...bytes.subarray(0, 64));
  const text = raw.replace(/^ï»¿/, "").trimStart().toLowerCase(); // without a byte order mark
  return KINDS.find(([beginning]) => raw.startsWith(beginning) || text.startsWith(beginning))?.[1] ?? null;
}
