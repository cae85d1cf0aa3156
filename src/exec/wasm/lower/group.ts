/** Lowers a group of elementwise nodes to one instruction that runs them all, block by block. */
import { ELEMENTWISE_BLOCK, ElementwiseCode } from "../../../../assembly/format/elementwise.ts";
import { isOp, type Node } from "../../../graph/graph.ts";
import { type Group, storageOf } from "../../schedule/steps.ts";
import { at, type Buffer, type Instruction, type Word } from "../instructions/instruction.ts";
import { type Access, accessOf } from "./access.ts";
import { blockStep, elementwise, nodeStep } from "./elementwise.ts";

/** `result` may lie where one of `operands` does: each is read last no later than the result's element is written. */
export interface Takeover {
  readonly result: Buffer;
  readonly operands: readonly Buffer[];
}

export interface LoweredGroup {
  readonly instruction: Instruction;
  readonly takeovers: readonly Takeover[];
}

/** The instruction for `group`; `isNeeded` tells which values are needed in memory. */
export function lowerGroup(group: Group, bufferOf: (node: Node) => Buffer, isNeeded: (node: Node) => boolean): LoweredGroup {
  return new GroupLowering(group, bufferOf, isNeeded).finish();
}

const BLOCK_BYTES = ELEMENTWISE_BLOCK * 4;

/** A word that stands for a block of scratch. */
const slotWord = (slot: number): number => slot * BLOCK_BYTES + 1;

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

class GroupLowering {
  readonly #group: Group;
  readonly #bufferOf: (node: Node) => Buffer;
  readonly #isNeeded: (node: Node) => boolean;
  readonly #members: ReadonlySet<Node>;
  /** The index of the node that reads each storage node last. */
  readonly #lastRead = new Map<Node, number>();
  readonly #slots = new Slots();
  /** A member's value: a slot, or its memory. */
  readonly #values = new Map<Node, Word>();
  /** The slots that hold members, to be given back. */
  readonly #held = new Map<Node, number>();
  /** Slots filled from broadcasts, by what is read and how. */
  readonly #fills = new Map<string, number>();
  readonly #reads = new Set<Buffer>();
  readonly #writes = new Set<Buffer>();
  /** Steps done once, and those done for each block. */
  readonly #once: Word[][] = [];
  readonly #each: Word[][] = [];

  constructor(group: Group, bufferOf: (node: Node) => Buffer, isNeeded: (node: Node) => boolean) {
    this.#group = group;
    this.#bufferOf = bufferOf;
    this.#isNeeded = isNeeded;
    this.#members = new Set(group.nodes);
    group.nodes.forEach((node, i) => {
      for (const x of node.inputs) this.#lastRead.set(storageOf(x), i);
    });
  }

  finish(): LoweredGroup {
    this.#group.nodes.forEach((node, i) => {
      const operands = node.inputs.map((x) => this.#operand(x, node));
      this.#giveBack(node, i);
      this.#compute(node, operands);
    });
    return {
      instruction: elementwise(this.#group.size, this.#once, this.#each, [...this.#reads], [...this.#writes], this.#slots.bytes),
      takeovers: this.#takeovers(),
    };
  }

  /** The block of an operand of `node`: its memory as it streams by, its slot, or a slot filled from a broadcast. */
  #operand(x: Node, node: Node): Word {
    const storage = storageOf(x);
    const access = accessOf(x.shape, node.shape)!;
    if (access.kind !== "stream") return this.#filled(storage, access);
    return this.#members.has(storage) ? this.#values.get(storage)! : this.#read(storage);
  }

  #read(storage: Node): Word {
    const buffer = this.#bufferOf(storage);
    this.#reads.add(buffer);
    return at(buffer);
  }

  /** A slot filled from a broadcast: once if every block of it is the same. It is never given back, as it is filled before it is first needed. */
  #filled(storage: Node, access: Exclude<Access, { kind: "stream" }>): Word {
    const { code, pattern, constant } = fillOf(access);
    const key = `${storage.id}:${access.kind}:${pattern}`;
    let slot = this.#fills.get(key);
    if (slot === undefined) {
      slot = constant ? this.#slots.fresh() : this.#slots.take();
      this.#fills.set(key, slot);
      (constant ? this.#once : this.#each).push(blockStep(code, slotWord(slot), [this.#read(storage)], pattern));
    }
    return slotWord(slot);
  }

  /** Gives back the slots of the operands that `node`, number `i`, is the last to read. */
  #giveBack(node: Node, i: number): void {
    for (const x of new Set(node.inputs.map(storageOf))) {
      const slot = this.#held.get(x);
      if (slot === undefined || this.#lastRead.get(x) !== i) continue;
      this.#held.delete(x);
      this.#slots.give(slot);
    }
  }

  #compute(node: Node, operands: readonly Word[]): void {
    if (isOp(node, "broadcastTo") && !this.#isNeeded(node)) {
      this.#values.set(node, operands[0]!); // nothing to do: its operand's slot is its value
      return;
    }
    const y = this.#isNeeded(node) ? this.#inMemory(node) : this.#inSlot(node);
    this.#values.set(node, y);
    this.#each.push(isOp(node, "broadcastTo") ? blockStep(ElementwiseCode.Copy, y, operands) : nodeStep(node, y, operands));
  }

  #inMemory(node: Node): Word {
    const buffer = this.#bufferOf(node);
    this.#writes.add(buffer);
    return at(buffer);
  }

  #inSlot(node: Node): Word {
    const slot = this.#slots.take();
    this.#held.set(node, slot);
    return slotWord(slot);
  }

  #takeovers(): Takeover[] {
    const results = this.#group.nodes.map((node, i) => [node, i] as const).filter(([node]) => this.#isNeeded(node) && this.#isInArena(node));
    const candidates = [...this.#lastRead].filter(([x]) => !this.#members.has(x) && this.#isInArena(x) && this.#onlyStreams(x));
    return results.map(([node, i]) => ({
      result: this.#bufferOf(node),
      operands: [...new Set(candidates.filter(([, last]) => last <= i).map(([x]) => this.#bufferOf(x)))],
    }));
  }

  #isInArena(node: Node): boolean {
    return this.#bufferOf(node).space === "arena";
  }

  /** Whether of a storage node element i is read for element i alone. */
  #onlyStreams(storage: Node): boolean {
    return this.#group.nodes.every((n) => n.inputs.every((x) => storageOf(x) !== storage || accessOf(x.shape, n.shape)?.kind === "stream"));
  }
}

/** How a slot is filled: by which code with which parameter, and whether it is the same for every block. */
function fillOf(access: Exclude<Access, { kind: "stream" }>): { code: ElementwiseCode; pattern: number; constant: boolean } {
  switch (access.kind) {
    case "scalar":
      return { code: ElementwiseCode.Fill, pattern: 1, constant: true };
    case "periodic":
      return { code: ElementwiseCode.FillPeriodic, pattern: access.period, constant: ELEMENTWISE_BLOCK % access.period === 0 };
    case "repeat":
      return { code: ElementwiseCode.FillRepeat, pattern: access.each, constant: false };
  }
}
