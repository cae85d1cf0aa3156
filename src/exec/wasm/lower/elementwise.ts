/** Lowers a group of elementwise nodes to one instruction that runs them all, block by block. */
import { ELEMENTWISE_BLOCK, ElementwiseCode, ElementwiseWord, Opcode } from "../../../../assembly/opcodes.ts";
import { isOp, type Node } from "../../../graph/graph.ts";
import type { OpAttrs, OpName } from "../../../graph/ops.ts";
import { accessOf, type Group, storageOf } from "../compile/fuse.ts";
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

/** `result` may lie where one of `operands` does: each is read last no later than the result's element is written. */
export interface Takeover {
  readonly result: Buffer;
  readonly operands: readonly Buffer[];
}

const BLOCK_BYTES = ELEMENTWISE_BLOCK * 4;

/** Scratch blocks of a group, reused when the value in one is read for the last time. */
class Slots {
  #free: number[] = [];
  #count = 0;

  take(): number {
    return this.#free.pop() ?? this.fresh();
  }

  /** One that no earlier step writes to. */
  fresh(): number {
    return this.#count++;
  }

  give(slot: number): void {
    this.#free.push(slot);
  }

  get bytes(): number {
    return this.#count * BLOCK_BYTES;
  }
}

/** The instruction for `group`; `outside` tells which values are needed in memory. */
export function emitGroup(
  group: Group,
  bufferOf: (node: Node) => Buffer,
  outside: (node: Node) => boolean,
): { instruction: Instruction; takeovers: Takeover[] } {
  const { nodes, size } = group;
  const members = new Set(nodes);
  const lastRead = new Map<Node, number>();
  nodes.forEach((node, i) => {
    for (const x of node.inputs) lastRead.set(storageOf(x), i);
  });

  const slots = new Slots();
  const place = new Map<Node, Word>(); // a member's value: a slot, or its memory
  const held = new Map<Node, number>(); // members in slots
  const once: Word[][] = [];
  const each: Word[][] = [];
  const fills = new Map<string, number>();
  const reads = new Set<Buffer>();
  const writes = new Set<Buffer>();
  const slotWord = (slot: number): number => slot * BLOCK_BYTES + 1;

  /** The block of an operand of `node`: its memory as it streams by, its slot, or a slot filled from a broadcast. */
  const operand = (x: Node, node: Node): Word => {
    const storage = storageOf(x);
    const access = accessOf(x.shape, node.shape)!;
    if (access.kind === "stream") {
      if (members.has(storage)) return place.get(storage)!;
      reads.add(bufferOf(x));
      return at(bufferOf(x));
    }
    const pattern = access.kind === "periodic" ? access.period : access.kind === "repeat" ? access.each : 1;
    const key = `${storage.id}:${access.kind}:${pattern}`;
    let slot = fills.get(key);
    if (slot === undefined) {
      reads.add(bufferOf(x));
      const code =
        access.kind === "scalar" ? ElementwiseCode.Fill : access.kind === "periodic" ? ElementwiseCode.FillPeriodic : ElementwiseCode.FillRepeat;
      const constant = access.kind === "scalar" || (access.kind === "periodic" && ELEMENTWISE_BLOCK % pattern === 0);
      slot = constant ? slots.fresh() : slots.take(); // never given back: filled before it is first needed
      fills.set(key, slot);
      (constant ? once : each).push(step(code, slotWord(slot), [at(bufferOf(x))], pattern));
    }
    return slotWord(slot);
  };

  nodes.forEach((node, i) => {
    const operands = node.inputs.map((x) => operand(x, node));
    for (const x of new Set(node.inputs.map(storageOf))) {
      const slot = held.get(x);
      if (slot !== undefined && lastRead.get(x) === i) {
        held.delete(x);
        slots.give(slot);
      }
    }
    let y: Word;
    if (outside(node)) {
      const buffer = bufferOf(node);
      writes.add(buffer);
      y = at(buffer);
    } else if (isOp(node, "broadcastTo")) {
      place.set(node, operands[0]!); // nothing to do: its operand's slot is its value
      return;
    } else {
      const slot = slots.take();
      held.set(node, slot);
      y = slotWord(slot);
    }
    place.set(node, y);
    if (isOp(node, "broadcastTo")) {
      each.push(step(ElementwiseCode.Copy, y, operands));
    } else {
      const { code, parameter } = CODES[node.op as ElementwiseOp] as Code<unknown>;
      each.push(step(code, y, operands, parameter ? float(parameter(node.attrs)) : 0));
    }
  });

  return {
    instruction: elementwise(size, once, each, [...reads], [...writes], slots.bytes),
    takeovers: findTakeovers(nodes, members, lastRead, bufferOf, outside),
  };
}

/** An instruction that copies one buffer to another of the same size. */
export function copyInstruction(from: Buffer, to: Buffer): Instruction {
  return elementwise(to.bytes / 4, [], [step(ElementwiseCode.Copy, at(to), [at(from)])], [from], [to], 0);
}

/** An instruction that fills a buffer with one value. */
export function fillInstruction(value: Buffer, to: Buffer): Instruction {
  return elementwise(to.bytes / 4, [], [step(ElementwiseCode.Fill, at(to), [at(value)])], [value], [to], 0);
}

function step(code: ElementwiseCode, y: Word, operands: readonly Word[], parameter = 0): Word[] {
  return [code, y, ...operands, ...new Array<number>(5 - operands.length).fill(0), parameter];
}

function elementwise(size: number, once: Word[][], each: Word[][], reads: Buffer[], writes: Buffer[], scratch: number): Instruction {
  const header: Word[] = new Array<Word>(ElementwiseWord.Steps).fill(0);
  header[ElementwiseWord.Size] = size;
  header[ElementwiseWord.Once] = once.length;
  header[ElementwiseWord.Each] = each.length;
  header[ElementwiseWord.Scratch] = "scratch";
  header[ElementwiseWord.ScratchStride] = "scratchStride";
  return { opcode: Opcode.Elementwise, words: [...header, ...once.flat(), ...each.flat()], reads, writes, scratch, zeros: 0 };
}

function findTakeovers(
  nodes: readonly Node[],
  members: ReadonlySet<Node>,
  lastRead: ReadonlyMap<Node, number>,
  bufferOf: (node: Node) => Buffer,
  outside: (node: Node) => boolean,
): Takeover[] {
  const takeovers: Takeover[] = [];
  nodes.forEach((node, i) => {
    if (!outside(node) || bufferOf(node).space !== "arena") return;
    const operands = new Set<Buffer>();
    for (const [x, last] of lastRead) {
      const streams = nodes.every((n) => n.inputs.every((y) => storageOf(y) !== x || accessOf(y.shape, n.shape)?.kind === "stream"));
      if (!members.has(x) && last <= i && streams && bufferOf(x).space === "arena") operands.add(bufferOf(x));
    }
    takeovers.push({ result: bufferOf(node), operands: [...operands] });
  });
  return takeovers;
}
