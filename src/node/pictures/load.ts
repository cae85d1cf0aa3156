import type { Decoder } from "./decoder.ts";
import { plainDecoder } from "./png.ts";
import { loadSharp, sharpDecoder } from "./sharp.ts";

/** By sharp where it is installed, else a decoder that knows PNG alone. */
export async function loadDecoder(): Promise<Decoder> {
  const sharp = await loadSharp();
  return typeof sharp === "string" ? plainDecoder(sharp) : sharpDecoder(sharp);
}
