/** ONNX Runtime, WebAssembly or native (argument: web or node). It runs models and does not train them. */
import { generatorModel, kernelModel, toNHWC } from "./onnx.js";
import { serve } from "./protocol.js";

const web = process.argv[2] === "web";

await serve(async ({ task, tensors, threads }) => {
  const ort = web ? await import("onnxruntime-web") : (await import("onnxruntime-node")).default;
  if (task.kind === "train" || task.kind === "critic") throw new Error("ONNX Runtime for JavaScript has no training");
  if (web) ort.env.wasm.numThreads = threads;
  const { input, output, bytes } = task.kind === "kernel" ? kernelModel(task, tensors) : generatorModel(task, tensors);
  const session = await ort.InferenceSession.create(bytes, {
    executionProviders: [web ? "wasm" : "cpu"],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
  });
  const feeds = { [session.inputNames[0]]: new ort.Tensor("float32", input.data, input.shape) };
  let y;
  return {
    info: { version: ort.env.versions[web ? "web" : "node"] ?? ort.env.versions.common, threads },
    reset() {},
    async run(steps) {
      for (let i = 0; i < steps; i++) y = (await session.run(feeds))[session.outputNames[0]];
    },
    outputs: () => ({ [task.kind === "kernel" ? "y" : "images"]: toNHWC({ shape: output, data: y.data }).data }),
  };
});
