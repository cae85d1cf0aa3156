/** What a compiled graph is made of before it has addresses: buffers and instructions that refer to them. */
import type { Opcode } from "../../../../assembly/format/opcodes.ts";
import type { Activation } from "../../../../assembly/format/products.ts";
import type { Node } from "../../../graph/graph.ts";
import type { OpName } from "../../../graph/ops.ts";

/**
 * A piece of linear memory. Arena buffers are placed by their lifetimes; the others have a home of their own. What is derived from a variable and kept between runs is
 * shared by all programs of a session that call it the same.
 */
export interface Buffer {
  readonly space: "arena" | "variable" | "constant" | "derived";
  readonly bytes: number;
  /** The variable's or the derived tensor's name, or the constant's values. */
  readonly name?: string;
  readonly values?: Float32Array;
  /** Set when this buffer lies where another one did that died as this one was born. */
  home?: Buffer;
}

/** A place inside a buffer, `offset` bytes from its start. */
export interface Address {
  readonly buffer: Buffer;
  readonly offset: number;
}

/** One 32-bit word of an instruction. Everything but a plain integer is filled in by the linker. */
export type Word = number | Address | "scratch" | "scratchStride" | "zeros";

export interface Instruction {
  readonly opcode: Opcode;
  readonly words: readonly Word[];
  readonly reads: readonly Buffer[];
  readonly writes: readonly Buffer[];
  /** Bytes of working space each thread needs. */
  readonly scratch: number;
  /** Bytes of zeros it reads. */
  readonly zeros: number;
  readonly partition?: Partition;
}

/** Said of instructions in which each thread touches only what is its own of these buffers, and the same in all of them: of these they need not wait for each other. */
export interface Partition {
  readonly buffers: readonly Buffer[];
}

export const at = (buffer: Buffer, offset = 0): Address => ({ buffer, offset });

const bits = new DataView(new ArrayBuffer(4));

/** A float as the integer with the same bits. */
export function float(value: number): number {
  bits.setFloat32(0, value);
  return bits.getInt32(0);
}

/** The buffer whose place this one takes. */
export function homeOf(buffer: Buffer): Buffer {
  let b = buffer;
  while (b.home) b = b.home;
  return b;
}

/** A graph as instructions, with what has to happen before and after they run. */
export interface Plan {
  readonly instructions: readonly Instruction[];
  /** How many of the instructions, the first ones, make what is derived from variables and kept: they are run when a variable has changed. */
  readonly prologue: number;
  readonly derived: readonly Buffer[];
  /** Whether a run changes variables. */
  readonly assigns: boolean;
  /** For each instruction, whether threads wait for each other after it. */
  readonly barriers: readonly boolean[];
  readonly constants: readonly Buffer[];
  readonly inputs: ReadonlyMap<string, { readonly buffer: Buffer; readonly size: number }>;
  readonly fetches: ReadonlyMap<string, { readonly buffer: Buffer; readonly size: number }>;
  /** Bytes from the start of the arena, for every arena buffer that is its own home. */
  readonly offsets: ReadonlyMap<Buffer, number>;
  readonly arena: number;
  readonly live: number;
  /** Working space a thread, and the longest run of zeros, that any instruction needs. */
  readonly scratch: number;
  readonly zeros: number;
}

/** How a tensor is derived from a variable. */
export interface Derivation {
  /** What it is of the variable: who asks for the same gets the same. */
  readonly key: string;
  readonly bytes: number;
  make(to: Buffer): readonly Instruction[];
}

/** What a lowering may ask for beside its operands. */
export interface Context {
  /** Space for a value that only this op's instructions see. */
  temp(bytes: number): Buffer;
  constant(values: Float32Array): Buffer;
  /**
   * A tensor that depends on a variable alone (a filter packed or transformed), made once for all who ask for it and kept from run to run; null where `source` is no
   * variable, and in a program that changes variables.
   */
  derived(source: Node, derivation: Derivation): Buffer | null;
  /**
   * A tensor that depends on `source` alone, however that came about: derived where that can be kept from run to run; else made once a run, before the first of those who ask for it; where
   * memory is short, for each of them.
   */
  shared(source: Node, derivation: Derivation): Buffer;
  /** What to do to the result as it is stored, for ops that can. */
  readonly epilogue?: Epilogue | undefined;
  /** Whether the first operand is to be doubled in size as it is read, for ops that can: the buffer has what is to be. */
  readonly doubles?: boolean;
}

/** A bias along the last axis, and an activation; then, where that is to be, the sums of squares of 2 x 2 pixels, each times a factor. */
export interface Epilogue {
  readonly bias: Buffer | null;
  readonly activation: Activation;
  readonly alpha: number;
  readonly pool?: number;
}

/** Turns a node into instructions that compute it into `out`. */
export type Lowering<O extends OpName> = (node: Node<O>, out: Buffer, inputs: readonly Buffer[], context: Context) => Instruction[];
