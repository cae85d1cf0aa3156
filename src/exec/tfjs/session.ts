/** Variables in GPU buffers, and the programs that work on them. */
import { sizeOf } from "../../core/shape.ts";
import type { Graph } from "../../graph/graph.ts";
import { checkMemory, checkUse, feedValues, inputSizes, variableNamed, writtenValue } from "../checks.ts";
import type { Fill, MemoryReport, Program, Session, VariableSpec } from "../executor.ts";
import type { Listing } from "./compile.ts";
import { checkBuffer, draftProgram, largestBuffer, variableBytes } from "./draft.ts";
import { asBackendError } from "./failure.ts";
import { BufferPool, TENSOR_USAGE } from "./pool.ts";
import { GPUProgram } from "./program.ts";
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
  readonly #specs: ReadonlyMap<string, VariableSpec>;
  readonly #variables = new Map<string, GPUBuffer>();
  readonly #pool: BufferPool;
  readonly #programs = new Set<GPUProgram>();
  #live = 0;
  #disposed = false;

  private constructor(gpu: GPU, variables: readonly VariableSpec[], maxMemory: number) {
    this.#gpu = gpu;
    this.#maxMemory = maxMemory;
    this.#pool = new BufferPool(gpu.device);
    this.#specs = new Map(variables.map((v) => [v.name, v]));
  }

  static async open(gpu: GPU, variables: readonly VariableSpec[], maxMemory: number): Promise<GPUSession> {
    const session = new GPUSession(gpu, variables, maxMemory);
    session.#check(session.#variableBytes(), Math.max(0, ...variables.map(({ shape }) => 4 * sizeOf(shape))));
    await checked(gpu, () => {
      for (const { name, shape } of variables) {
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
    checkUse("session", !this.#disposed);
    const { device, tensorflow } = this.#gpu;
    const draft = draftProgram(graph, this.#specs, tensorflow, device);
    const { listing, plan, uniforms, constants } = draft;
    this.#check(this.#variableBytes() + this.#pool.bytes(plan.sizes) + this.#programBytes() + draft.own, largestBuffer(draft));

    const pipelines = await this.#pipelines(listing);
    const program = await checked(this.#gpu, () => {
      this.#pool.reserve(plan.sizes);
      return new GPUProgram(device, { listing, plan, uniforms, constants, pipelines }, this.#pool, this.#variables);
    });
    this.#programs.add(program);
    this.#live = Math.max(this.#live, plan.live);
    const inputs = inputSizes(graph);
    return {
      run: async (feeds) => {
        checkUse("session", !this.#disposed);
        checkUse("program", this.#programs.has(program));
        const values = feedValues(feeds, inputs);
        return checked(this.#gpu, () => program.run(values));
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

  async write(name: string, value: Float32Array | Fill): Promise<void> {
    const variable = this.#variable(name);
    const values = writtenValue(name, value, this.#specs.get(name)!.shape);
    await checked(this.#gpu, () => this.#gpu.device.queue.writeBuffer(variable, 0, new Float32Array(values)));
  }

  dispose(): void {
    this.#disposed = true;
    for (const program of this.#programs) program.destroy();
    this.#programs.clear();
    for (const buffer of this.#variables.values()) buffer.destroy();
    this.#variables.clear();
    this.#pool.destroy();
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
    checkUse("session", !this.#disposed);
    return variableNamed(this.#variables, name);
  }

  #variableBytes(): number {
    return variableBytes(this.#specs.values());
  }

  #programBytes(): number {
    return Array.from(this.#programs).reduce((sum, program) => sum + program.bytes, 0);
  }

  /** @param total - bytes of everything @param largest - bytes of the largest buffer */
  #check(total: number, largest: number): void {
    checkBuffer(largest, this.#gpu.device);
    checkMemory(total, this.#maxMemory);
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
