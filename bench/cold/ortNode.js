import ort from "onnxruntime-node";

export async function firstPicture({ folder, file, threads, latents }) {
  const session = await ort.InferenceSession.create(`${folder}/${file}`, { intraOpNumThreads: threads, interOpNumThreads: 1 });
  const outputs = await session.run({ z: new ort.Tensor("float32", latents, [1, latents.length]) });
  return outputs[session.outputNames[0]].data;
}
