import { createReadStream, rmSync } from "node:fs";
import { type FileHandle, mkdtemp, open, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { Header, Pax } from "tar";
import type { AbortSignalLike } from "../../core/platform.ts";
import { ArchiveFiles } from "./archive.ts";
import { dataError, endsAt, faultyFile, type PictureFile, type PictureSource, readAt, reasonOf } from "./source.ts";

const BLOCK = 512;
/** The most bytes of a header's extension: names and the like. */
const MOST_EXTENSION = 2 ** 20;

/** Pictures are compressed already: a tar of them grows by what surrounds small ones. */
const MOST_INFLATION = 64;
const ALWAYS_ALLOWED = 2 ** 26;

/** Whether these are the first bytes of a tar. */
export function isTarHeader(head: Buffer): boolean {
  try {
    const { cksumValid, nullBlock } = new Header(head);
    return cksumValid || nullBlock;
  } catch {
    return false; // it is too short, or has numbers that are none
  }
}

/** The pictures of a tar, which is read where they lie in it. @throws DataError if it is damaged, or names lead out of it */
export async function openTar(path: string): Promise<PictureSource> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    return await indexTar(path, file, size, () => file.close());
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** The pictures of a gzipped tar, which is unpacked, as a tar, into a temporary file. @throws DataError likewise, or if there is no room for that file */
export async function openTarGzip(path: string, signal: AbortSignalLike | undefined): Promise<PictureSource> {
  const unpacked = await openTemporary();
  try {
    const { size } = await stat(path);
    const most = Math.max(ALWAYS_ALLOWED, MOST_INFLATION * size);
    let length = 0;
    await pipeline(createReadStream(path), createGunzip({ chunkSize: 2 ** 18 }), async (parts: AsyncIterable<Buffer>) => {
      for await (const part of parts) {
        if (signal?.aborted) throw signal.reason;
        length += part.length;
        if (length > most) throw dataError(path, `at most ${most} bytes in a gzipped tar of ${size}`, "more");
        await unpacked.file.writeFile(part);
      }
    });
    return await indexTar(path, unpacked.file, length, unpacked.close);
  } catch (error) {
    await unpacked.close();
    if (signal?.aborted) throw signal.reason;
    throw (error as NodeJS.ErrnoException).code === "ENOSPC" ? dataError(path, `room to unpack it in ${tmpdir()}`, reasonOf(error), error) : error;
  }
}

/** A file without a name, which is gone when it is closed, or when the process ends. */
async function openTemporary(): Promise<{ file: FileHandle; close(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), "ganvas-unpacked-"));
  const file = await open(join(folder, "unpacked.tar"), "wx+", 0o600);
  const options = { recursive: true, force: true };
  const atExit = () => rmSync(folder, options);
  // Windows keeps what is open.
  await rm(folder, options).catch(() => process.once("exit", atExit));
  const close = async () => {
    process.off("exit", atExit);
    await file.close();
    await rm(folder, options);
  };
  return { file, close };
}

async function indexTar(path: string, file: FileHandle, size: number, close: () => Promise<void>): Promise<PictureSource> {
  const files = new ArchiveFiles(path);
  const damaged = (got: string) => dataError(path, "a sound tar", got);
  /** What headers of their own say of the next file, and of all that follow. */
  let next: Pax | undefined;
  let all: Pax | undefined;
  for (let position = 0; position < size; ) {
    const block = await readAt(file, position, BLOCK);
    if (block.length < BLOCK) throw damaged(position === 0 ? "something else" : "one that ends within a header");
    const header = new Header(block, 0, next, all);
    if (header.nullBlock) break;
    if (!header.cksumValid) throw damaged(position === 0 ? "something else" : `a damaged header at byte ${position}`);
    const [start, length] = [position + BLOCK, header.size ?? 0];
    position = start + BLOCK * Math.ceil(length / BLOCK);
    if (start + length > size) throw damaged("one that ends too soon");
    // Header joins the prefix of its own to a path from elsewhere.
    const name = next?.path ?? header.path ?? "";
    const extension = async () => {
      if (length > MOST_EXTENSION) throw damaged(`a header of ${length} bytes`);
      return (await readAt(file, start, length)).toString();
    };
    switch (header.type) {
      case "GlobalExtendedHeader":
        all = Pax.parse(await extension(), all, true);
        continue;
      case "ExtendedHeader":
      case "OldExtendedHeader":
        next = Pax.parse(await extension(), next, false);
        continue;
      case "NextFileHasLongPath":
      case "OldGnuLongPath":
        next = new Pax({ ...next, path: (await extension()).split("\0", 1)[0]! });
        continue;
      case "NextFileHasLongLinkpath":
        continue;
      case "File":
      case "OldFile":
      case "ContiguousFile":
        files.add(name, (name) => fileAt(file, name, start, length));
        break;
      case "Link":
      case "SymbolicLink":
        files.add(name, (name) => faultyFile(name, "a link, which is not followed in an archive"));
        break;
    }
    next = undefined;
  }
  return files.source(close);
}

function fileAt(file: FileHandle, name: string, start: number, size: number): PictureFile {
  return { name, ends: (head, tail) => endsAt(file, start, size, head, tail), read: () => readAt(file, start, size) };
}
