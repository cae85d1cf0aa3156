/** Pictures as PNG files. */
import { encode } from "fast-png";

/** Pixels of 8 bits a channel: 1 (grey), 3 (RGB) or 4 (RGBA) of them, row by row. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly bytes: Uint8ClampedArray;
}

/** The bytes of a PNG file. */
export function encodePNG({ width, height, channels, bytes }: Picture): Uint8Array<ArrayBuffer> {
  return new Uint8Array(encode({ width, height, channels, data: bytes, depth: 8 }));
}
