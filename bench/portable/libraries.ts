/// <reference types="vite/client" />
/** The peers' modules in a page that Vite builds. Where bench/node_modules was not there when it was built, they are not in it. */
import type { Libraries } from "./peers.ts";

const MODULES = import.meta.glob<object>([
  "../node_modules/@tensorflow/tfjs/dist/index.js",
  "../node_modules/@tensorflow/tfjs-backend-webgpu/dist/index.js",
  "../node_modules/onnxruntime-web/dist/ort.wasm.min.mjs",
  "../node_modules/@bufbuild/protobuf/dist/esm/index.js",
  "../node_modules/onnx-buf/dist/onnx_pb.js",
]);

const ASSETS = import.meta.glob<string>(
  [
    // Its threads get their program from the source text of a function: this is served as it is, as a minifier would leave that text without names it needs.
    "../node_modules/@tensorflow/tfjs-backend-wasm/dist/tf-backend-wasm.es2017.js",
    "../node_modules/@tensorflow/tfjs-backend-wasm/dist/*.wasm",
    "../node_modules/onnxruntime-web/dist/ort-wasm-simd-threaded.mjs",
    "../node_modules/onnxruntime-web/dist/ort-wasm-simd-threaded.wasm",
  ],
  { query: "?url", import: "default", eager: true },
);

const absent = (): Error => new Error("not in this build of the page: the benchmark's peers were not installed (npm ci --prefix bench)");

/** @throws Error where it is not in this build */
function load(path: string): Promise<object> {
  const module = MODULES[`../node_modules/${path}`];
  if (!module) throw absent();
  return module();
}

function asset(file: string): string | undefined {
  const [, url] = Object.entries(ASSETS).find(([path]) => path.endsWith(`/${file}`)) ?? [];
  return url && new URL(url, import.meta.url).href;
}

/** A script that finds the library in the global `tf`, and puts itself beside it. @throws Error where it is not in this build */
async function tfjsWasm(tf: object): Promise<object> {
  const url = asset("tf-backend-wasm.es2017.js");
  if (!url) throw absent();
  const there = { tf: { ...tf, wasm: {} } };
  Object.assign(globalThis, there);
  await import(/* @vite-ignore */ url);
  return there.tf.wasm;
}

export const LIBRARIES: Libraries = {
  tfjs: async () => load("@tensorflow/tfjs/dist/index.js"),
  tfjsWasm,
  tfjsWebGPU: async () => load("@tensorflow/tfjs-backend-webgpu/dist/index.js"),
  ort: async () => load("onnxruntime-web/dist/ort.wasm.min.mjs"),
  protobuf: async () => load("@bufbuild/protobuf/dist/esm/index.js"),
  onnx: async () => load("onnx-buf/dist/onnx_pb.js"),
  asset,
};
