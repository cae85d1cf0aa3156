/** SHA-256 of what a model computed, on any runtime. */
import { decodeSafetensors } from "../../src/formats/safetensors.ts";

/** Of float32 arrays, one after the other, in hexadecimal. */
export async function hashOf(...parts: readonly Float32Array[]): Promise<string> {
  const bytes = await new Blob(parts as Float32Array<ArrayBuffer>[]).arrayBuffer();
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Of every tensor of a checkpoint in order: weights, statistics, optimizer slots and averages. */
export function hashOfTensors(checkpoint: Uint8Array): Promise<string> {
  return hashOf(...Array.from(decodeSafetensors(checkpoint).tensors.values(), ({ data }) => data as Float32Array));
}
