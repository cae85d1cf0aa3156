/** Graph to a list of dispatches over virtual buffers. */
import { sizeOf } from "../../core/shape.ts";
import { equal, reshape } from "../../graph/build.ts";
import { expandComposites } from "../../graph/composites.ts";
import { type Graph, isOp, liveNodes, type Node, rewrite } from "../../graph/graph.ts";
import { simplify } from "../../graph/simplify.ts";
import { type AssignmentPolicy, type Assignments, planAssignments } from "../schedule/assignments.ts";
import { fuse } from "../schedule/fuse.ts";
import { type Step, storageOf } from "../schedule/steps.ts";
import { resultsOf, Uses } from "../schedule/uses.ts";
import { elementwise, isScalarConstant } from "./elementwise.ts";
import { FUSION, operandsOf, split } from "./groups.ts";
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
  const results = resultsOf(lowered);
  const steps = withinLimits(fuse(liveNodes(lowered), FUSION, results), results, device.limits.maxStorageBuffersPerShaderStage);
  const uses = new Uses(steps, results);
  const assignments = planAssignments(lowered, steps, uses, results, ASSIGNMENT);
  return new Compilation(lowered, uses, assignments, new Recording(tensorflow, device)).finish(steps);
}

/** TensorFlow.js's kernels make the memory they write. A shader of ours has loaded all elements it needs before it stores one. */
const ASSIGNMENT: AssignmentPolicy = { writesInPlace: ({ kind }) => kind === "group", readsFirst: true };

/** Cuts groups that would bind more than `limit` buffers. */
function withinLimits(steps: readonly Step[], results: ReadonlySet<Node>, limit: number): Step[] {
  const uses = new Uses(steps, results);
  const fits = (part: readonly Node[]): boolean => {
    const { reads, writes } = operandsOf(part, (node, members) => uses.isNeededBeyond(node, members));
    return reads.filter((n) => !isScalarConstant(n)).length + writes.length <= limit;
  };
  return steps.flatMap((step): Step[] => (step.kind === "single" ? [step] : split(step.nodes, fits).map((nodes) => ({ ...step, nodes }))));
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
  readonly #uses: Uses;
  readonly #assignments: Assignments;
  readonly #recording: Recording;
  readonly #tensors = new Map<Node, Tensor>(); // by storage node
  /** Copies of variables whose old value outlives them. */
  readonly #kept = new Map<Node, Tensor>();

  constructor(graph: Graph, uses: Uses, assignments: Assignments, recording: Recording) {
    this.#graph = graph;
    this.#uses = uses;
    this.#assignments = assignments;
    this.#recording = recording;
  }

  finish(steps: readonly Step[]): Listing {
    this.#keepOldValues();
    for (const step of steps) {
      if (step.kind === "single") {
        const inputs = step.node.inputs.map((x) => this.#recording.reshape(this.#tensorOf(x), x.shape));
        this.#tensors.set(step.node, lower(this.#recording, step.node, inputs));
      } else {
        const operands = operandsOf(step.nodes, (node, members) => this.#uses.isNeededBeyond(node, members));
        this.#recording.dispatch(elementwise(step.nodes, operands, (node) => this.#bufferOf(node)));
      }
    }

    const place = (node: Node): Place => {
      const tensor = this.#kept.get(storageOf(node)) ?? this.#tensorOf(node);
      return { buffer: this.#recording.bufferOf(tensor), size: sizeOf(node.shape) };
    };
    const { nodes, fetches } = this.#graph;
    return {
      inputs: new Map(nodes.filter((n) => isOp(n, "input")).map((n) => [n.attrs.name, place(n)])),
      variables: new Map(nodes.filter((n) => isOp(n, "variable")).map((n) => [this.#bufferOf(n), n.attrs.name])),
      fetches: new Map(Array.from(fetches, ([name, node]) => [name, place(node)])),
      copies: this.#assignments.copied.map(([variable, node]) => ({ from: place(node).buffer, variable: variable.attrs.name })),
      dispatches: this.#recording.dispatches,
    };
  }

  #keepOldValues(): void {
    for (const variable of this.#assignments.kept) {
      const flat = this.#recording.reshape(this.#tensorOf(variable), [sizeOf(variable.shape)]);
      this.#kept.set(variable, this.#recording.kernel("Slice", { x: flat }, { begin: [0], size: [flat.shape[0]!] }));
    }
  }

  #bufferOf(node: Node): VirtualBuffer {
    return this.#recording.bufferOf(this.#tensorOf(node));
  }

  /** The tensor of a node; that of an elementwise node or a leaf is made when it is first asked for. */
  #tensorOf(node: Node): Tensor {
    const storage = storageOf(node);
    let tensor = this.#tensors.get(storage);
    if (!tensor) {
      const variable = this.#assignments.inPlace.get(storage);
      if (variable) tensor = this.#tensorOf(variable);
      else tensor = this.#recording.tensor(storage.shape, isOp(storage, "constant") ? storage.attrs.values : undefined);
      this.#tensors.set(storage, tensor);
    }
    return tensor;
  }
}
