/** The elementwise instruction: steps over blocks, each of them one op. */
import { ElementwiseCode, ElementwiseWord, StepWord } from "../../../../assembly/format/elementwise.ts";
import { Opcode } from "../../../../assembly/format/opcodes.ts";
import type { Node } from "../../../graph/graph.ts";
import type { OpAttrs, OpName } from "../../../graph/ops.ts";
import { at, type Buffer, float, type Instruction, type Word } from "../instructions/instruction.ts";

interface Code<A> {
  readonly code: ElementwiseCode;
  /** The one number a kernel takes beside its operands. */
  readonly parameter?: (attrs: A) => number;
}

const alpha = ({ alpha }: { readonly alpha: number }): number => alpha;

const CODES = {
  neg: { code: ElementwiseCode.Neg },
  abs: { code: ElementwiseCode.Abs },
  exp: { code: ElementwiseCode.Exp },
  log: { code: ElementwiseCode.Log },
  sqrt: { code: ElementwiseCode.Sqrt },
  rsqrt: { code: ElementwiseCode.Rsqrt },
  tanh: { code: ElementwiseCode.Tanh },
  sigmoid: { code: ElementwiseCode.Sigmoid },
  softplus: { code: ElementwiseCode.Softplus },
  leakyRelu: { code: ElementwiseCode.LeakyRelu, parameter: alpha },
  add: { code: ElementwiseCode.Add },
  sub: { code: ElementwiseCode.Sub },
  mul: { code: ElementwiseCode.Mul },
  div: { code: ElementwiseCode.Div },
  maximum: { code: ElementwiseCode.Maximum },
  minimum: { code: ElementwiseCode.Minimum },
  greater: { code: ElementwiseCode.Greater },
  greaterEqual: { code: ElementwiseCode.GreaterEqual },
  equal: { code: ElementwiseCode.Equal },
  select: { code: ElementwiseCode.Select },
  leakyReluGrad: { code: ElementwiseCode.LeakyReluGrad, parameter: alpha },
  lerp: { code: ElementwiseCode.Lerp },
  adamStep: { code: ElementwiseCode.AdamStep, parameter: ({ epsilon }) => epsilon },
} satisfies { readonly [O in OpName]?: Code<OpAttrs[O]> };

/** Ops that run inside elementwise groups. */
export type ElementwiseOp = keyof typeof CODES;

export function isElementwiseOp(op: OpName): op is ElementwiseOp {
  return op in CODES;
}

/** An instruction that copies one buffer to another of the same size. */
export function copyInstruction(from: Buffer, to: Buffer): Instruction {
  return elementwise(to.bytes / 4, [], [blockStep(ElementwiseCode.Copy, at(to), [at(from)])], [from], [to], 0);
}

/** An instruction that fills a buffer with one value. */
export function fillInstruction(value: Buffer, to: Buffer): Instruction {
  return elementwise(to.bytes / 4, [], [blockStep(ElementwiseCode.Fill, at(to), [at(value)])], [value], [to], 0);
}

/** The step that computes `node`. */
export function nodeStep(node: Node, y: Word, operands: readonly Word[]): Word[] {
  const { code, parameter } = CODES[node.op as ElementwiseOp] as Code<unknown>;
  return blockStep(code, y, operands, parameter ? float(parameter(node.attrs)) : 0);
}

/** A step: a code, its result, and its operands, all of them blocks. */
export function blockStep(code: ElementwiseCode, y: Word, operands: readonly Word[], parameter = 0): Word[] {
  const words = new Array<Word>(StepWord.Length).fill(0);
  words[StepWord.Code] = code;
  words[StepWord.Result] = y;
  words.splice(StepWord.Operands, operands.length, ...operands);
  words[StepWord.Parameter] = parameter;
  return words;
}

/** The instruction for `size` elements: steps done once, before all others, and steps done for each block. */
export function elementwise(size: number, once: Word[][], each: Word[][], reads: Buffer[], writes: Buffer[], scratch: number): Instruction {
  const header: Word[] = new Array<Word>(ElementwiseWord.Steps).fill(0);
  header[ElementwiseWord.Size] = size;
  header[ElementwiseWord.Once] = once.length;
  header[ElementwiseWord.Each] = each.length;
  header[ElementwiseWord.Scratch] = "scratch";
  header[ElementwiseWord.ScratchStride] = "scratchStride";
  return { opcode: Opcode.Elementwise, words: [...header, ...once.flat(), ...each.flat()], reads, writes, scratch, zeros: 0 };
}
