/** A list of dispatches made real: pipelines, bind groups, and one submission a run. */
import type { Fetches } from "../executor.ts";
import type { Listing, Place } from "./compile.ts";
import type { SlotPlan } from "./plan.ts";
import type { BufferPool } from "./pool.ts";
import type { VirtualBuffer } from "./recording.ts";

/** Everything that a program binds at an offset lies at a multiple of this: WebGPU's largest required alignment. */
const ALIGNMENT = 256;
const align = (bytes: number): number => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;

/** Uniforms and constants, written once. */
export interface Blob {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly offsets: ReadonlyMap<ArrayBuffer, number>;
}

/** Lays out the uniforms of `listing`, equal ones once. */
export function uniformsOf({ dispatches }: Listing): Blob {
  return blob(dispatches.flatMap(({ bindings }) => bindings.flatMap((b) => (b.kind === "uniform" ? [b.bytes] : []))));
}

/** Lays out the constants of `listing`, fetched ones included. */
export function constantsOf({ dispatches, fetches, copies }: Listing): Blob {
  const bound = dispatches.flatMap(({ bindings }) => bindings.flatMap((b) => (b.kind === "uniform" ? [] : [b.buffer])));
  const ends = [...Array.from(fetches.values(), (p) => p.buffer), ...copies.map((c) => c.from)];
  return blob([...bound, ...ends].flatMap(({ contents }) => (contents ? [contents] : [])));
}

function blob(parts: readonly ArrayBuffer[]): Blob {
  const offsets = new Map<ArrayBuffer, number>();
  const known = new Map<string, number>();
  let end = 0;
  for (const part of parts) {
    if (offsets.has(part)) continue;
    const key = part.byteLength <= 1024 ? new Uint32Array(part).join() : "";
    let at = key ? known.get(key) : undefined;
    if (at === undefined) {
      at = end;
      end += align(part.byteLength);
      if (key) known.set(key, at);
    }
    offsets.set(part, at);
  }
  const bytes = new Uint8Array(end);
  for (const [part, at] of offsets) bytes.set(new Uint8Array(part), at);
  return { bytes, offsets };
}

export interface ProgramParts {
  readonly listing: Listing;
  readonly plan: SlotPlan;
  readonly uniforms: Blob;
  readonly constants: Blob;
  /** One for each dispatch. */
  readonly pipelines: readonly GPUComputePipeline[];
}

/** Bytes that a program of these parts holds for itself: uniforms, constants, and what its fetches are read through. */
export function ownBytes({ listing, uniforms, constants }: Pick<ProgramParts, "listing" | "uniforms" | "constants">): number {
  const fetched = Array.from(listing.fetches.values(), ({ size }) => 4 * size);
  return filledSize(uniforms.bytes) + filledSize(constants.bytes) + fetched.reduce((a, b) => a + b, 0);
}

/** Where a virtual buffer lies. */
interface Location {
  readonly buffer: GPUBuffer;
  readonly offset: number;
  readonly size: number;
}

/** Bytes of a staging buffer that one fetch takes. */
interface Readback {
  readonly name: string;
  readonly place: Place;
  readonly offset: number;
}

export class GPUProgram {
  readonly #device: GPUDevice;
  readonly #parts: ProgramParts;
  readonly #pool: BufferPool;
  readonly #variables: ReadonlyMap<string, GPUBuffer>;
  readonly #uniforms: GPUBuffer;
  readonly #constants: GPUBuffer;
  readonly #readbacks: readonly Readback[];
  readonly #stagingSize: number;
  /** Staging buffers not in use: one, or as many as runs have been in flight at once. */
  readonly #staging: GPUBuffer[] = [];
  #groups: GPUBindGroup[] = [];
  #generation = -1;

  constructor(device: GPUDevice, parts: ProgramParts, pool: BufferPool, variables: ReadonlyMap<string, GPUBuffer>) {
    this.#device = device;
    this.#parts = parts;
    this.#pool = pool;
    this.#variables = variables;
    this.#uniforms = filled(device, parts.uniforms.bytes, GPUBufferUsage.UNIFORM);
    this.#constants = filled(device, parts.constants.bytes, GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC);
    let offset = 0;
    this.#readbacks = Array.from(parts.listing.fetches, ([name, place]) => {
      const readback = { name, place, offset };
      offset += 4 * place.size;
      return readback;
    });
    this.#stagingSize = offset;
  }

  /** Enqueues one run before it returns; what is fetched comes when the GPU has done it. */
  run(values: ReadonlyMap<string, Float32Array>): Promise<Fetches> {
    this.#upload(values);
    this.#link();
    const { listing, pipelines } = this.#parts;
    const encoder = this.#device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    listing.dispatches.forEach(({ workgroups }, i) => {
      pass.setPipeline(pipelines[i]!);
      pass.setBindGroup(0, this.#groups[i]!);
      pass.dispatchWorkgroups(...workgroups);
    });
    pass.end();
    const copy = (from: VirtualBuffer, to: GPUBuffer, offset: number, size: number) => {
      const source = this.#locate(from);
      encoder.copyBufferToBuffer(source.buffer, source.offset, to, offset, size);
    };
    const staging = this.#readbacks.length > 0 ? this.#takeStaging() : null;
    for (const { place, offset } of this.#readbacks) copy(place.buffer, staging!, offset, 4 * place.size);
    for (const { from, variable } of listing.copies) copy(from, this.#variables.get(variable)!, 0, from.size);
    this.#device.queue.submit([encoder.finish()]);
    return staging ? this.#readBack(staging) : this.#device.queue.onSubmittedWorkDone().then(() => ({}));
  }

  destroy(): void {
    for (const buffer of [this.#uniforms, this.#constants, ...this.#staging.splice(0)]) buffer.destroy();
  }

  /** Bytes that only this program holds. */
  get bytes(): number {
    return ownBytes(this.#parts);
  }

  #upload(values: ReadonlyMap<string, Float32Array>): void {
    for (const [name, { buffer }] of this.#parts.listing.inputs) {
      const { buffer: target, offset } = this.#locate(buffer);
      this.#device.queue.writeBuffer(target, offset, asOwn(values.get(name)!));
    }
  }

  async #readBack(staging: GPUBuffer): Promise<Fetches> {
    await staging.mapAsync(GPUMapMode.READ);
    const bytes = staging.getMappedRange();
    const fetches = this.#readbacks.map(({ name, place, offset }) => [name, new Float32Array(bytes, offset, place.size).slice()] as const);
    staging.unmap();
    this.#staging.push(staging);
    return Object.fromEntries(fetches);
  }

  #takeStaging(): GPUBuffer {
    const usage = GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST;
    return this.#staging.pop() ?? this.#device.createBuffer({ size: this.#stagingSize, usage });
  }

  /** Makes bind groups, anew when the pool's buffers are not those of last time. */
  #link(): void {
    if (this.#generation === this.#pool.generation) return;
    this.#generation = this.#pool.generation;
    const { listing, pipelines, uniforms } = this.#parts;
    this.#groups = listing.dispatches.map(({ bindings }, i) =>
      this.#device.createBindGroup({
        layout: pipelines[i]!.getBindGroupLayout(0),
        entries: bindings.map((b, binding) => ({
          binding,
          resource: b.kind === "uniform" ? { buffer: this.#uniforms, offset: uniforms.offsets.get(b.bytes)!, size: b.size } : this.#locate(b.buffer),
        })),
      }),
    );
  }

  #locate(buffer: VirtualBuffer): Location {
    const { listing, plan, constants } = this.#parts;
    const { size } = buffer;
    const variable = listing.variables.get(buffer);
    if (variable !== undefined) return { buffer: this.#variables.get(variable)!, offset: 0, size };
    if (buffer.contents) return { buffer: this.#constants, offset: constants.offsets.get(buffer.contents)!, size };
    return { buffer: this.#pool.at(plan.slotOf.get(buffer)!), offset: 0, size };
  }
}

/** Values in memory that a GPU may be handed: not shared with another thread. */
function asOwn(values: Float32Array): Float32Array<ArrayBuffer> {
  return values.buffer instanceof ArrayBuffer ? (values as Float32Array<ArrayBuffer>) : new Float32Array(values);
}

const filledSize = (bytes: Uint8Array): number => Math.max(ALIGNMENT, bytes.length);

function filled(device: GPUDevice, bytes: Uint8Array<ArrayBuffer>, usage: number): GPUBuffer {
  const buffer = device.createBuffer({ size: filledSize(bytes), usage: usage | GPUBufferUsage.COPY_DST });
  if (bytes.byteLength > 0) device.queue.writeBuffer(buffer, 0, bytes);
  return buffer;
}
