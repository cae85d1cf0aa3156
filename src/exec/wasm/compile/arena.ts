/** Where intermediate values live: lifetimes are known, so one arena is planned before anything runs. */
import { type Lifetime, mostLive } from "../../schedule/lifetimes.ts";

/** Buffers start at multiples of this many bytes: a cache line, so that threads never share one. */
export const ALIGNMENT = 64;

export const align = (bytes: number): number => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;

export interface ArenaPlan {
  /** Byte offset of each lifetime, in the order given. */
  readonly offsets: readonly number[];
  /** Size of the arena. */
  readonly bytes: number;
  /** The most that is live at any one instruction: no plan is smaller. */
  readonly live: number;
}

/**
 * Gives every lifetime an offset such that no two that overlap in time overlap in space: largest first, each into the
 * smallest gap that holds it among the buffers it lives with (the greedy-by-size plan of Pisarchyk & Lee 2020).
 */
export function planArena(lifetimes: readonly Lifetime[]): ArenaPlan {
  const offsets = new Array<number>(lifetimes.length).fill(0);
  const order = lifetimes.map((_, i) => i).sort((a, b) => lifetimes[b]!.bytes - lifetimes[a]!.bytes || a - b);
  const placed: number[] = []; // by offset
  let bytes = 0;
  for (const i of order) {
    const { first, last, bytes: own } = lifetimes[i]!;
    const size = align(own);
    let at = -1;
    let gap = Number.POSITIVE_INFINITY;
    let end = 0;
    for (const j of placed) {
      const other = lifetimes[j]!;
      if (other.last < first || other.first > last) continue;
      const room = offsets[j]! - end;
      if (room >= size && room < gap) {
        at = end;
        gap = room;
      }
      end = Math.max(end, offsets[j]! + align(other.bytes));
    }
    offsets[i] = at < 0 ? end : at;
    bytes = Math.max(bytes, offsets[i]! + size);
    const place = placed.findIndex((j) => offsets[j]! > offsets[i]!);
    placed.splice(place < 0 ? placed.length : place, 0, i);
  }
  return { offsets, bytes, live: mostLive(lifetimes.map((l) => ({ ...l, bytes: align(l.bytes) }))) };
}
