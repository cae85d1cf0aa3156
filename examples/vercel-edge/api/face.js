/** Faces at Vercel's edge. */
import { createSampler } from "ganvas/sample";
import { answer, once, openModel } from "../../face.js";

export const config = { runtime: "edge" };

/** The bundler sees this URL, and takes the file along. */
const model = once(async () => {
  const response = await fetch(new URL("../model.safetensors", import.meta.url));
  return openModel(createSampler, await response.arrayBuffer());
});

export default (request) => answer(request, model);
