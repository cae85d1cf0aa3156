/** Gives every buffer of the arena a place, from when the instructions touch it. */
import { type Span, spansOf } from "../../schedule/lifetimes.ts";
import { type Buffer, homeOf, type Instruction } from "../instructions/instruction.ts";
import type { Takeover } from "../lower/group.ts";
import { planArena } from "./arena.ts";

/** A takeover that an instruction, by its number, allows. */
export interface TakeoverAt extends Takeover {
  readonly instruction: number;
}

export interface Places {
  /** Bytes from the start of the arena, for every arena buffer that is its own home. */
  readonly offsets: ReadonlyMap<Buffer, number>;
  /** Size of the arena, and the most of it that is live at once. */
  readonly bytes: number;
  readonly live: number;
}

/**
 * Plans the arena. Sets the `home` of results that take over the place of an operand.
 *
 * @param before buffers filled before the first instruction
 * @param after buffers read after the last one
 */
export function placeBuffers(
  instructions: readonly Instruction[],
  before: readonly Buffer[],
  after: readonly Buffer[],
  takeovers: readonly TakeoverAt[],
): Places {
  const inArena = (buffers: readonly Buffer[]): Buffer[] => buffers.filter((b) => b.space === "arena");
  const touched = instructions.map(({ reads, writes }) => inArena([...reads, ...writes]));
  const spans = spansOf(touched, inArena(before), inArena(after));
  takeOver(takeovers, spans);
  const homes = [...spans.keys()];
  const { offsets, bytes, live } = planArena(homes.map((b) => ({ bytes: b.bytes, ...spans.get(b)! })));
  return { offsets: new Map(homes.map((b, i) => [b, offsets[i]!])), bytes, live };
}

/** Lets a group's result have the place, and the span, of an operand that dies there, if it is written after the last read of it. */
function takeOver(takeovers: readonly TakeoverAt[], spans: Map<Buffer, Span>): void {
  for (const { instruction, result, operands } of takeovers) {
    const own = spans.get(result);
    if (own?.first !== instruction) continue;
    const heir = operands.map(homeOf).find((o) => {
      const span = spans.get(o);
      return span && o.bytes === result.bytes && span.first < instruction && span.last === instruction;
    });
    if (!heir) continue;
    result.home = heir;
    spans.get(heir)!.last = own.last;
    spans.delete(result);
  }
}
