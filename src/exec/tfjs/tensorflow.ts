/** The only door to TensorFlow.js. Its kernels are used; its engine (tape, scopes, the current backend) is not. */
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import type { KernelFunc } from "@tensorflow/tfjs-core";
import { BackendError } from "../../core/errors.ts";

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
 *
 * @throws BackendError when it is not installed, as an optional dependency need not be, or does not load
 */
export async function loadTensorFlow(): Promise<TensorFlow> {
  const { core, known, WebGPUBackend } = await importTensorFlow();
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

/** The modules, and whether an application had registered a backend "webgpu" before they were imported. */
async function importTensorFlow() {
  // Imports by name within `try`, so that bundlers find them, and may do without.
  try {
    const core = await import("@tensorflow/tfjs-core");
    const known = core.findBackendFactory("webgpu") !== null;
    const { WebGPUBackend } = await import("@tensorflow/tfjs-backend-webgpu");
    return { core, known, WebGPUBackend };
  } catch (cause) {
    const { code, message } = cause as { code?: unknown; message?: unknown };
    const missing = code === "ERR_MODULE_NOT_FOUND" || code === "MODULE_NOT_FOUND";
    const got = missing ? `an installation without TensorFlow.js; \`${INSTALL}\` adds it` : `TensorFlow.js, which does not load: ${message}`;
    throw new BackendError({ path: "backend", expected: "TensorFlow.js, for WebGPU", got }, { cause });
  }
}

/** The optional dependencies of package.json. */
const INSTALL = "npm install @tensorflow/tfjs-backend-webgpu@4.22.0 @tensorflow/tfjs-core@4.22.0";
