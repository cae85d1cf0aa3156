import { deflateRawSync, gzipSync } from "node:zlib";

/** What a member's header may tell besides, by its flag (RFC 1952, section 2.3.1). */
export const Flag = { text: 1, headerCrc: 2, extra: 4, name: 8, comment: 16 } as const;

/** The CRC32 of these bytes, as Node's zlib computes it. */
function crc32(bytes: Uint8Array): number {
  return gzipSync(bytes).readUInt32LE(gzipSync(bytes).length - 8);
}

/** One member of a gzip file, with what its flags say in its header, each right. */
export function member(content: Uint8Array, flags = 0): Uint8Array {
  const header = [0x1f, 0x8b, 8, flags, 0, 0, 0, 0, 0, 3];
  if (flags & Flag.extra) header.push(3, 0, 7, 8, 9);
  if (flags & Flag.name) header.push(...Buffer.from("digits\0"));
  if (flags & Flag.comment) header.push(...Buffer.from("of a test\0"));
  if (flags & Flag.headerCrc) {
    const crc = crc32(Uint8Array.from(header));
    header.push(crc & 0xff, (crc >> 8) & 0xff);
  }
  return Uint8Array.from([...header, ...deflateRawSync(content), ...gzipSync(content).subarray(-8)]);
}
