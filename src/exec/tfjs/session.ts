/** Variables in GPU buffers, and the programs that work on them. */
import { BackendError, ShapeError, StateError, show } from "../../core/errors.ts";
import { type Shape, sameShape, showShape, sizeOf } from "../../core/shape.ts";
import type { Graph } from "../../graph/graph.ts";
import type { MemoryReport, Program, Session, VariableSpec } from "../executor.ts";
import { compile, type Listing } from "./compile.ts";
import { planSlots } from "./plan.ts";
import { BufferPool, TENSOR_USAGE } from "./pool.ts";
import { constantsOf, GPUProgram, uniformsOf } from "./program.ts";
import type { Dispatch } from "./recording.ts";
import type { TensorFlow } from "./tensorflow.ts";
import type { Watch } from "./watch.ts";

/** A device with what goes with it for as long as it lives. */
export interface GPU {
  readonly device: GPUDevice;
  readonly tensorflow: TensorFlow;
  /** Compiled shaders by their code. */
  readonly pipelines: Map<string, Promise<GPUComputePipeline>>;
  readonly watch: Watch;
}

export class GPUSession implements Session {
  readonly #gpu: GPU;
  readonly #maxMemory: number;
  readonly #shapes: ReadonlyMap<string, Shape>;
  readonly #variables = new Map<string, GPUBuffer>();
  readonly #pool: BufferPool;
  readonly #programs = new Set<GPUProgram>();
  #live = 0;
  #disposed = false;

  private constructor(gpu: GPU, variables: readonly VariableSpec[], maxMemory: number) {
    this.#gpu = gpu;
    this.#maxMemory = maxMemory;
    this.#pool = new BufferPool(gpu.device);
    this.#shapes = new Map(variables.map(({ name, shape }) => [name, shape]));
  }

  static async open(gpu: GPU, variables: readonly VariableSpec[], maxMemory: number): Promise<GPUSession> {
    const session = new GPUSession(gpu, variables, maxMemory);
    const sizes = Array.from(session.#shapes.values(), (shape) => 4 * sizeOf(shape));
    session.#check(
      sizes.reduce((a, b) => a + b, 0),
      Math.max(0, ...sizes),
    );
    await checked(gpu, () => {
      for (const [name, shape] of session.#shapes) {
        session.#variables.set(name, gpu.device.createBuffer({ size: 4 * sizeOf(shape), usage: TENSOR_USAGE }));
      }
    });
    return session;
  }

  get memory(): MemoryReport {
    const variables = this.#variableBytes();
    const activations = this.#pool.bytes();
    return { variables, activations, live: this.#live, scratch: 0, total: variables + activations + this.#programBytes() };
  }

  async compile(graph: Graph): Promise<Program> {
    this.#checkUse();
    for (const { attrs, shape } of graph.leaves("variable")) {
      const known = this.#shapes.get(attrs.name);
      if (!known || !sameShape(known, shape)) {
        throw new BackendError({
          path: attrs.name,
          expected: known ? `a variable of shape ${showShape(known)}` : "a variable of this session",
          got: known ? showShape(shape) : "an unknown name",
        });
      }
    }
    const { device } = this.#gpu;
    const listing = this.#record(graph);
    const plan = planSlots(
      listing.dispatches,
      (buffer) => listing.variables.has(buffer) || buffer.contents !== undefined,
      Array.from(listing.inputs.values(), (p) => p.buffer),
      [...Array.from(listing.fetches.values(), (p) => p.buffer), ...listing.copies.map((c) => c.from)],
    );
    const [uniforms, constants] = [uniformsOf(listing), constantsOf(listing)];
    const needed = this.#variableBytes() + this.#pool.bytes(plan.sizes) + this.#programBytes() + uniforms.bytes.length + constants.bytes.length;
    this.#check(needed, Math.max(plan.sizes[0] ?? 0, constants.bytes.length));

    const pipelines = await this.#pipelines(listing);
    const program = await checked(this.#gpu, () => {
      this.#pool.reserve(plan.sizes);
      return new GPUProgram(device, { listing, plan, uniforms, constants, pipelines }, this.#pool, this.#variables);
    });
    this.#programs.add(program);
    this.#live = Math.max(this.#live, plan.live);
    return {
      run: async (feeds) => {
        this.#checkUse();
        if (!this.#programs.has(program)) throw new StateError({ path: "program", expected: "a program in use", got: "one that is disposed" });
        return checked(this.#gpu, () => program.run(feeds));
      },
      dispose: () => {
        if (this.#programs.delete(program)) program.destroy();
      },
    };
  }

  async read(name: string): Promise<Float32Array> {
    const { device } = this.#gpu;
    const variable = this.#variable(name);
    return checked(this.#gpu, async () => {
      const staging = device.createBuffer({ size: variable.size, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
      const encoder = device.createCommandEncoder();
      encoder.copyBufferToBuffer(variable, 0, staging, 0, variable.size);
      device.queue.submit([encoder.finish()]);
      await staging.mapAsync(GPUMapMode.READ);
      const value = new Float32Array(staging.getMappedRange()).slice();
      staging.destroy();
      return value;
    });
  }

  async write(name: string, value: Float32Array): Promise<void> {
    const variable = this.#variable(name);
    if (value.length !== variable.size / 4) throw new ShapeError({ path: name, expected: `${variable.size / 4} values`, got: `${value.length}` });
    await checked(this.#gpu, () => this.#gpu.device.queue.writeBuffer(variable, 0, new Float32Array(value)));
  }

  dispose(): void {
    this.#disposed = true;
    for (const program of this.#programs) program.destroy();
    this.#programs.clear();
    for (const buffer of this.#variables.values()) buffer.destroy();
    this.#variables.clear();
    this.#pool.destroy();
  }

  #record(graph: Graph): Listing {
    try {
      return compile(graph, this.#gpu.tensorflow, this.#gpu.device);
    } catch (cause) {
      throw asBackendError(cause, "tensors that the kernels can work on");
    }
  }

  /** The pipelines of all dispatches, those not known yet compiled side by side. */
  async #pipelines({ dispatches }: Listing): Promise<GPUComputePipeline[]> {
    const { device, pipelines, watch } = this.#gpu;
    const compiled = ({ code, entryPoint }: Dispatch): Promise<GPUComputePipeline> => {
      let pipeline = pipelines.get(code);
      if (!pipeline) {
        const module = device.createShaderModule({ code });
        pipeline = device.createComputePipelineAsync({ layout: "auto", compute: { module, entryPoint } });
        pipelines.set(code, pipeline);
      }
      return pipeline;
    };
    try {
      return await watch.guard(Promise.all(dispatches.map(compiled)));
    } catch (cause) {
      throw asBackendError(cause, "a shader that compiles");
    }
  }

  #variable(name: string): GPUBuffer {
    this.#checkUse();
    const variable = this.#variables.get(name);
    if (!variable) throw new BackendError({ path: name, expected: "a variable of this session", got: show(name) });
    return variable;
  }

  #variableBytes(): number {
    return Array.from(this.#shapes.values()).reduce((sum, shape) => sum + 4 * sizeOf(shape), 0);
  }

  #programBytes(): number {
    return Array.from(this.#programs).reduce((sum, program) => sum + program.bytes, 0);
  }

  /** @param total - bytes of everything @param largest - bytes of the largest buffer */
  #check(total: number, largest: number): void {
    const { maxBufferSize, maxStorageBufferBindingSize } = this.#gpu.device.limits;
    const limit = Math.min(maxBufferSize, maxStorageBufferBindingSize);
    if (total > this.#maxMemory) throw new BackendError({ path: "maxMemory", expected: `at least ${total} bytes`, got: `${this.#maxMemory}` });
    if (largest > limit) {
      throw new BackendError({
        path: "memory",
        expected: `tensors of at most ${limit} bytes, the largest buffer of this device`,
        got: `one of ${largest} bytes; a smaller batchSize, width or image shape needs less`,
      });
    }
  }

  #checkUse(): void {
    if (this.#disposed) throw new StateError({ path: "session", expected: "a session in use", got: "one that is disposed" });
  }
}

/** Does `work` on the device, and turns whatever the device has against it, be it told later, into a BackendError. */
async function checked<T>({ device, watch }: GPU, work: () => T | Promise<T>): Promise<T> {
  device.pushErrorScope("out-of-memory");
  device.pushErrorScope("validation");
  let result: T | Promise<T>;
  let refusals: Promise<(GPUError | null)[]>;
  try {
    result = work();
  } finally {
    refusals = Promise.all([device.popErrorScope(), device.popErrorScope()]);
    refusals.catch(() => {}); // the device is gone, and the watch says so
  }
  try {
    const [value, errors] = await watch.guard(Promise.all([result, refusals]));
    const error = errors.find((e) => e !== null);
    if (error) throw error;
    return value;
  } catch (cause) {
    throw asBackendError(cause, "a device that does what it is asked");
  }
}

function asBackendError(cause: unknown, expected: string): Error {
  if (cause instanceof BackendError || cause instanceof ShapeError) return cause;
  const message = (cause as { message?: unknown } | null)?.message;
  return new BackendError({ path: "webgpu", expected, got: typeof message === "string" ? message : show(cause) }, { cause });
}
