/** ONNX Runtime, WebAssembly or native (argument: web or node). */
import { generatorModel, kernelModel } from "./onnx.js";
import { ortContender } from "./ortTasks.js";
import { serve } from "./protocol.js";

const flavour = process.argv[2] === "web" ? "web" : "node";

await serve(async ({ task, tensors, threads }) => {
  const ort = flavour === "web" ? await import("onnxruntime-web") : (await import("onnxruntime-node")).default;
  return ortContender({ ort, flavour, models: { generatorModel, kernelModel } }, task, tensors, threads);
});
