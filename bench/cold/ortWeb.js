import * as ort from "onnxruntime-web";

export async function firstPicture({ file, threads, read, latents }) {
  ort.env.wasm.numThreads = threads;
  const session = await ort.InferenceSession.create(await read(file), { executionProviders: ["wasm"] });
  const outputs = await session.run({ z: new ort.Tensor("float32", latents, [1, latents.length]) });
  return outputs[session.outputNames[0]].data;
}
