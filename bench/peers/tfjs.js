/** TensorFlow.js on one of its backends (argument: cpu, wasm or webgpu). */
import { createRequire } from "node:module";
import { dirname } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { serve } from "./protocol.js";
import { tfjsContender } from "./tfjsTasks.js";

async function startBackend(name) {
  if (name === "wasm") {
    const { setWasmPaths } = await import("@tensorflow/tfjs-backend-wasm");
    setWasmPaths(`${dirname(createRequire(import.meta.url).resolve("@tensorflow/tfjs-backend-wasm"))}/`);
  }
  if (name === "webgpu") await startWebGPU();
  await tf.setBackend(name);
  await tf.ready();
}

/** In Node, WebGPU is the package `webgpu`. The device is asked for here, as TensorFlow.js asks in a way that not every implementation takes. */
async function startWebGPU() {
  const { create, globals } = await import("webgpu");
  Object.assign(globalThis, globals);
  const gpu = create([]);
  if (!globalThis.navigator) Object.defineProperty(globalThis, "navigator", { value: {}, configurable: true });
  Object.defineProperty(globalThis.navigator, "gpu", { value: gpu, configurable: true });
  const adapter = await gpu.requestAdapter({ powerPreference: "high-performance" });
  if (!adapter) throw new Error("no WebGPU adapter");
  const limits = ["maxBufferSize", "maxStorageBufferBindingSize", "maxComputeWorkgroupStorageSize", "maxComputeInvocationsPerWorkgroup"];
  const device = await adapter.requestDevice({ requiredLimits: Object.fromEntries(limits.map((name) => [name, adapter.limits[name]])) });
  const { WebGPUBackend } = await import("@tensorflow/tfjs-backend-webgpu");
  tf.removeBackend("webgpu");
  tf.registerBackend("webgpu", () => new WebGPUBackend(device, adapter.info));
}

await serve(async ({ task, tensors }) => {
  await startBackend(process.argv[2]);
  return tfjsContender(tf, task, tensors);
});
