/**
 * Trains a small generator of faces, the same on every machine, and writes it where it is wanted, unless there is one.
 *
 *   node make-model.js [file]
 *
 * Some seconds, and 70 kB. So few steps give coloured blobs: `npm run demo` of the library trains one that draws faces.
 */
import { existsSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

// The package of the project that asks, as this folder has none.
const { resolve } = createRequire(join(process.cwd(), "package.json"));
const installed = (entry) => import(pathToFileURL(resolve(entry)).href);

const [file = "model.safetensors"] = process.argv.slice(2);
if (!existsSync(file)) {
  const { createGAN } = await installed("ganvas");
  const { animeFaces } = await installed("ganvas/datasets");
  const gan = await createGAN({ shape: [32, 32, 3], architecture: "dcgan", width: 8, batchSize: 16, seed: 1, backend: "wasm", reproducible: true });
  await gan.train(animeFaces({ count: 256, size: 32, seed: 1 }), { steps: 60 });
  const bytes = await gan.save({ generatorOnly: true, weights: "float16" });
  writeFileSync(file, bytes);
  console.log(`${file}: ${bytes.length} bytes`);
  gan.dispose();
}
