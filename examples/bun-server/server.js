/** Faces by Bun. */
import { createSampler } from "ganvas/sample";
import { answer, once, openModel } from "../face.js";

const model = once(async () => openModel(createSampler, await Bun.file(new URL("model.safetensors", import.meta.url)).arrayBuffer()));

const { url } = Bun.serve({ port: Number(process.env.PORT ?? 3000), fetch: (request) => answer(request, model) });
console.log(`${url}face/7.png`);
