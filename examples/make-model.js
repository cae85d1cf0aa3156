/**
 * Trains a small generator of faces, the same on every machine, and writes it where it is wanted, unless there is one.
 *
 *   node make-model.js [file]
 *
 * Some seconds, and 70 kB. So few steps give coloured blobs: `npm run demo` of the library trains one that draws faces.
 */
import { existsSync, writeFileSync } from "node:fs";
import { createGAN } from "ganvas";
import { animeFaces } from "ganvas/datasets";

const [file = "model.safetensors"] = process.argv.slice(2);
if (!existsSync(file)) {
  const gan = await createGAN({ shape: [32, 32, 3], architecture: "dcgan", width: 8, batchSize: 16, seed: 1, backend: "wasm", reproducible: true });
  await gan.train(animeFaces({ count: 256, size: 32, seed: 1 }), { steps: 60 });
  const bytes = await gan.save({ generatorOnly: true, weights: "float16" });
  writeFileSync(file, bytes);
  console.log(`${file}: ${bytes.length} bytes`);
  gan.dispose();
}
