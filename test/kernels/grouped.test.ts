import { describe, expect, it } from "vitest";
import { Opcode } from "../../assembly/format/opcodes.ts";
import { CopyNdWord, RangedWord } from "../../assembly/format/ranged.ts";
import { evaluate } from "../../src/exec/reference/evaluate.ts";
import { groupedConv2d, groupedInputGrad } from "../../src/exec/wasm/convolution/grouped.ts";
import { groupedFilterGrad } from "../../src/exec/wasm/convolution/groupedFilterGrad.ts";
import type { Context, Instruction, Buffer as Operand } from "../../src/exec/wasm/instructions/instruction.ts";
import { conv2d, conv2dFilterGrad, conv2dInputGrad } from "../../src/graph/build.ts";
import { Graph, isOp, type Node } from "../../src/graph/graph.ts";
import { type Buffer, bits, createHarness, type Harness, integers, TEST_BUILDS, uniform } from "./harness.ts";
import { link, operand } from "./instruction.ts";

interface Case {
  readonly x: readonly [number, number, number, number];
  readonly kernel: readonly [number, number];
  readonly outer: number;
  readonly groups: number;
  readonly strides?: readonly [number, number];
  readonly dilations?: readonly [number, number];
  readonly pads?: readonly [number, number, number, number];
}

/** Channels and results of a group around the columns of a tile (8, 4, 1) and its rows (4, 6), pixels around a tile and a block of addresses; prime sizes. */
const CASES: readonly Case[] = [
  ...[1, 4, 5, 8, 13].map((outer): Case => ({ x: [1, 3, 5, 3 * 5], kernel: [3, 2], outer, groups: 3, pads: [1, 1, 0, 1] })),
  ...[4, 7].map((inner): Case => ({ x: [2, 2, 3, 2 * inner], kernel: [2, 3], outer: 12, groups: 2, pads: [0, 1, 1, 1] })),
  { x: [1, 17, 31, 4], kernel: [3, 3], outer: 4, groups: 2, pads: [1, 1, 1, 1] },
  { x: [2, 7, 9, 8], kernel: [4, 3], outer: 5, groups: 2, strides: [2, 3], pads: [1, 2, 0, 3] },
  { x: [1, 9, 11, 6], kernel: [3, 3], outer: 4, groups: 2, strides: [2, 1], dilations: [2, 3], pads: [2, 1, 3, 2] },
  { x: [1, 4, 5, 4], kernel: [1, 1], outer: 3, groups: 2, strides: [3, 2] },
  ...[1, 3, 4, 13, 16, 35].map((C): Case => ({ x: [2, 3, 5, C], kernel: [3, 3], outer: 1, groups: C, pads: [1, 1, 1, 1] })),
  { x: [1, 17, 31, 8], kernel: [3, 3], outer: 1, groups: 8, pads: [1, 1, 1, 1] },
  { x: [2, 9, 8, 21], kernel: [4, 3], outer: 1, groups: 21, strides: [2, 3], dilations: [1, 2], pads: [1, 2, 4, 1] },
];

/** A face of a convolution, as a node of two inputs `a` and `b`. */
type Face = (c: Case) => Node;

function faceOf(build: (graph: Graph, sizes: { x: readonly number[]; w: readonly number[]; y: readonly number[] }, c: Case) => Node): Face {
  return (c) => {
    const { x, kernel, outer, groups, strides = [1, 1], dilations = [1, 1], pads = [0, 0, 0, 0] } = c;
    const w = [...kernel, x[3] / groups, outer * groups];
    const size = (i: 0 | 1): number =>
      Math.floor((x[1 + i]! + pads[2 * i]! + pads[2 * i + 1]! - (kernel[i] - 1) * dilations[i] - 1) / strides[i]) + 1;
    return build(new Graph(), { x, w, y: [x[0], size(0), size(1), outer * groups] }, { ...c, strides, dilations, pads });
  };
}

const options = ({ strides, dilations, pads, groups }: Case) => ({ strides: strides!, dilations: dilations!, pads: pads!, groups });
const FACES: Readonly<Record<string, Face>> = {
  conv2d: faceOf((g, { x, w }, c) => conv2d(g.input("a", x), g.input("b", w), options(c))),
  conv2dInputGrad: faceOf((g, { x, w, y }, c) => conv2dInputGrad(g.input("a", y), g.input("b", w), [x[1]!, x[2]!], options(c))),
  conv2dFilterGrad: faceOf((g, { x, y }, c) => conv2dFilterGrad(g.input("a", x), g.input("b", y), c.kernel, options(c))),
};

function lower(node: Node, out: Operand, inputs: readonly Operand[], context: Context): Instruction[] {
  if (isOp(node, "conv2d")) return groupedConv2d(node, out, inputs, context);
  if (isOp(node, "conv2dInputGrad")) return groupedInputGrad(node, out, inputs, context);
  return groupedFilterGrad(node as Node<"conv2dFilterGrad">, out, inputs, context);
}

/** What the kernels make of a node, threads one after the other, the last first; the result held NaN. An operand, or the result, ends where memory does. */
function compute(harness: Harness, node: Node, values: readonly Float32Array[], { threads = 1, end = 0 } = {}): Float32Array {
  harness.reset();
  const size = node.shape.reduce((a, b) => a * b, 1);
  const blank = new Float32Array(size).fill(Number.NaN);
  const [inputs, out] = [values.map((v) => operand(v.length)), operand(size)];
  const places = new Map<Operand, Buffer>(inputs.map((input, i) => [input, end === i ? harness.atEnd(values[i]!) : harness.from(values[i]!)]));
  const result = end === 2 ? harness.atEnd(blank) : harness.from(blank);
  places.set(out, result);
  const temp = (bytes: number): Operand => {
    const buffer = operand(bytes / 4);
    places.set(buffer, harness.empty(bytes / 4));
    return buffer;
  };
  const ahead: Instruction[] = [];
  const shared: Context["shared"] = (_, { bytes, make }) => {
    const buffer = temp(bytes);
    ahead.push(...make(buffer));
    return buffer;
  };
  const lowered = lower(node, out, inputs, { temp, constant: () => operand(0), derived: () => null, shared });
  const instructions = [...ahead, ...lowered];
  for (const instruction of instructions) {
    const { words, check } = link(harness, instruction, places, threads);
    const [units, grain] = [RangedWord.Units, RangedWord.Grain].map((i) => instruction.words[i] as number) as [number, number];
    const share = (ith: number): number => Math.min(units, Math.floor((Math.ceil(units / grain) * ith) / threads) * grain);
    for (let ith = threads - 1; ith >= 0; ith--) run(harness, instruction, words, [share(ith), share(ith + 1)], ith);
    check();
  }
  for (const place of places.values()) expect(place.intact()).toBe(true);
  return result.values.slice();
}

const NAMES: { readonly [opcode: number]: string } = {
  [Opcode.Grouped]: "f32_conv_grouped",
  [Opcode.Depthwise]: "f32_conv_depthwise",
  [Opcode.GroupedFilterGrad]: "f32_conv_grouped_filter_grad",
  [Opcode.DepthwiseFilterGrad]: "f32_conv_depthwise_filter_grad",
};

function run(harness: Harness, { opcode, words: given }: Instruction, words: number, [begin, end]: readonly [number, number], ith: number): void {
  if (begin >= end) return;
  const linked = new Int32Array(harness.memory.buffer, words, given.length);
  const args = words + 4 * RangedWord.Arguments;
  if (opcode === Opcode.CopyNd) {
    const place = (word: number): number => linked[RangedWord.Arguments + word]!;
    harness.kernels.f32_copy_nd!(begin, end, args + 4 * CopyNdWord.Descriptor, place(CopyNdWord.X), place(CopyNdWord.Y));
    return;
  }
  const scratch = given.indexOf("scratch");
  harness.kernels[NAMES[opcode]!]!(begin, end, args, linked[scratch]! + ith * linked[scratch + 1]!);
}

const named = CASES.map(
  (c) => [`[${c.x}] by [${c.kernel}], ${c.groups} groups of ${c.outer}, strides ${c.strides ?? 1}, dilations ${c.dilations ?? 1}`, c] as const,
);

describe.each(TEST_BUILDS)("grouped convolutions, %s build", (build) => {
  const harness = createHarness(build);

  it.each(named)("%s: exact, and nothing else is written", (_, c) => {
    for (const face of Object.values(FACES)) {
      const node = face(c);
      node.graph.fetch("y", node);
      const values = node.inputs.map(({ shape }, i) =>
        integers(
          shape.reduce((a, b) => a * b, 1),
          i + 1,
        ),
      );
      const want = Float32Array.from(evaluate(node.graph, { a: values[0]!, b: values[1]! }).fetches.y!);
      for (const end of [0, 1, 2]) expect(compute(harness, node, values, { end }), node.op).toEqual(want);
    }
  });

  it("are the same bits in any number of threads", () => {
    for (const c of CASES.filter(({ x }) => x[1] > 5)) {
      for (const face of Object.values(FACES)) {
        const node = face(c);
        const values = node.inputs.map(({ shape }, i) =>
          uniform(
            shape.reduce((a, b) => a * b, 1),
            i + 1,
          ),
        );
        const one = bits(compute(harness, node, values));
        for (const threads of [2, 3, 16]) expect(bits(compute(harness, node, values, { threads })), node.op).toEqual(one);
      }
    }
  });
});
