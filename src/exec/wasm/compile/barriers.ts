/** Where threads must wait for each other: not after every instruction, only where the next one needs what others have yet to do. */
import { ELEMENTWISE_BLOCK, ElementwiseWord } from "../../../../assembly/format/elementwise.ts";
import { Opcode } from "../../../../assembly/format/opcodes.ts";
import { RangedWord } from "../../../../assembly/format/ranged.ts";
import { type Buffer, homeOf, type Instruction } from "../instructions/instruction.ts";
import { isShared } from "../instructions/ranged.ts";

/**
 * For each instruction, whether all threads must have finished it, and those before it, before any goes on.
 *
 * @param offsets the arena's plan: bytes from its start, for every arena buffer that is its own home
 */
export function planBarriers(instructions: readonly Instruction[], offsets: ReadonlyMap<Buffer, number>): boolean[] {
  const barriers = new Array<boolean>(instructions.length).fill(false);
  let since: Instruction[] = []; // the last barrier
  instructions.forEach((instruction, i) => {
    if (since.some((earlier) => conflict(earlier, instruction, offsets))) {
      barriers[i - 1] = true;
      since = [];
    }
    since.push(instruction);
  });
  if (instructions.length > 0) barriers[instructions.length - 1] = true;
  return barriers;
}

/** Whether two instructions may not be under way at once. Those too small to share out are always done by the same thread, one after the other. */
function conflict(a: Instruction, b: Instruction, offsets: ReadonlyMap<Buffer, number>): boolean {
  if (isOneShare(a) && isOneShare(b)) return false;
  const own = a.partition === b.partition ? (a.partition?.buffers ?? []) : [];
  const meet = (xs: readonly Buffer[], ys: readonly Buffer[]): boolean =>
    xs.some((x) => ys.some((y) => !(x === y && own.includes(x)) && overlap(homeOf(x), homeOf(y), offsets)));
  return meet(a.writes, b.reads) || meet(a.writes, b.writes) || meet(a.reads, b.writes);
}

/** Whether the kernels give all of an instruction to one thread (see `share` in assembly/simd.ts). */
function isOneShare({ opcode, words }: Instruction): boolean {
  if (isShared(opcode)) return false;
  if (opcode === Opcode.Elementwise) return (words[ElementwiseWord.Size] as number) <= ELEMENTWISE_BLOCK;
  return (words[RangedWord.Units] as number) <= (words[RangedWord.Grain] as number);
}

function overlap(a: Buffer, b: Buffer, offsets: ReadonlyMap<Buffer, number>): boolean {
  if (a === b) return true;
  const [x, y] = [offsets.get(a), offsets.get(b)];
  return x !== undefined && y !== undefined && x < y + b.bytes && y < x + a.bytes;
}
