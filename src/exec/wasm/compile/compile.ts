/** Graph to plan: expand, simplify, fuse, lower, and give every value a place. */
import { Activation } from "../../../../assembly/opcodes.ts";
import { ShapeError } from "../../../core/errors.ts";
import { sizeOf } from "../../../core/shape.ts";
import { broadcastTo } from "../../../graph/build.ts";
import { expandComposites } from "../../../graph/composites.ts";
import { type Graph, isOp, liveNodes, type Node, rewrite } from "../../../graph/graph.ts";
import { OPS } from "../../../graph/ops.ts";
import { simplify } from "../../../graph/simplify.ts";
import { type Buffer, type Context, type Epilogue, homeOf, type Instruction, type Plan } from "../instructions/instruction.ts";
import { copyInstruction, emitGroup, type Takeover } from "../lower/elementwise.ts";
import { isLowered, lower } from "../lower/table.ts";
import { planArena } from "./arena.ts";
import { planBarriers } from "./barriers.ts";
import { accessOf, fuse, nodesOf, type Single, type Step, storageOf } from "./fuse.ts";

/** Compiles `graph` over `variables` (name to buffer). */
export function compile(graph: Graph, variables: ReadonlyMap<string, Buffer>): Plan {
  const lowered = writeOutBroadcasts(simplify(expandComposites(graph, isLowered)));
  const wanted = new Set([...lowered.fetches.values(), ...lowered.assigns.values()].map(storageOf));
  const steps = fuse(liveNodes(lowered), wanted);
  return new Compilation(lowered, steps, wanted, variables).finish();
}

/** Gives every broadcast that no kernel can follow on the fly a node of its own. */
function writeOutBroadcasts(graph: Graph): Graph {
  return rewrite(graph, (node, inputs, target) => {
    if (OPS[node.op].kind !== "elementwise") return target.apply(node.op, inputs, node.attrs);
    const written = inputs.map((x) => (accessOf(x.shape, node.shape) ? x : broadcastTo(x, node.shape)));
    return target.apply(node.op, written, node.attrs);
  });
}

class Compilation {
  readonly #graph: Graph;
  readonly #steps: readonly Step[];
  readonly #buffers = new Map<Node, Buffer>(); // by storage node
  readonly #constants: Buffer[] = [];
  readonly #instructions: Instruction[] = [];
  readonly #takeovers: (Takeover & { readonly instruction: number })[] = [];
  /** Where each storage node is read and made: step, place within it, and whether element i is read for element i alone. */
  readonly #reads = new Map<Node, { readonly step: number; readonly index: number; readonly stream: boolean }[]>();
  readonly #made = new Map<Node, { readonly step: number; readonly index: number }>();
  readonly #kept = new Map<Node, Buffer>();
  /** Storage nodes whose value outlives the run. */
  readonly #wanted: ReadonlySet<Node>;

  constructor(graph: Graph, steps: readonly Step[], wanted: ReadonlySet<Node>, variables: ReadonlyMap<string, Buffer>) {
    this.#graph = graph;
    this.#steps = steps;
    for (const node of graph.nodes) {
      if (isOp(node, "variable")) {
        const buffer = variables.get(node.attrs.name);
        if (!buffer || buffer.bytes !== sizeOf(node.shape) * 4) {
          throw new ShapeError({ path: node.attrs.name, expected: "a variable of this session", got: buffer ? "another shape" : "an unknown name" });
        }
        this.#buffers.set(node, buffer);
      } else if (isOp(node, "constant")) {
        this.#buffers.set(node, this.#constant(node.attrs.values));
      }
    }
    steps.forEach((step, s) => {
      nodesOf(step).forEach((node, index) => {
        this.#made.set(node, { step: s, index });
        for (const x of node.inputs) {
          const reads = this.#reads.get(storageOf(x)) ?? [];
          reads.push({ step: s, index, stream: step.kind === "group" && sizeOf(x.shape) === step.size });
          this.#reads.set(storageOf(x), reads);
        }
      });
    });
    this.#wanted = wanted;
  }

  finish(): Plan {
    const assigned = this.#placeAssignments();
    this.#keepOldValues();
    const context: Context = {
      temp: (bytes) => ({ space: "arena", bytes }),
      constant: (values) => this.#constant(values),
    };
    this.#steps.forEach((step, s) => {
      if (step.kind === "single") {
        const inputs = step.node.inputs.map((x) => this.#bufferOf(x));
        const out = this.#bufferOf(nodesOf(step).at(-1)!);
        this.#instructions.push(...lower(step.node, out, inputs, { ...context, epilogue: this.#epilogueOf(step) }));
      } else {
        const outside = (node: Node): boolean => this.#usedOutside(node, s);
        const { instruction, takeovers } = emitGroup(step, (node) => this.#bufferOf(node), outside);
        for (const t of takeovers) this.#takeovers.push({ ...t, instruction: this.#instructions.length });
        this.#instructions.push(instruction);
      }
    });
    for (const [variable, node] of this.#graph.assigns) {
      if (!assigned.has(variable)) this.#instructions.push(copyInstruction(this.#resultOf(node), this.#bufferOf(variable)));
    }
    return this.#place();
  }

  #constant(values: Float32Array): Buffer {
    const buffer: Buffer = { space: "constant", bytes: values.length * 4, values };
    this.#constants.push(buffer);
    return buffer;
  }

  #bufferOf(node: Node): Buffer {
    const storage = storageOf(node);
    let buffer = this.#buffers.get(storage);
    if (!buffer) {
      buffer = { space: "arena", bytes: sizeOf(storage.shape) * 4 };
      this.#buffers.set(storage, buffer);
    }
    return buffer;
  }

  #epilogueOf({ epilogue }: Single): Epilogue | undefined {
    if (epilogue.length === 0) return undefined;
    const add = epilogue.find((n) => n.op === "add");
    const bias = add?.inputs.find((x) => sizeOf(x.shape) < sizeOf(add.shape));
    const last = epilogue.at(-1)!;
    return {
      bias: bias ? this.#bufferOf(bias) : null,
      activation:
        last.op === "leakyRelu"
          ? Activation.LeakyRelu
          : last.op === "tanh"
            ? Activation.Tanh
            : last.op === "sigmoid"
              ? Activation.Sigmoid
              : Activation.None,
      alpha: isOp(last, "leakyRelu") ? last.attrs.alpha : 0,
    };
  }

  /** Copies variables that change in this run and whose old value is to be given back, or moved to another variable, after it. */
  #keepOldValues(): void {
    const assigns = [...this.#graph.assigns];
    const results = [...this.#graph.fetches.values(), ...assigns.filter(([v, n]) => storageOf(n) !== v).map(([, n]) => n)];
    for (const storage of new Set(results.map(storageOf))) {
      if (!assigns.some(([v, n]) => v === storage && storageOf(n) !== v)) continue;
      const copy: Buffer = { space: "arena", bytes: sizeOf(storage.shape) * 4 };
      this.#instructions.push(copyInstruction(this.#bufferOf(storage), copy));
      this.#kept.set(storage, copy);
    }
  }

  /** Where the value of a fetched or assigned node lies when the run is over. */
  #resultOf(node: Node): Buffer {
    return this.#kept.get(storageOf(node)) ?? this.#bufferOf(node);
  }

  /** Whether a value of step `s` is needed by another step or after the run. */
  #usedOutside(node: Node, s: number): boolean {
    return this.#wanted.has(node) || (this.#reads.get(node) ?? []).some((r) => r.step !== s);
  }

  /**
   * Lets the new value of a variable be written where the old one lies, when nothing reads the old one afterwards.
   * Gives the variables that need no copy at the end.
   */
  #placeAssignments(): Set<Node> {
    const done = new Set<Node>();
    for (const [variable, node] of this.#graph.assigns) {
      const storage = storageOf(node);
      if (storage === variable) done.add(variable);
      const birth = this.#made.get(storage);
      if (!birth || this.#buffers.has(storage)) continue;
      const group = this.#steps[birth.step]!.kind === "group";
      const safe = (this.#reads.get(variable) ?? []).every(
        (r) => r.step < birth.step || (group && r.step === birth.step && r.stream && r.index <= birth.index),
      );
      if (!safe) continue;
      this.#buffers.set(storage, this.#bufferOf(variable));
      done.add(variable);
    }
    return done;
  }

  #place(): Plan {
    const inputs = new Map<string, { buffer: Buffer; size: number }>();
    const fetches = new Map<string, { buffer: Buffer; size: number }>();
    for (const node of this.#graph.leaves("input")) inputs.set(node.attrs.name, { buffer: this.#bufferOf(node), size: sizeOf(node.shape) });
    for (const [name, node] of this.#graph.fetches) fetches.set(name, { buffer: this.#resultOf(node), size: sizeOf(node.shape) });

    const spans = new Map<Buffer, { first: number; last: number }>();
    const touch = (buffer: Buffer, time: number): void => {
      if (buffer.space !== "arena") return;
      const span = spans.get(buffer);
      if (!span) spans.set(buffer, { first: time, last: time });
      else span.last = Math.max(span.last, time);
    };
    for (const { buffer } of inputs.values()) touch(buffer, -1);
    this.#instructions.forEach((instruction, i) => {
      for (const b of instruction.reads) touch(b, i);
      for (const b of instruction.writes) touch(b, i);
    });
    for (const { buffer } of fetches.values()) touch(buffer, this.#instructions.length);

    // A group's result takes over the place of an operand that dies there, if it is written after the last read of it.
    for (const { instruction, result, operands } of this.#takeovers) {
      const own = spans.get(result);
      if (own?.first !== instruction) continue;
      const heir = operands.map(homeOf).find((o) => {
        const span = spans.get(o);
        return span && o.bytes === result.bytes && span.first < instruction && span.last === instruction;
      });
      if (!heir) continue;
      result.home = heir;
      spans.get(heir)!.last = own.last;
      spans.delete(result);
    }

    const homes = [...spans.keys()];
    const arena = planArena(homes.map((b) => ({ bytes: b.bytes, ...spans.get(b)! })));
    const offsets = new Map(homes.map((b, i) => [b, arena.offsets[i]!]));
    return {
      instructions: this.#instructions,
      barriers: planBarriers(this.#instructions, offsets),
      constants: this.#constants,
      inputs,
      fetches,
      offsets,
      arena: arena.bytes,
      live: arena.live,
      scratch: Math.max(0, ...this.#instructions.map((i) => i.scratch)),
      zeros: Math.max(0, ...this.#instructions.map((i) => i.zeros)),
    };
  }
}
