/** Graph to plan: simplify, fuse, lower, and give every value a place. */
import { Activation } from "../../../../assembly/format/products.ts";
import { sizeOf } from "../../../core/shape.ts";
import { broadcastTo } from "../../../graph/build.ts";
import { type Graph, isOp, liveNodes, type Node, rewrite } from "../../../graph/graph.ts";
import { OPS, type OpName } from "../../../graph/ops.ts";
import type { AssignmentPolicy, Assignments, planAssignments } from "../../schedule/assignments.ts";
import { fuse } from "../../schedule/fuse.ts";
import type { Ordering } from "../../schedule/recompute.ts";
import { type Group, nodesOf, type Single, type Step, storageOf } from "../../schedule/steps.ts";
import { resultsOf, Uses } from "../../schedule/uses.ts";
import type { Buffer, Context, Derivation, Epilogue, Instruction, Lowering, Plan } from "../instructions/instruction.ts";
import { accessOf } from "../lower/access.ts";
import { copyInstruction } from "../lower/elementwise.ts";
import { lowerGroup } from "../lower/group.ts";
import type { Lowerings, SingleOp } from "../lower/sampling.ts";
import type { planBarriers } from "./barriers.ts";
import { doubleApart, FUSION, factorOf } from "./fusion.ts";
import { placeBuffers, type TakeoverAt } from "./places.ts";

/** What compiling consists of. Programs of a kind that needs less come along with less. */
export interface Passes {
  /** Of all ops that the graphs have. */
  readonly lowerings: Lowerings;
  simplify(graph: Graph): Graph;
  /** Ways to run a graph, each of which holds less at once than the one before. */
  orderings(graph: Graph, fuse: (graph: Graph) => readonly Step[]): Iterable<Ordering>;
  planAssignments: typeof planAssignments;
  planBarriers: typeof planBarriers;
}

/** The memory that a plan is to do with. */
export interface Room {
  /** Bytes that the arena can have at the very most. */
  readonly arena: number;
  /** Whether there may be enough for what is made of one tensor for several. */
  readonly shares: boolean;
  /** Whether there is enough for all that a plan needs. */
  fits(plan: Plan): boolean;
  /** Bytes of instructions that there may be beside a plan's arena, if others have as many: those of a smaller arena have more. */
  instructions(plan: Plan): number;
}

const PLENTY: Room = { arena: Number.POSITIVE_INFINITY, shares: true, fits: () => true, instructions: () => 0 };

/**
 * Compiles `graph` over `variables` (name to buffer), all of its own among them: the first of its orderings that fits, else the smaller of the first and the last; the first where
 * instructions weigh more than values. What is made of one tensor for several is made for each of them instead where it does not fit: the same bits, of less memory.
 */
export function compile(graph: Graph, variables: ReadonlyMap<string, Buffer>, passes: Passes, room = PLENTY): Plan {
  const stepsOf = (g: Graph): Step[] => fuse(liveNodes(g), FUSION, resultsOf(g));
  let { shares } = room;
  const planOf = (g: Graph): Plan => {
    const results = resultsOf(g);
    const steps = stepsOf(g);
    const uses = new Uses(steps, results);
    const compilation = new Compilation(g, uses, passes.planAssignments(g, steps, uses, results, ASSIGNMENT), variables, passes, shares);
    const plan = compilation.finish(steps);
    if (!compilation.shared || room.fits(plan)) return plan;
    shares = false;
    return planOf(g);
  };
  let first: Plan | undefined;
  let last: Graph | undefined;
  for (const { graph: ordered, live } of passes.orderings(doubleApart(writeOutBroadcasts(passes.simplify(graph))), stepsOf)) {
    // What is live is an estimate: kernels need working space too.
    const plan = !first || live <= room.arena ? planOf(ordered) : null;
    if (plan && (room.fits(plan) || (!first && plan.arena <= room.instructions(plan)))) return plan;
    if (first) last = ordered;
    first ??= plan!;
  }
  const least = last && planOf(last);
  const bytes = (plan: Plan): number => plan.arena + room.instructions(plan);
  return least && bytes(least) < bytes(first!) ? least : first!;
}

/** A group's nodes write one after the other, block by block. */
const ASSIGNMENT: AssignmentPolicy = { writesInPlace: () => true, readsFirst: false };

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
  readonly #uses: Uses;
  readonly #assignments: Assignments;
  readonly #passes: Passes;
  readonly #shares: boolean;
  readonly #buffers = new Map<Node, Buffer>(); // by storage node
  readonly #constants: Buffer[] = [];
  readonly #instructions: Instruction[] = [];
  readonly #takeovers: TakeoverAt[] = [];
  /** Copies of variables whose old value outlives them. */
  readonly #kept = new Map<Node, Buffer>();
  /** What is derived from variables, by name, and what makes it. */
  readonly #derived = new Map<string, Buffer>();
  /** What is made once a run of a node's value, by what it is. */
  readonly #shared = new Map<Node, Map<string, Buffer>>();
  readonly #prologue: Instruction[] = [];
  readonly #context: Context;

  constructor(graph: Graph, uses: Uses, assignments: Assignments, variables: ReadonlyMap<string, Buffer>, passes: Passes, shares: boolean) {
    this.#graph = graph;
    this.#uses = uses;
    this.#assignments = assignments;
    this.#passes = passes;
    this.#shares = shares;
    this.#context = {
      temp: (bytes) => ({ space: "arena", bytes }),
      constant: (values) => this.#constant(values),
      derived: (source, derivation) => this.#derive(source, derivation),
      shared: (source, derivation) => this.#derive(source, derivation) ?? this.#share(source, derivation),
    };
    for (const node of graph.nodes) {
      if (isOp(node, "variable")) {
        this.#buffers.set(node, variables.get(node.attrs.name)!);
      } else if (isOp(node, "constant")) {
        this.#buffers.set(node, this.#constant(node.attrs.values));
      }
    }
    for (const [storage, variable] of assignments.inPlace) this.#buffers.set(storage, this.#bufferOf(variable));
  }

  /** Whether anything was made for all who read it. */
  get shared(): boolean {
    return this.#derived.size + this.#shared.size > 0;
  }

  finish(steps: readonly Step[]): Plan {
    this.#keepOldValues();
    for (const step of steps) {
      if (step.kind === "single") this.#single(step);
      else this.#group(step);
    }
    for (const [variable, node] of this.#assignments.copied) this.#instructions.push(copyInstruction(this.#resultOf(node), this.#bufferOf(variable)));
    return this.#plan();
  }

  #single(step: Single): void {
    const doubles = step.prologue.length > 0;
    const inputs = step.node.inputs.map((x, i) => this.#bufferOf(doubles && i === 0 ? x.inputs[0]! : x));
    const out = this.#bufferOf(nodesOf(step).at(-1)!);
    const lower = this.#passes.lowerings[step.node.op as SingleOp] as Lowering<OpName>;
    this.#instructions.push(...lower(step.node, out, inputs, { ...this.#context, doubles, epilogue: this.#epilogueOf(step) }));
  }

  #group(group: Group): void {
    const members = new Set(group.nodes);
    const isNeeded = (node: Node): boolean => this.#uses.isNeededBeyond(node, members);
    const { instruction, takeovers } = lowerGroup(group, (node) => this.#bufferOf(node), isNeeded);
    for (const t of takeovers) this.#takeovers.push({ ...t, instruction: this.#instructions.length });
    this.#instructions.push(instruction);
  }

  #constant(values: Float32Array): Buffer {
    const buffer: Buffer = { space: "constant", bytes: values.length * 4, values };
    this.#constants.push(buffer);
    return buffer;
  }

  #derive(source: Node, { key, bytes, make }: Derivation): Buffer | null {
    const variable = storageOf(source);
    if (!this.#shares || !isOp(variable, "variable") || this.#graph.assigns.size > 0) return null;
    const name = `${variable.attrs.name}/${key}`;
    let buffer = this.#derived.get(name);
    if (!buffer) {
      buffer = { space: "derived", bytes, name };
      this.#derived.set(name, buffer);
      this.#prologue.push(...make(buffer));
    }
    return buffer;
  }

  #share(source: Node, { key, bytes, make }: Derivation): Buffer {
    const storage = storageOf(source);
    const known = this.#shared.get(storage) ?? new Map<string, Buffer>();
    let buffer = known.get(key);
    if (!buffer) {
      buffer = { space: "arena", bytes };
      if (this.#shares) this.#shared.set(storage, known.set(key, buffer));
      this.#instructions.push(...make(buffer));
    }
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
    const pool = factorOf(epilogue.at(-1)!);
    const last = epilogue.at(pool === undefined ? -1 : -2) ?? add;
    return {
      bias: bias ? this.#bufferOf(bias) : null,
      activation:
        last?.op === "leakyRelu"
          ? Activation.LeakyRelu
          : last?.op === "tanh"
            ? Activation.Tanh
            : last?.op === "sigmoid"
              ? Activation.Sigmoid
              : Activation.None,
      alpha: last && isOp(last, "leakyRelu") ? last.attrs.alpha : 0,
      ...(pool !== undefined && { pool }),
    };
  }

  #keepOldValues(): void {
    for (const variable of this.#assignments.kept) {
      const copy: Buffer = { space: "arena", bytes: sizeOf(variable.shape) * 4 };
      this.#instructions.push(copyInstruction(this.#bufferOf(variable), copy));
      this.#kept.set(variable, copy);
    }
  }

  /** Where the value of a fetched or assigned node lies when the run is over. */
  #resultOf(node: Node): Buffer {
    return this.#kept.get(storageOf(node)) ?? this.#bufferOf(node);
  }

  #plan(): Plan {
    const ends = (nodes: Iterable<readonly [string, Node]>) =>
      new Map(Array.from(nodes, ([name, node]) => [name, { buffer: this.#resultOf(node), size: sizeOf(node.shape) }]));
    const inputs = ends(this.#graph.leaves("input").map((node) => [node.attrs.name, node]));
    const fetches = ends(this.#graph.fetches);
    const buffersOf = (named: ReadonlyMap<string, { buffer: Buffer }>) => Array.from(named.values(), ({ buffer }) => buffer);
    const ahead = placeBuffers(this.#prologue, [], [], []);
    const run = placeBuffers(this.#instructions, buffersOf(inputs), buffersOf(fetches), this.#takeovers);
    const offsets = new Map([...ahead.offsets, ...run.offsets]);
    const all = [...this.#prologue, ...this.#instructions];
    return {
      instructions: all,
      prologue: this.#prologue.length,
      derived: [...this.#derived.values()],
      assigns: this.#graph.assigns.size > 0,
      barriers: [this.#prologue, this.#instructions].flatMap((instructions) => this.#passes.planBarriers(instructions, offsets)),
      constants: this.#constants,
      inputs,
      fetches,
      offsets,
      arena: Math.max(ahead.bytes, run.bytes),
      live: Math.max(ahead.live, run.live),
      scratch: Math.max(0, ...all.map((i) => i.scratch)),
      zeros: Math.max(0, ...all.map((i) => i.zeros)),
    };
  }
}
