/** Where pictures lie: a folder or an archive. */
import type { FileHandle } from "node:fs/promises";
import { DataError } from "../../core/errors.ts";

/** A file that is named like a picture. */
export interface PictureFile {
  /** Its path from the folder, with slashes. */
  readonly name: string;
  /** Why there is no picture in it, where that is known already. */
  readonly fault?: string;
  /** Its size, its first `head` bytes, and bytes that tell of a change behind them: its last `tail` bytes, or a checksum. */
  ends(head: number, tail: number): Promise<Ends>;
  /** All of it. */
  read(): Promise<Uint8Array>;
}

export interface Ends {
  /** In bytes, of the whole file. */
  readonly size: number;
  readonly head: Uint8Array;
  readonly tail: Uint8Array;
}

export interface PictureSource {
  /** In the order of their names' code units. */
  readonly files: readonly PictureFile[];
  /** The name of some file that is not named like a picture; null where there is none. */
  readonly other: string | null;
  /** Gives back what is held open. */
  close(): Promise<void>;
}

export const byName = (a: PictureFile, b: PictureFile): number => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);

/** A file that cannot be read. */
export const faultyFile = (name: string, fault: string): PictureFile => {
  const refuse = () => Promise.reject(new Error(fault));
  return { name, fault, ends: refuse, read: refuse };
};

/** Bytes of a file from a position on: fewer than `length` where it ends. */
export async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(buffer, filled, length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}

/** The ends of a file of `size` bytes within another, from byte `start` on. */
export async function endsAt(file: FileHandle, start: number, size: number, head: number, tail: number): Promise<Ends> {
  const [first, last] = [Math.min(head, size), Math.min(tail, size)];
  return { size, head: await readAt(file, start, first), tail: await readAt(file, start + size - last, last) };
}

const SAID: Readonly<Record<string, string>> = {
  ENOENT: "nothing there",
  EACCES: "no permission to read it",
  EPERM: "no permission to read it",
  ELOOP: "a link that leads to itself",
  ENOTDIR: "a path through a file that is no folder",
  EMFILE: "too many open files",
  ENFILE: "too many open files",
  ENOSPC: "no room on the disk",
};

/** What went wrong, in a line. */
export function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  const line = String(message ?? error)
    .replace(/\s+/g, " ")
    .trim();
  return (code && SAID[code]) || (line.length > 200 ? `${line.slice(0, 197)}...` : line);
}

/** What a file is that could not be read, or not as a picture. */
export const faultOf = (error: unknown, what = "file"): string =>
  (error as NodeJS.ErrnoException).syscall ? reasonOf(error) : `a broken ${what}: ${reasonOf(error)}`;

/** Whether it is the machine that is short of something, and not the file that is broken. */
export const isShortage = (error: unknown): boolean => ["EMFILE", "ENFILE", "ENOMEM"].includes((error as NodeJS.ErrnoException).code ?? "");

export const dataError = (path: string, expected: string, got: string, cause?: unknown): DataError =>
  new DataError({ path, expected, got }, cause === undefined ? undefined : { cause });
