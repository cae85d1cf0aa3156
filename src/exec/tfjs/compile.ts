/** Graph to a list of dispatches over virtual buffers. */
import { sizeOf } from "../../core/shape.ts";
import { equal, reshape } from "../../graph/build.ts";
import { expandComposites } from "../../graph/composites.ts";
import { type Graph, isOp, liveNodes, type Node, rewrite } from "../../graph/graph.ts";
import { simplify } from "../../graph/simplify.ts";
import { elementwise, isScalarConstant } from "./elementwise.ts";
import { fuse, operandsOf, type Step, split, storageOf } from "./fuse.ts";
import { lower } from "./lower.ts";
import { type Dispatch, Recording, type Tensor, type VirtualBuffer } from "./recording.ts";
import type { TensorFlow } from "./tensorflow.ts";

/** A tensor of a program that is fed, fetched or kept. */
export interface Place {
  readonly buffer: VirtualBuffer;
  readonly size: number;
}

/** What runs, and where its ends are. */
export interface Listing {
  readonly dispatches: readonly Dispatch[];
  readonly inputs: ReadonlyMap<string, Place>;
  /** The buffers of the session's variables. */
  readonly variables: ReadonlyMap<VirtualBuffer, string>;
  readonly fetches: ReadonlyMap<string, Place>;
  /** New values to be copied to variables when all is done; others are computed where they belong. */
  readonly copies: readonly { readonly from: VirtualBuffer; readonly variable: string }[];
}

export function compile(graph: Graph, tensorflow: TensorFlow, device: GPUDevice): Listing {
  const lowered = withoutOneHot(simplify(expandComposites(graph)));
  return new Compilation(lowered, new Recording(tensorflow, device)).finish();
}

function withoutOneHot(graph: Graph): Graph {
  return rewrite(graph, (node, inputs, target) => {
    if (!isOp(node, "oneHot")) return target.apply(node.op, inputs, node.attrs);
    const { depth } = node.attrs;
    const classes = target.constant(
      Float32Array.from({ length: depth }, (_, i) => i),
      [depth],
    );
    return equal(reshape(inputs[0]!, [...inputs[0]!.shape, 1]), classes);
  });
}

class Compilation {
  readonly #graph: Graph;
  readonly #recording: Recording;
  readonly #steps: Step[];
  readonly #tensors = new Map<Node, Tensor>(); // by storage node
  /** The steps that read each storage node. */
  readonly #reads = new Map<Node, number[]>();
  /** Storage nodes whose value outlives the run. */
  readonly #wanted: ReadonlySet<Node>;
  /** Nodes computed in the memory of the variable that they are assigned to. */
  readonly #inPlace = new Map<Node, Node<"variable">>();
  /** Copies of variables whose old value outlives them. */
  readonly #kept = new Map<Node, Tensor>();

  constructor(graph: Graph, recording: Recording) {
    this.#graph = graph;
    this.#recording = recording;
    this.#wanted = new Set([...graph.fetches.values(), ...graph.assigns.values()].map(storageOf));
    this.#steps = this.#withinLimits(fuse(liveNodes(graph)));
    this.#steps.forEach((step, at) => {
      for (const node of nodesOf(step)) {
        for (const x of node.inputs) {
          const reads = this.#reads.get(storageOf(x)) ?? [];
          reads.push(at);
          this.#reads.set(storageOf(x), reads);
        }
      }
    });
  }

  finish(): Listing {
    this.#chooseInPlace();
    this.#keepOldValues();
    this.#steps.forEach((step, at) => {
      if (step.kind === "single") {
        const inputs = step.node.inputs.map((x) => this.#recording.reshape(this.#tensorOf(x), x.shape));
        this.#tensors.set(step.node, lower(this.#recording, step.node, inputs));
      } else {
        const operands = operandsOf(step.nodes, (node) => this.#isNeededAfter(node, at));
        this.#recording.dispatch(elementwise(step.nodes, operands, (node) => this.#bufferOf(node)));
      }
    });

    const place = (node: Node): Place => {
      const tensor = this.#kept.get(storageOf(node)) ?? this.#tensorOf(node);
      return { buffer: this.#recording.bufferOf(tensor), size: sizeOf(node.shape) };
    };
    const { nodes, fetches, assigns } = this.#graph;
    const copied = [...assigns].filter(([variable, node]) => storageOf(node) !== variable && this.#inPlace.get(storageOf(node)) !== variable);
    return {
      inputs: new Map(nodes.filter((n) => isOp(n, "input")).map((n) => [n.attrs.name, place(n)])),
      variables: new Map(nodes.filter((n) => isOp(n, "variable")).map((n) => [this.#bufferOf(n), n.attrs.name])),
      fetches: new Map(Array.from(fetches, ([name, node]) => [name, place(node)])),
      copies: copied.map(([variable, node]) => ({ from: place(node).buffer, variable: variable.attrs.name })),
      dispatches: this.#recording.dispatches,
    };
  }

  /** Cuts groups that would bind more buffers than a shader may have. */
  #withinLimits(steps: readonly Step[]): Step[] {
    const limit = this.#recording.limits.maxStorageBuffersPerShaderStage;
    const readers = new Map<Node, Set<Node>>();
    for (const step of steps) {
      for (const node of nodesOf(step)) {
        for (const x of node.inputs) {
          const set = readers.get(storageOf(x)) ?? new Set();
          readers.set(storageOf(x), set.add(node));
        }
      }
    }
    const isNeeded = (node: Node, by: ReadonlySet<Node>) => this.#wanted.has(node) || [...(readers.get(node) ?? [])].some((n) => !by.has(n));
    const fits = (part: readonly Node[]) => {
      const { reads, writes } = operandsOf(part, isNeeded);
      return reads.filter((n) => !isScalarConstant(n)).length + writes.length <= limit;
    };
    return steps.flatMap((step): Step[] => (step.kind === "single" ? [step] : split(step.nodes, fits).map((nodes) => ({ ...step, nodes }))));
  }

  /**
   * Lets a group write a variable's new value over the old one, where nothing reads the old one later. The group itself may:
   * of a variable as large as itself, it reads for element i element i alone.
   */
  #chooseInPlace(): void {
    const made = new Map(this.#steps.flatMap((step, at) => (step.kind === "group" ? step.nodes.map((n) => [n, at] as const) : [])));
    for (const [variable, node] of this.#graph.assigns) {
      const storage = storageOf(node);
      const birth = made.get(storage);
      if (birth === undefined || this.#inPlace.has(storage)) continue;
      if ((this.#reads.get(variable) ?? []).every((at) => at <= birth)) this.#inPlace.set(storage, variable);
    }
  }

  /** Copies, before anything runs, the variables that change in this run and whose old value is a result of it. */
  #keepOldValues(): void {
    for (const variable of this.#wanted) {
      const next = isOp(variable, "variable") && this.#graph.assigns.get(variable);
      if (!next || storageOf(next) === variable) continue;
      const flat = this.#recording.reshape(this.#tensorOf(variable), [sizeOf(variable.shape)]);
      this.#kept.set(variable, this.#recording.kernel("Slice", { x: flat }, { begin: [0], size: [flat.shape[0]!] }));
    }
  }

  #isNeededAfter(node: Node, at: number): boolean {
    return this.#wanted.has(node) || (this.#reads.get(node) ?? []).some((step) => step !== at);
  }

  #bufferOf(node: Node): VirtualBuffer {
    return this.#recording.bufferOf(this.#tensorOf(node));
  }

  /** The tensor of a node; that of an elementwise node or a leaf is made when it is first asked for. */
  #tensorOf(node: Node): Tensor {
    const storage = storageOf(node);
    let tensor = this.#tensors.get(storage);
    if (!tensor) {
      const variable = this.#inPlace.get(storage);
      if (variable) tensor = this.#tensorOf(variable);
      else tensor = this.#recording.tensor(storage.shape, isOp(storage, "constant") ? storage.attrs.values : undefined);
      this.#tensors.set(storage, tensor);
    }
    return tensor;
  }
}

const nodesOf = (step: Step): readonly Node[] => (step.kind === "group" ? step.nodes : [step.node]);
