import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ELEMENTWISE_BLOCK } from "../../../assembly/format/elementwise.ts";
import { Opcode } from "../../../assembly/format/opcodes.ts";
import { planBarriers } from "../../../src/exec/wasm/compile/barriers.ts";
import type { Buffer, Instruction } from "../../../src/exec/wasm/instructions/instruction.ts";

const variable = (name: string): Buffer => ({ space: "variable", bytes: 64, name });
const instruction = (reads: Buffer[], writes: Buffer[], size = 10 * ELEMENTWISE_BLOCK): Instruction => ({
  opcode: Opcode.Elementwise,
  words: [size],
  reads,
  writes,
  scratch: 0,
  zeros: 0,
});
const [a, b, c, d] = ["a", "b", "c", "d"].map(variable) as [Buffer, Buffer, Buffer, Buffer];

describe("threads wait for each other", () => {
  it.each([
    ["before what was written is read", instruction([a], [b]), instruction([b], [c])],
    ["before what was read is written", instruction([a], [b]), instruction([c], [a])],
    ["before what was written is written again", instruction([a], [b]), instruction([c], [b])],
  ])("%s", (_, first, second) => {
    expect(planBarriers([first, second], new Map())).toEqual([true, true]);
  });

  it("not between instructions that have nothing to do with each other, nor where both only read", () => {
    expect(planBarriers([instruction([a], [b]), instruction([a], [c]), instruction([a], [d])], new Map())).toEqual([false, false, true]);
  });

  it("not in a chain of instructions too small to share, but before and after it", () => {
    const small = [instruction([b], [c], 1), instruction([c], [d], ELEMENTWISE_BLOCK)];
    expect(planBarriers([instruction([a], [b]), ...small, instruction([d], [a])], new Map())).toEqual([true, false, true, true]);
  });

  it("not for the buffers of which each has its own part throughout, but for those and all others where parts differ", () => {
    const [own, other] = [{ buffers: [b] }, { buffers: [b] }];
    const chain = (second: Partial<Instruction>, third: Partial<Instruction>) =>
      planBarriers(
        [
          { ...instruction([a], [b]), partition: own },
          { ...instruction([b], [c]), ...second },
          { ...instruction([d], [b]), ...third },
        ],
        new Map(),
      );
    expect(chain({ partition: own }, { partition: own })).toEqual([false, false, true]);
    expect(chain({ partition: own }, { partition: other })).toEqual([false, true, true]);
    expect(chain({}, {})).toEqual([true, true, true]);
    const shared = planBarriers(
      [
        { ...instruction([a], [c]), partition: own },
        { ...instruction([c], [b]), partition: own },
      ],
      new Map(),
    );
    expect(shared).toEqual([true, true]);
  });

  it("where different buffers share a place in the arena", () => {
    const [x, y, z] = [96, 64, 64].map((bytes): Buffer => ({ space: "arena", bytes })) as [Buffer, Buffer, Buffer];
    const program = (place: number) =>
      planBarriers(
        [instruction([a], [x]), instruction([y], [z])],
        new Map([
          [x, 64],
          [y, place],
          [z, 256],
        ]),
      ); // prettier-ignore
    expect(program(159)).toEqual([true, true]);
    expect(program(160)).toEqual([false, true]);
    const heir: Buffer = { space: "arena", bytes: 96, home: x };
    expect(
      planBarriers(
        [instruction([a], [x]), instruction([heir], [z])],
        new Map([
          [x, 64],
          [z, 256],
        ]),
      ),
    ).toEqual([true, true]); // prettier-ignore
  });

  it("at the end, and between any two of a random program that must not be under way at once", () => {
    const buffers = [a, b, c, d];
    const some = fc.subarray(buffers);
    const program = fc.array(fc.tuple(some, some), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(program, (pairs) => {
        const instructions = pairs.map(([reads, writes]) => instruction(reads, writes));
        const barriers = planBarriers(instructions, new Map());
        expect(barriers.at(-1)).toBe(true);
        instructions.forEach((later, j) => {
          instructions.slice(0, j).forEach((earlier, i) => {
            const touched = [...later.reads, ...later.writes];
            const conflict = earlier.writes.some((x) => touched.includes(x)) || earlier.reads.some((x) => later.writes.includes(x));
            if (conflict) expect(barriers.slice(i, j)).toContain(true);
          });
        });
      }),
    );
  });
});
