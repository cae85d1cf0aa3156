import { Z_NO_FLUSH, Z_STREAM_END, ZStream, zlibInflate, zlibInflateInit2, zlibInflateReset } from "pako";
import { DataError } from "../core/errors.ts";
import { allocateBytes } from "../core/memory.ts";

/** zlib's name for a window of 2^15 bytes in members of gzip, and nothing else. */
const GZIP_WINDOW = 15 + 16;

export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/**
 * The first `limit` bytes of what a gzip file holds (RFC 1952), of all its members one after another, and the length of the whole; once beyond `limit`, the rest is left
 * unread. The checksums and lengths of the members read are checked; zeros may follow the last one.
 *
 * @param path the name of the file in errors
 * @throws {@link DataError} when the file is damaged, cut, or goes on with something else than a member
 */
export function gunzip(zipped: Uint8Array, limit: number, path: string): { content: Uint8Array; length: number } {
  const stream = new ZStream();
  stream.input = zipped;
  stream.avail_in = zipped.length;
  // One byte more shows whether there is more.
  stream.output = allocateBytes(limit + 1, path);
  stream.avail_out = limit + 1;
  zlibInflateInit2(stream, GZIP_WINDOW);
  do {
    const status = zlibInflate(stream, Z_NO_FLUSH);
    if (stream.next_out > limit) break;
    if (status !== Z_STREAM_END) {
      throw new DataError({ path, expected: "a sound gzip file", got: `a damaged one: ${stream.msg || "it ends too soon"}` });
    }
    zlibInflateReset(stream);
  } while (!isPadding(zipped, stream.next_in));
  return { content: stream.output.subarray(0, Math.min(stream.next_out, limit)), length: stream.next_out };
}

/** Whether nothing follows from `start` on, or zeros only: what tapes and disks fill their blocks with. */
function isPadding(bytes: Uint8Array, start: number): boolean {
  for (let i = start; i < bytes.length; i++) if (bytes[i] !== 0) return false;
  return true;
}
