/** What a graph becomes on a device, before anything of it is set up there. */
import { sizeOf } from "../../core/shape.ts";
import type { Graph } from "../../graph/graph.ts";
import { checkLimit, checkMemory, checkVariables } from "../checks.ts";
import type { MemoryReport, VariableSpec } from "../executor.ts";
import { compile, type Listing } from "./compile.ts";
import { asBackendError } from "./failure.ts";
import { planSlots, type SlotPlan } from "./plan.ts";
import { type Blob, constantsOf, ownBytes, uniformsOf } from "./program.ts";
import type { TensorFlow } from "./tensorflow.ts";

/** A program as it will be. */
export interface Draft {
  readonly listing: Listing;
  readonly plan: SlotPlan;
  readonly uniforms: Blob;
  readonly constants: Blob;
  /** Bytes that only this program holds. */
  readonly own: number;
}

/** @throws ShapeError when the graph names other variables @throws BackendError when the kernels cannot work on its tensors */
export function draftProgram(graph: Graph, variables: ReadonlyMap<string, VariableSpec>, tensorflow: TensorFlow, device: GPUDevice): Draft {
  checkVariables(graph, variables);
  const listing = record(graph, tensorflow, device);
  const plan = planSlots(
    listing.dispatches,
    (buffer) => listing.variables.has(buffer) || buffer.contents !== undefined,
    Array.from(listing.inputs.values(), (p) => p.buffer),
    [...Array.from(listing.fetches.values(), (p) => p.buffer), ...listing.copies.map((c) => c.from)],
  );
  const [uniforms, constants] = [uniformsOf(listing), constantsOf(listing)];
  return { listing, plan, uniforms, constants, own: ownBytes({ listing, uniforms, constants }) };
}

function record(graph: Graph, tensorflow: TensorFlow, device: GPUDevice): Listing {
  try {
    return compile(graph, tensorflow, device);
  } catch (cause) {
    throw asBackendError(cause, "tensors that the kernels can work on");
  }
}

/** Bytes of the largest buffer that a program needs of its own, or of those it shares. */
export const largestBuffer = ({ plan, constants }: Draft): number => Math.max(plan.sizes[0] ?? 0, constants.bytes.length);

/** Bytes of all variables. */
export const variableBytes = (variables: Iterable<VariableSpec>): number =>
  Array.from(variables).reduce((sum, { shape }) => sum + 4 * sizeOf(shape), 0);

/** Bytes of the largest buffer that kernels can work on. */
export const bufferLimit = ({ limits }: GPUDevice): number => Math.min(limits.maxBufferSize, limits.maxStorageBufferBindingSize);

/** @throws BackendError when a buffer is larger than the device's can be */
export function checkBuffer(largest: number, device: GPUDevice): void {
  checkLimit(largest, { bytes: bufferLimit(device), limit: "the largest buffer of this device" });
}

/** What a session of these variables holds once it has compiled these graphs. @throws BackendError when that is more than `maxMemory`, or than the device has */
export function measure(
  specs: readonly VariableSpec[],
  graphs: readonly Graph[],
  { tensorflow, device, maxMemory }: { tensorflow: TensorFlow; device: GPUDevice; maxMemory: number },
): MemoryReport {
  const variables = new Map(specs.map((v) => [v.name, v]));
  for (const { shape } of specs) checkBuffer(4 * sizeOf(shape), device);
  const drafts = graphs.map((graph) => draftProgram(graph, variables, tensorflow, device));
  for (const draft of drafts) checkBuffer(largestBuffer(draft), device);
  const slots = Math.max(0, ...drafts.map(({ plan }) => plan.sizes.length));
  let activations = 0;
  for (let slot = 0; slot < slots; slot++) activations += Math.max(...drafts.map(({ plan }) => plan.sizes[slot] ?? 0));
  const bytes = variableBytes(specs);
  const total = bytes + activations + drafts.reduce((sum, { own }) => sum + own, 0);
  checkMemory(total, maxMemory);
  return { variables: bytes, activations, live: Math.max(0, ...drafts.map(({ plan }) => plan.live)), scratch: 0, total };
}
