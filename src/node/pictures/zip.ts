import { promisify } from "node:util";
import { constants, createInflateRaw, inflateRaw } from "node:zlib";
import { type Entry, openPromise, type ZipFile } from "yauzl";
import { ArchiveFiles } from "./archive.ts";
import { faultyFile, type PictureFile, type PictureSource } from "./source.ts";

const inflate = promisify(inflateRaw);

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
  return {
    name,
    async ends(head) {
      const checksum = Buffer.alloc(4);
      checksum.writeUInt32LE(entry.crc32);
      return { size, head: await beginningOf(zip, entry, Math.min(head, size)), tail: checksum };
    },
    async read() {
      const raw = await rawOf(zip, entry, entry.compressedSize);
      const content = entry.compressionMethod === 0 ? raw : await inflate(raw, { maxOutputLength: size + 1 });
      if (content.length !== size) throw new Error(`${content.length} bytes in place of ${size}`);
      return content;
    },
  };
}

/** The first bytes of a file, from as many as they can take in the archive. */
async function beginningOf(zip: ZipFile, entry: Entry, length: number): Promise<Buffer> {
  const raw = await rawOf(zip, entry, Math.min(entry.compressedSize, length + DEFLATE_BYTES));
  if (entry.compressionMethod === 0) return raw.subarray(0, length);
  // What is cut off in the middle is no error.
  const inflated = createInflateRaw({ finishFlush: constants.Z_SYNC_FLUSH });
  inflated.end(raw);
  const parts: Buffer[] = [];
  let held = 0;
  for await (const part of inflated as AsyncIterable<Buffer>) {
    parts.push(part);
    held += part.length;
    if (held > length) break;
  }
  if (held > entry.uncompressedSize) throw new Error(`more bytes than the ${entry.uncompressedSize} that it says`);
  return Buffer.concat(parts).subarray(0, length);
}

/** What deflate adds at most to a beginning that it cannot compress, and then some. */
const DEFLATE_BYTES = 2 ** 12;

/** The first bytes of a file as they are in the archive. To its end, always: a stream of yauzl that is left before, or breaks off, takes the process with it where others wait for the same archive. */
async function rawOf(zip: ZipFile, entry: Entry, length: number): Promise<Buffer> {
  if (length === 0) return Buffer.alloc(0);
  const parts: Buffer[] = [];
  const stream = await zip.openReadStreamPromise(entry, { decodeFileData: false, start: 0, end: length });
  for await (const part of stream as AsyncIterable<Buffer>) parts.push(part);
  return Buffer.concat(parts);
}
