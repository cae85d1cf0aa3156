/** Finding a GPU, wherever JavaScript runs. */
import { BackendError } from "../../core/errors.ts";
import { serverRuntime } from "../../core/runtime.ts";

/** A device of our own, and what is known of the adapter it is from. */
export interface FoundDevice {
  readonly device: GPUDevice;
  /** The adapter in a few words. */
  readonly name: string;
  /** Whether the "GPU" is a program on the CPU. */
  readonly software: boolean;
}

/** Limits that are raised to all that the adapter has. */
const LIMITS = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxStorageBuffersPerShaderStage",
  "maxComputeWorkgroupStorageSize",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupSizeX",
  "maxComputeWorkgroupSizeY",
  "maxComputeWorkgroupsPerDimension",
] as const;

/** @throws BackendError when there is no WebGPU, or no adapter */
export async function requestDevice(): Promise<FoundDevice> {
  const gpu = await findGPU();
  const adapter = await gpu.requestAdapter({ powerPreference: "high-performance" });
  if (!adapter)
    throw new BackendError({ path: "backend", expected: "a WebGPU adapter", got: "no adapter, for this machine has no GPU that WebGPU can use" });
  const requiredLimits = Object.fromEntries(LIMITS.map((limit) => [limit, adapter.limits[limit]]));
  const { info } = adapter;
  const name = info?.description || [info?.vendor, info?.architecture].filter((word) => word).join(" ") || "an adapter that does not say what it is";
  const fallback = (info as { isFallbackAdapter?: boolean } | undefined)?.isFallbackAdapter ?? false;
  return {
    device: await adapter.requestDevice({ requiredLimits }),
    name,
    software: fallback || /swiftshader|llvmpipe|lavapipe|basic render/i.test(name),
  };
}

/** The runtime's own WebGPU or, in Node, that of the package `webgpu`. */
async function findGPU(): Promise<GPU> {
  const own = (globalThis.navigator as Navigator | undefined)?.gpu;
  if (own) return own;
  const runtime = serverRuntime();
  if (!runtime) throw new BackendError({ path: "backend", expected: "WebGPU", got: "a runtime without it" });
  let dawn: { create(options: string[]): GPU; globals: Record<string, unknown> };
  try {
    dawn = await import(/* @vite-ignore */ /* webpackIgnore: true */ /* turbopackIgnore: true */ PACKAGE);
  } catch (cause) {
    throw new BackendError({ path: "backend", expected: "WebGPU", got: `${runtime} without it; \`npm install webgpu\` adds it` }, { cause });
  }
  const gpu = dawn.create([]);
  // As the package's own instructions have it. TensorFlow.js looks for these names, and never at what it is given.
  for (const [name, value] of Object.entries(dawn.globals)) {
    if (!(name in globalThis)) Object.defineProperty(globalThis, name, { value, writable: true, configurable: true });
  }
  if (!globalThis.navigator) Object.defineProperty(globalThis, "navigator", { value: {}, writable: true, configurable: true });
  Object.defineProperty(globalThis.navigator, "gpu", { value: gpu, writable: true, configurable: true });
  return gpu;
}

/** A name no bundler follows: the package is for Node, and may not be there. */
const PACKAGE: string = "webgpu";
