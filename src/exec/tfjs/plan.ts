/** Which GPU buffer each intermediate value gets. */
import { type Lifetime, mostLive, spansOf } from "../schedule/lifetimes.ts";
import type { Dispatch, VirtualBuffer } from "./recording.ts";

/** Values that live at different times share a slot: a real buffer of the size of its largest. */
export interface SlotPlan {
  /** Bytes of each slot, largest first. */
  readonly sizes: readonly number[];
  readonly slotOf: ReadonlyMap<VirtualBuffer, number>;
  /** The most bytes that are live at one dispatch. */
  readonly live: number;
}

/**
 * Gives every buffer of `dispatches` that is not `placed` already a slot.
 *
 * A shader may not read and write one GPU buffer, so a slot is a whole buffer and not a part of an arena: the largest value
 * first, each to the slot free at its time (Pisarchyk & Lee 2020, "Efficient memory management for deep neural net
 * inference", greedy by size for shared objects).
 *
 * @param before - written before the first dispatch
 * @param after - read after the last one
 */
export function planSlots(
  dispatches: readonly Dispatch[],
  placed: (buffer: VirtualBuffer) => boolean,
  before: Iterable<VirtualBuffer>,
  after: Iterable<VirtualBuffer>,
): SlotPlan {
  const unplaced = (buffers: Iterable<VirtualBuffer>): VirtualBuffer[] => [...buffers].filter((buffer) => !placed(buffer));
  const touched = dispatches.map(({ bindings }) => unplaced(bindings.flatMap((b) => (b.kind === "uniform" ? [] : [b.buffer]))));
  const spans = Array.from(spansOf(touched, unplaced(before), unplaced(after)), ([buffer, span]) => ({ buffer, bytes: buffer.size, ...span }));

  const slots: { readonly size: number; readonly taken: Lifetime[] }[] = [];
  const slotOf = new Map<VirtualBuffer, number>();
  for (const { buffer, ...lifetime } of [...spans].sort((a, b) => b.bytes - a.bytes)) {
    const free = slots.findIndex(({ taken }) => taken.every((other) => other.last < lifetime.first || other.first > lifetime.last));
    if (free >= 0) slots[free]!.taken.push(lifetime);
    else slots.push({ size: lifetime.bytes, taken: [lifetime] });
    slotOf.set(buffer, free >= 0 ? free : slots.length - 1);
  }
  return { sizes: slots.map((s) => s.size), slotOf, live: mostLive(spans) };
}
