/** A page, whose clock starts when its loading does. */
import { firstPicture } from "program";

const read = async (name) => {
  const response = await fetch(name);
  if (!response.ok) throw new Error(`${name}: ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
};

try {
  const { file, threads } = Object.fromEntries(new URL(location.href).searchParams);
  const { buffer } = await read("latents.f32");
  const picture = await firstPicture({ file, threads: Number(threads), read, latents: new Float32Array(buffer), wasmFolder: () => "/" });
  const ms = performance.now();
  await fetch(`done?ms=${ms}`, { method: "POST", body: picture });
} catch (error) {
  await fetch(`failed?${encodeURIComponent(String(error))}`, { method: "POST" });
}
