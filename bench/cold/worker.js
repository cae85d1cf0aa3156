/** A worker of workerd, which has the file as a module. */
import file from "model";
import { createSampler } from "../../dist/edge/sample.js";

export default {
  async fetch() {
    const sampler = await createSampler(file);
    return new Response((await sampler.sample()).data);
  },
};
