/** Faces by Deno. */
import { createSampler } from "ganvas/sample";
import { answer, once, openModel } from "../face.js";

const model = once(async () => openModel(createSampler, await Deno.readFile(new URL("model.safetensors", import.meta.url))));

Deno.serve({ port: Number(Deno.env.get("PORT") ?? 3000) }, (request) => answer(request, model));
