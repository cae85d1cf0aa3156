/** Sums and maxima over any axes, as such over the middle axis of [outer, reduce, inner]. */
import { ReduceWord } from "../../../../assembly/format/ranged.ts";
import { at, type Buffer, type Context, type Instruction, type Lowering } from "../instructions/instruction.ts";
import { reduceMax, reduceSum } from "../instructions/ranged.ts";

/** A reduction to fewer outputs than this is cut into chunks first, for the threads to share and for the accuracy of sums. */
const FEW_OUTPUTS = 512;
/** Terms of one chunk. */
const CHUNK = 1024;

const lowering =
  (kernel: typeof reduceSum): Lowering<"reduceSum" | "reduceMax"> =>
  (node, out, [x], context) => {
    const runs = mergeAxes(node.inputs[0]!.shape, node.attrs.axes);
    const instructions: Instruction[] = [];
    let source = x!;
    // From the last reduced run to the first: what is reduced is [outer, reduce, inner] of all that is left.
    for (let r = runs.length - 1; r >= 0; r--) {
      if (!runs[r]!.reduced) continue;
      const outer = product(runs.slice(0, r));
      const inner = product(runs.slice(r + 1));
      const last = !runs.slice(0, r).some((run) => run.reduced);
      const target = last ? out : context.temp(outer * inner * 4);
      instructions.push(...reduceMiddle(kernel, source, target, outer, runs[r]!.size, inner, context));
      runs[r] = { size: 1, reduced: false };
      source = target;
    }
    return instructions;
  };

export const lowerReduceSum = /* @__PURE__ */ lowering(reduceSum);
export const lowerReduceMax = /* @__PURE__ */ lowering(reduceMax);

interface Run {
  readonly size: number;
  readonly reduced: boolean;
}

/** Neighbouring axes that are both reduced, or both kept, as one. */
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

function reduceMiddle(kernel: typeof reduceSum, x: Buffer, y: Buffer, outer: number, reduce: number, inner: number, context: Context): Instruction[] {
  const part = (x: Buffer, from: number, y: Buffer, to: number, outer: number, reduce: number): Instruction =>
    kernel({
      units: outer * inner,
      grain: inner < 4 ? inner : 16,
      args: { [ReduceWord.Reduce]: reduce, [ReduceWord.Inner]: inner, [ReduceWord.X]: at(x, from * 4), [ReduceWord.Y]: at(y, to * 4) },
      reads: [x],
      writes: [y],
    });
  const rows = Math.max(1, Math.floor(CHUNK / inner));
  const chunks = Math.floor(reduce / rows);
  if (outer !== 1 || inner >= FEW_OUTPUTS || chunks < 2) return [part(x, 0, y, 0, outer, reduce)];
  const rest = reduce - chunks * rows;
  const partial = context.temp((chunks + (rest ? 1 : 0)) * inner * 4);
  const instructions = [part(x, 0, partial, 0, chunks, rows)];
  if (rest) instructions.push(part(x, chunks * rows * inner, partial, chunks * inner, 1, rest));
  return [...instructions, part(partial, 0, y, 0, 1, chunks + (rest ? 1 : 0))];
}
