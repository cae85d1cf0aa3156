import { loadGAN } from "../../dist/index.js";

export async function firstPicture({ file, threads, read }) {
  const gan = await loadGAN(await read(file), { backend: "wasm", threads });
  return (await gan.sample()).data;
}
