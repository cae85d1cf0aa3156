/** How an operand of an elementwise node is read when it is broadcast. */
import { type Shape, sizeOf } from "../../../core/shape.ts";

/** How an operand of shape `from` runs along the flat index of `to`. */
export type Access =
  | { readonly kind: "stream" }
  | { readonly kind: "scalar" }
  /** element = index mod period */
  | { readonly kind: "periodic"; readonly period: number }
  /** element = index div each */
  | { readonly kind: "repeat"; readonly each: number };

/** The access pattern of a broadcast, or null when it is none of the simple ones and has to be written out first. */
export function accessOf(from: Shape, to: Shape): Access | null {
  const size = sizeOf(from);
  if (size === sizeOf(to)) return { kind: "stream" };
  if (size === 1) return { kind: "scalar" };
  const padded = [...new Array<number>(to.length - from.length).fill(1), ...from];
  const stretched = to.map((d, i) => padded[i] !== d);
  const first = padded.findIndex((d) => d !== 1);
  if (!stretched.slice(first).some(Boolean)) return { kind: "periodic", period: size };
  let last = padded.length - 1;
  while (padded[last] === 1) last--;
  if (!stretched.slice(0, last + 1).some(Boolean)) return { kind: "repeat", each: sizeOf(to.slice(last + 1)) };
  return null;
}
