/** Kernels run once, on a device that only takes notes: what they would have the GPU do becomes a list that is run many times. */
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import type { NamedAttrMap, TensorInfo } from "@tensorflow/tfjs-core";
import type { Shape } from "../../core/shape.ts";
import type { TensorFlow } from "./tensorflow.ts";

/** Memory that a recorded kernel reads or writes; where it lies is decided when all are known. */
export interface VirtualBuffer {
  readonly size: number;
  /** The bytes of a constant. */
  contents?: ArrayBuffer;
}

/** One binding of a dispatch, in the order of `@binding`. */
export type Binding =
  | { readonly kind: "read" | "write"; readonly buffer: VirtualBuffer }
  | { readonly kind: "uniform"; readonly bytes: ArrayBuffer; readonly size: number };

/** One compute shader to run. */
export interface Dispatch {
  readonly code: string;
  readonly entryPoint: string;
  readonly bindings: readonly Binding[];
  readonly workgroups: readonly [number, number, number];
}

/** A tensor as TensorFlow.js's kernels know it. */
export type Tensor = TensorInfo;

/** What a lowering may do. */
export class Recording {
  readonly dispatches: Dispatch[] = [];
  readonly limits: GPUSupportedLimits;
  readonly #tensorflow: TensorFlow;
  readonly #backend: WebGPUBackend;

  constructor(tensorflow: TensorFlow, device: GPUDevice) {
    this.limits = device.limits;
    this.#tensorflow = tensorflow;
    this.#backend = tensorflow.backend(notepad(device.limits, this.dispatches), device.adapterInfo as GPUAdapterInfo | undefined);
  }

  /** A float32 tensor, of these values or of none yet. */
  tensor(shape: Shape, values?: Float32Array): Tensor {
    const tensor = this.#backend.makeTensorInfo([...shape], "float32", values);
    this.#backend.uploadToGPU(tensor.dataId);
    return tensor;
  }

  /** The same elements under another shape. */
  reshape(tensor: Tensor, shape: Shape): Tensor {
    return { ...tensor, shape: [...shape] };
  }

  /** Records TensorFlow.js's kernel of this name. */
  kernel(name: string, inputs: Record<string, Tensor> | readonly Tensor[], attrs: NamedAttrMap): Tensor {
    const result = this.#tensorflow.kernel(name)({ inputs: inputs as Record<string, Tensor>, attrs, backend: this.#backend });
    return result as Tensor;
  }

  /** Records a shader of our own. */
  dispatch(dispatch: Dispatch): void {
    this.dispatches.push(dispatch);
  }

  bufferOf(tensor: Tensor): VirtualBuffer {
    return this.#backend.tensorMap.get(tensor.dataId).resource as unknown as VirtualBuffer;
  }
}

/** A `GPUDevice` as far as TensorFlow.js's kernels need one, which writes their dispatches to `dispatches`. */
function notepad(limits: GPUSupportedLimits, dispatches: Dispatch[]): GPUDevice {
  const pass = () => {
    let pipeline: { code: string; entryPoint: string };
    let bindings: readonly Binding[];
    return {
      setPipeline(p: typeof pipeline) {
        pipeline = p;
      },
      setBindGroup(_: number, group: readonly Binding[]) {
        bindings = group;
      },
      dispatchWorkgroups(x: number, y: number, z: number) {
        dispatches.push({ code: pipeline.code, entryPoint: pipeline.entryPoint, bindings, workgroups: [x, y, z] });
      },
      end() {},
    };
  };
  const device = {
    limits,
    features: new Set<string>(),
    queue: {
      writeBuffer(buffer: NotedBuffer, _: number, data: ArrayBuffer) {
        buffer.contents = data;
      },
      submit() {},
    },
    createBuffer: ({ size, usage }: GPUBufferDescriptor) => new NotedBuffer(size, usage),
    createShaderModule: ({ code }: GPUShaderModuleDescriptor) => ({ code }),
    createComputePipeline({ compute }: GPUComputePipelineDescriptor) {
      const { code } = compute.module as unknown as { code: string };
      return { code, entryPoint: compute.entryPoint, getBindGroupLayout: () => null };
    },
    createBindGroup({ entries }: GPUBindGroupDescriptor): Binding[] {
      return Array.from(entries, ({ resource }, i): Binding => {
        const buffer = ("buffer" in resource ? resource.buffer : resource) as unknown as NotedBuffer;
        // A kernel writes its first binding. Its uniforms are written anew for each dispatch, so this is the moment to keep them.
        if (buffer.usage & UNIFORM) return { kind: "uniform", bytes: buffer.contents!, size: buffer.size };
        return { kind: i === 0 ? "write" : "read", buffer };
      });
    },
    createCommandEncoder: () => ({ beginComputePass: pass, finish: () => null }),
  };
  return device as unknown as GPUDevice;
}

const UNIFORM = 0x40; // GPUBufferUsage.UNIFORM

/** A buffer that is born mapped, as TensorFlow.js asks for those it fills. */
class NotedBuffer implements VirtualBuffer {
  readonly mapState = "mapped";
  contents?: ArrayBuffer;
  readonly size: number;
  readonly usage: number;

  constructor(size: number, usage: number) {
    this.size = size;
    this.usage = usage;
  }

  getMappedRange(): ArrayBuffer {
    this.contents ??= new ArrayBuffer(this.size);
    return this.contents;
  }

  unmap(): void {}
}
