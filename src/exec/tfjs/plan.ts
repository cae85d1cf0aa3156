/** Which GPU buffer each intermediate value gets. */
import type { Dispatch, VirtualBuffer } from "./recording.ts";

/** Values that live at different times share a slot: a real buffer of the size of its largest. */
export interface SlotPlan {
  /** Bytes of each slot, largest first. */
  readonly sizes: readonly number[];
  readonly slotOf: ReadonlyMap<VirtualBuffer, number>;
  /** The most bytes that are live at one dispatch. */
  readonly live: number;
}

interface Span {
  readonly buffer: VirtualBuffer;
  first: number;
  last: number;
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
  const spans = new Map<VirtualBuffer, Span>();
  const touch = (buffer: VirtualBuffer, time: number) => {
    if (placed(buffer)) return;
    const span = spans.get(buffer);
    if (span) span.last = time;
    else spans.set(buffer, { buffer, first: time, last: time });
  };
  for (const buffer of before) touch(buffer, -1);
  dispatches.forEach(({ bindings }, time) => {
    for (const binding of bindings) if (binding.kind !== "uniform") touch(binding.buffer, time);
  });
  for (const buffer of after) touch(buffer, dispatches.length);

  const slots: { readonly size: number; readonly spans: Span[] }[] = [];
  const slotOf = new Map<VirtualBuffer, number>();
  for (const span of [...spans.values()].sort((a, b) => b.buffer.size - a.buffer.size)) {
    const free = slots.findIndex((slot) => slot.spans.every((s) => s.last < span.first || s.first > span.last));
    if (free >= 0) slots[free]!.spans.push(span);
    else slots.push({ size: span.buffer.size, spans: [span] });
    slotOf.set(span.buffer, free >= 0 ? free : slots.length - 1);
  }
  return { sizes: slots.map((s) => s.size), slotOf, live: peak([...spans.values()], dispatches.length) };
}

function peak(spans: readonly Span[], end: number): number {
  const change = new Float64Array(end + 3); // at time + 1
  for (const { buffer, first, last } of spans) {
    change[first + 1]! += buffer.size;
    change[last + 2]! -= buffer.size;
  }
  let [live, most] = [0, 0];
  for (const c of change) {
    live += c;
    most = Math.max(most, live);
  }
  return most;
}
