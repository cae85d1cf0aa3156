/** The only door to TensorFlow.js. Its kernels are used; its engine (tape, scopes, the current backend) is not. */
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import type { KernelFunc } from "@tensorflow/tfjs-core";

export interface TensorFlow {
  /** The WebGPU kernel of this name. */
  kernel(name: string): KernelFunc;
  /** A backend that belongs to no engine and computes everything on `device`. */
  backend(device: GPUDevice, info: GPUAdapterInfo | undefined): WebGPUBackend;
}

/**
 * Loads TensorFlow.js.
 *
 * Importing its WebGPU backend registers, for the whole process, kernels and flags under names of their own, and a backend
 * "webgpu" that it would then prefer over all others. An application that uses TensorFlow.js itself must not have its
 * backend chosen by our import, so a registration that was not there before is put at the end of the line: `setBackend("webgpu")`
 * works, the automatic choice stays what it was.
 *
 * What is shared nevertheless: an application's `WEBGPU_...` flags choose among kernels for us too while a program is compiled,
 * and one that imports the WebGPU backend after us, to have it chosen by itself, has to ask for it by `setBackend`.
 */
export async function loadTensorFlow(): Promise<TensorFlow> {
  const core = await import("@tensorflow/tfjs-core");
  const known = core.findBackendFactory("webgpu") !== null;
  const { WebGPUBackend } = await import("@tensorflow/tfjs-backend-webgpu");
  const factory = core.findBackendFactory("webgpu");
  if (!known && factory) {
    core.removeBackend("webgpu");
    core.registerBackend("webgpu", factory, 0);
  }

  class Backend extends WebGPUBackend {
    override shouldExecuteOnCPU(): boolean {
      return false;
    }
  }
  return {
    kernel(name) {
      const kernel = core.getKernel(name, "webgpu");
      if (!kernel) throw new TypeError(`TensorFlow.js has no WebGPU kernel ${name}`);
      return kernel.kernelFunc;
    },
    backend: (device, info) => new Backend(device, info),
  };
}
