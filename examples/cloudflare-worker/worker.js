/** Faces at Cloudflare's edge. */
import { createSampler } from "ganvas/sample";
import { answer, openModel } from "../face.js";
import file from "./model.safetensors";

/**
 * Opened before there is any request, not by the first one: what a request has begun is bound to it, and may be cancelled with it. Those that wait for it are then cancelled, too
 * (https://developers.cloudflare.com/workers/observability/errors/).
 */
const model = await openModel(createSampler, file);

export default {
  fetch: (request) => answer(request, async () => model),
};
