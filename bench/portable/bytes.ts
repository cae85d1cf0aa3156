/** Numbers by name as bytes: the length of a JSON list, the list, the numbers. For pages and workers that are spoken to over HTTP. */
import type { Floats } from "../contender.ts";

const KINDS = { float32: Float32Array, float64: Float64Array } as const;

interface Item {
  readonly name: string;
  readonly kind: keyof typeof KINDS;
  readonly length: number;
}

export function encodeFloats(values: ReadonlyMap<string, Floats>): Uint8Array<ArrayBuffer> {
  const list = Array.from(
    values,
    ([name, data]): Item => ({ name, kind: data instanceof Float64Array ? "float64" : "float32", length: data.length }),
  );
  const head = new TextEncoder().encode(JSON.stringify(list));
  const size = [...values.values()].reduce((sum, { byteLength }) => sum + byteLength, 4 + head.length);
  const bytes = new Uint8Array(size);
  new DataView(bytes.buffer).setUint32(0, head.length, true);
  bytes.set(head, 4);
  let offset = 4 + head.length;
  for (const { buffer, byteOffset, byteLength } of values.values()) {
    bytes.set(new Uint8Array(buffer, byteOffset, byteLength), offset);
    offset += byteLength;
  }
  return bytes;
}

export function decodeFloats(bytes: Uint8Array<ArrayBuffer>): Map<string, Floats> {
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  const list: Item[] = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
  let offset = 4 + length;
  return new Map(
    list.map(({ name, kind, length }) => {
      const numbers = KINDS[kind];
      const end = offset + length * numbers.BYTES_PER_ELEMENT;
      const values = new numbers(bytes.slice(offset, end).buffer);
      offset = end;
      return [name, values];
    }),
  );
}
