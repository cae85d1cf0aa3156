/** Reads all pictures of each folder or archive, in whichever runtime, and says what came: `node test/node/reading.js <path> ...`. */
import { createHash } from "node:crypto";
import { imageFolder } from "../../dist/node.js";

const results = [];
for (const path of process.argv.slice(2)) {
  const folder = await imageFolder(path, { shape: [16, 16, 3], labels: "folders", skipBroken: true });
  const bytes = await folder.read(folder.files.map((_, i) => i));
  const { files, classes, labels, skipped, fingerprint } = folder;
  results.push({
    files,
    classes,
    labels: [...labels],
    skipped: skipped.map(({ file }) => file).sort(),
    fingerprint,
    digest: createHash("sha256").update(bytes).digest("hex"),
  });
  await folder.close();
}
console.log(JSON.stringify(results));
