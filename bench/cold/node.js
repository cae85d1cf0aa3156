/**
 * One start in a process of its own: `node node.js program folder file threads`. Writes the picture to standard output, and what it took to standard error.
 *
 * The clock starts before anything is imported.
 */
const begin = performance.now();
const [program, folder, file, threads] = process.argv.slice(2);
const { readFile } = await import("node:fs/promises");
const read = (name) => readFile(`${folder}/${name}`);
const { buffer, byteOffset, length } = await read("latents.f32");
const latents = new Float32Array(buffer.slice(byteOffset, byteOffset + length));
const wasmFolder = (name) => new URL(`../node_modules/${name}/dist/`, import.meta.url).pathname;
const { firstPicture } = await import(`./${program}.js`);
const picture = await firstPicture({ folder, file, threads: Number(threads), read, latents, wasmFolder });
const ms = performance.now() - begin;

const { readFileSync, writeSync } = await import("node:fs");
/** The most that was resident, in bytes. Where there is no /proc, that may be the parent's, which a process has until it becomes another program. */
function peak() {
  try {
    return 1024 * Number(/VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))[1]);
  } catch {
    return 1024 * process.resourceUsage().maxRSS;
  }
}
writeSync(2, `${JSON.stringify({ ms, peak: peak() })}\n`);
const bytes = new Uint8Array(picture.buffer, picture.byteOffset, picture.byteLength);
for (let at = 0; at < bytes.length; ) at += writeSync(1, bytes, at);
process.exit(0);
