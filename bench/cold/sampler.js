import { createSampler } from "../../dist/sample.js";

export async function firstPicture({ file, read }) {
  const sampler = await createSampler(await read(file));
  return (await sampler.sample()).data;
}
