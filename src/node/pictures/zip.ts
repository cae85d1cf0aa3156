import type { Readable } from "node:stream";
import { type Entry, openPromise, type ZipFile } from "yauzl";
import { ArchiveFiles } from "./archive.ts";
import { faultyFile, type PictureFile, type PictureSource } from "./source.ts";

/** The pictures of a ZIP file, which is read where they lie in it. @throws Error if it is damaged, or names lead out of it */
export async function openZip(path: string): Promise<PictureSource> {
  const zip = await openPromise(path, { autoClose: false, lazyEntries: true });
  try {
    const files = new ArchiveFiles(path);
    for await (const entry of zip.eachEntry()) {
      if (entry.fileName.endsWith("/")) continue;
      files.add(entry.fileName, (name) => fileOf(zip, entry, name));
    }
    return files.source(async () => zip.close());
  } catch (error) {
    zip.close();
    throw error;
  }
}

function fileOf(zip: ZipFile, entry: Entry, name: string): PictureFile {
  if (!entry.canDecodeFileData())
    return faultyFile(name, entry.isEncrypted() ? "an encrypted file" : "a file compressed by another method than deflate");
  const size = entry.uncompressedSize;
  const open = (): Promise<Readable> => zip.openReadStreamPromise(entry);
  return {
    name,
    async ends(head) {
      const checksum = Buffer.alloc(4);
      checksum.writeUInt32LE(entry.crc32);
      return { size, head: await firstBytes(await open(), Math.min(head, size)), tail: checksum };
    },
    read: async () => firstBytes(await open(), size),
  };
}

/** The first bytes of a stream, which is ended then. */
async function firstBytes(stream: Readable, length: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let held = 0;
  for await (const part of stream) {
    parts.push(part);
    held += part.length;
    if (held > length) break;
  }
  return Buffer.concat(parts).subarray(0, length);
}
