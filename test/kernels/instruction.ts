/** Runs an instruction as the compiler builds it, with no more memory than it asks for. */
import { expect } from "vitest";
import type { Instruction, Buffer as Operand, Word } from "../../src/exec/wasm/instructions/instruction.ts";
import type { Buffer, Harness } from "./harness.ts";

/** An operand or result of `length` floats, to be given a place. */
export const operand = (length: number): Operand => ({ space: "arena", bytes: length * 4 });

export interface Linked {
  /** Address of the instruction's operands. */
  readonly words: number;
  /** Checks that no thread has written beyond its working space, nor anything to the zeros. */
  check(): void;
}

/**
 * Words with the addresses of `places`, working space of exactly `scratch` bytes for each of `threads`, and exactly `zeros` bytes of zeros, which end where
 * memory does unless an operand lies there.
 */
export function link(
  harness: Harness,
  { words, scratch, zeros }: Pick<Instruction, "words" | "scratch" | "zeros">,
  places: ReadonlyMap<Operand, Buffer>,
  threads = 1,
): Linked {
  const spaces = Array.from({ length: threads }, () => harness.empty(scratch / 4));
  const stride = threads > 1 ? spaces[1]!.address - spaces[0]!.address : 0;
  const end = harness.memory.buffer.byteLength;
  const taken = [...places.values()].some(({ address, length }) => address + length * 4 === end);
  const blank = new Float32Array(zeros / 4);
  const outside = taken ? harness.from(blank) : harness.atEnd(blank);
  const resolve = (word: Word): number => {
    if (typeof word === "number") return word;
    if (word === "scratch") return spaces[0]!.address;
    if (word === "scratchStride") return stride;
    if (word === "zeros") return outside.address;
    return places.get(word.buffer)!.address + word.offset;
  };
  return {
    words: harness.words(words.map(resolve)),
    check() {
      expect(spaces.every((space) => space.intact())).toBe(true);
      expect(outside.values.every((value) => value === 0)).toBe(true);
    },
  };
}
