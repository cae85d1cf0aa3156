/** Where everything lies in a session's linear memory: variables at fixed addresses, then the programs' plans and constants, then the arena they take turns in. */
import { OVERREAD_BYTES, RESERVED_BYTES } from "../../../../assembly/format/memory.ts";
import { HeadWord } from "../../../../assembly/format/opcodes.ts";
import { type Shape, sizeOf } from "../../../core/shape.ts";
import type { Graph } from "../../../graph/graph.ts";
import { checkLimit, checkMemory, checkVariables } from "../../checks.ts";
import type { MemoryReport, VariableSpec } from "../../executor.ts";
import { align } from "../compile/arena.ts";
import { compile, type Passes } from "../compile/compile.ts";
import type { Buffer, Plan } from "../instructions/instruction.ts";
import { MAX_PAGES, PAGE } from "./engine.ts";

export interface Variable {
  readonly shape: Shape;
  readonly buffer: Buffer;
  readonly address: number;
}

/** What a session's programs are made for. */
export interface Target {
  readonly threads: number;
  /** Bytes. */
  readonly maxMemory: number;
  readonly passes: Passes;
}

/** The variables of a session, one after another. */
export interface Variables {
  readonly byName: ReadonlyMap<string, Variable>;
  readonly end: number;
}

/** Where each part of memory starts, for the programs at hand. */
export interface Layout {
  readonly plans: ReadonlyMap<Plan, number>;
  /** What the programs keep that is derived from variables, by name. */
  readonly derived: ReadonlyMap<string, number>;
  /** Bytes of it. */
  readonly derivedBytes: number;
  readonly arena: number;
  readonly zeros: number;
  readonly scratch: number;
  /** Working space of one thread. */
  readonly scratchStride: number;
  readonly end: number;
}

export function placeVariables(variables: readonly VariableSpec[]): Variables {
  const byName = new Map<string, Variable>();
  let end = RESERVED_BYTES;
  for (const { name, shape } of variables) {
    const buffer: Buffer = { space: "variable", bytes: sizeOf(shape) * 4, name };
    byName.set(name, { shape, buffer, address: end });
    end += align(buffer.bytes);
  }
  return { byName, end };
}

/**
 * Compiles a graph over a session's variables, for the memory that there is.
 *
 * @param shares whether what is made of one tensor for several may be kept for them
 * @throws ShapeError when it names others
 */
export function compileOver(variables: Variables, graph: Graph, { passes, threads, maxMemory }: Target, shares: boolean): Plan {
  const { byName, end } = variables;
  checkVariables(graph, byName);
  const all = Math.min(maxMemory, MAX_PAGES * PAGE);
  const buffers = new Map(Array.from(byName, ([name, { buffer }]) => [name, buffer]));
  const instructions = (plan: Plan): number => OTHERS * planWords(plan) * 4;
  return compile(graph, buffers, passes, {
    arena: all - end,
    shares,
    fits: (plan) => arrange(variables, [plan], threads).end + instructions(plan) <= all,
    instructions,
  });
}

/** Programs that a session may have beside one, with about as many instructions. */
const OTHERS = 8;

export function arrange({ end: variablesEnd }: Variables, plans: Iterable<Plan>, threads: number): Layout {
  let end = variablesEnd;
  const starts = new Map<Plan, number>();
  let arena = 0;
  let zeros = 0;
  let scratchStride = 0;
  for (const plan of plans) {
    starts.set(plan, end);
    end += align(planWords(plan) * 4) + plan.constants.reduce((sum, c) => sum + align(c.bytes), 0);
    arena = Math.max(arena, plan.arena);
    zeros = Math.max(zeros, align(plan.zeros));
    scratchStride = Math.max(scratchStride, align(plan.scratch));
  }
  const derived = new Map<string, number>();
  const derivedFrom = end;
  for (const { name, bytes } of Array.from(starts.keys()).flatMap((plan) => plan.derived)) {
    if (derived.has(name!)) continue;
    derived.set(name!, end);
    end += align(bytes);
  }
  const zerosAt = end + arena;
  const scratch = zerosAt + zeros;
  return {
    plans: starts,
    derived,
    derivedBytes: end - derivedFrom,
    arena: end,
    zeros: zerosAt,
    scratch,
    scratchStride,
    end: scratch + scratchStride * threads + OVERREAD_BYTES,
  };
}

/** What a session may hold and still keep what it makes of one tensor for several: above it, memory is dearer than the time to make it anew. */
const MOST_SHARED = 2 ** 30;

/** Whether there is room for what is made of one tensor for several, in a session that may hold `maxMemory` bytes. */
export const hasRoomToShare = ({ end }: Layout, maxMemory: number): boolean => end <= Math.min(maxMemory, MOST_SHARED);

/** @throws BackendError when it is larger than `maxMemory` bytes, or than WebAssembly's memory can be */
export function checkLayout({ end }: Layout, maxMemory: number): void {
  checkLimit(end, { bytes: MAX_PAGES * PAGE, limit: "all that WebAssembly has" });
  checkMemory(end, maxMemory);
}

export function reportOf({ end }: Variables, layout: Layout): MemoryReport {
  const plans = [...layout.plans.keys()];
  return {
    variables: end - RESERVED_BYTES,
    activations: Math.max(0, ...plans.map((p) => p.arena)),
    live: Math.max(0, ...plans.map((p) => p.live)),
    scratch: layout.derivedBytes + layout.end - layout.zeros,
    total: layout.end,
  };
}

/** What a session of these variables holds once it has compiled these graphs. @throws BackendError as `checkLayout` */
export function measure(specs: readonly VariableSpec[], graphs: readonly Graph[], target: Target): MemoryReport {
  const variables = placeVariables(specs);
  // What cannot be had in any case needs no plan.
  checkLimit(variables.end, { bytes: MAX_PAGES * PAGE, limit: "all that WebAssembly has" });
  const layoutOf = (shares: boolean): Layout =>
    arrange(
      variables,
      graphs.map((graph) => compileOver(variables, graph, target, shares)),
      target.threads,
    );
  const shared = layoutOf(true);
  const layout = hasRoomToShare(shared, target.maxMemory) ? shared : layoutOf(false);
  checkLayout(layout, target.maxMemory);
  return reportOf(variables, layout);
}

/** Words of a plan's instructions, or of the first `count` of them. */
export function planWords(plan: Plan, count = plan.instructions.length): number {
  return plan.instructions.slice(0, count).reduce((sum, i) => sum + HeadWord.Operands + i.words.length, 0);
}
