/** Sums over any axes, as sums over the middle axis of [outer, reduce, inner]. */
import type { Node } from "../../../graph/graph.ts";
import { at, type Buffer, type Context, type Instruction } from "../instructions/instruction.ts";
import { reduceSum } from "../instructions/ranged.ts";

/** A sum with fewer outputs than this is cut into chunks first, for the threads to share and for accuracy. */
const FEW_OUTPUTS = 512;
/** Terms of one chunk. */
const CHUNK = 1024;

export function lowerReduceSum(node: Node<"reduceSum">, out: Buffer, [x]: readonly Buffer[], context: Context): Instruction[] {
  const runs = mergeAxes(node.inputs[0]!.shape, node.attrs.axes);
  const instructions: Instruction[] = [];
  let source = x!;
  // From the last reduced run to the first: what it sums is [outer, reduce, inner] of all that is left.
  for (let r = runs.length - 1; r >= 0; r--) {
    if (!runs[r]!.reduced) continue;
    const outer = product(runs.slice(0, r));
    const inner = product(runs.slice(r + 1));
    const last = !runs.slice(0, r).some((run) => run.reduced);
    const target = last ? out : context.temp(outer * inner * 4);
    instructions.push(...sumMiddle(source, target, outer, runs[r]!.size, inner, context));
    runs[r] = { size: 1, reduced: false };
    source = target;
  }
  return instructions;
}

interface Run {
  readonly size: number;
  readonly reduced: boolean;
}

/** Neighbouring axes that are both summed, or both kept, as one. */
function mergeAxes(shape: readonly number[], axes: readonly number[]): Run[] {
  const runs: Run[] = [];
  shape.forEach((size, axis) => {
    const reduced = axes.includes(axis);
    const previous = runs.at(-1);
    if (previous?.reduced === reduced) runs[runs.length - 1] = { size: previous.size * size, reduced };
    else runs.push({ size, reduced });
  });
  return runs;
}

const product = (runs: readonly Run[]): number => runs.reduce((p, { size }) => p * size, 1);

function sumMiddle(x: Buffer, y: Buffer, outer: number, reduce: number, inner: number, context: Context): Instruction[] {
  const rows = Math.max(1, Math.floor(CHUNK / inner));
  const chunks = Math.floor(reduce / rows);
  if (outer !== 1 || inner >= FEW_OUTPUTS || chunks < 2) return [sum(x, 0, y, 0, outer, reduce, inner)];
  const rest = reduce - chunks * rows;
  const partial = context.temp((chunks + (rest ? 1 : 0)) * inner * 4);
  const instructions = [sum(x, 0, partial, 0, chunks, rows, inner)];
  if (rest) instructions.push(sum(x, chunks * rows * inner, partial, chunks * inner, 1, rest, inner));
  return [...instructions, sum(partial, 0, y, 0, 1, chunks + (rest ? 1 : 0), inner)];
}

function sum(x: Buffer, from: number, y: Buffer, to: number, outer: number, reduce: number, inner: number): Instruction {
  return reduceSum({
    units: outer * inner,
    grain: inner < 4 ? inner : 16,
    args: { Reduce: reduce, Inner: inner, X: at(x, from * 4), Y: at(y, to * 4) },
    reads: [x],
    writes: [y],
  });
}
