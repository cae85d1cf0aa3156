/** The tasks in ONNX Runtime, which runs models and does not train them. */
import { toNHWC } from "./layout.js";

/**
 * A task's contender.
 *
 * @param ort the library; `flavour`: "web" for WebAssembly, "node" for the native one; `models`: what `onnxModels` gives
 */
export async function ortContender({ ort, flavour, models }, task, tensors, threads) {
  if (task.kind === "train" || task.kind === "critic") throw new Error("ONNX Runtime for JavaScript has no training");
  const web = flavour === "web";
  if (web) ort.env.wasm.numThreads = threads;
  const { input, output, bytes } = task.kind === "kernel" ? models.kernelModel(task, tensors) : models.generatorModel(task, tensors);
  const session = await ort.InferenceSession.create(bytes, {
    executionProviders: [web ? "wasm" : "cpu"],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
  });
  const feeds = { [session.inputNames[0]]: new ort.Tensor("float32", input.data, input.shape) };
  let y;
  return {
    info: { version: ort.env.versions[flavour] ?? ort.env.versions.common, threads },
    reset() {},
    async run(steps) {
      for (let i = 0; i < steps; i++) y = (await session.run(feeds))[session.outputNames[0]];
    },
    outputs: () => ({ [task.kind === "kernel" ? "y" : "images"]: toNHWC({ shape: output, data: y.data }).data }),
  };
}
