/**
 * Makes the pictures of the guide by running its snippets, each in a process of its own, in this folder: `node docs/make-pictures.js`, after `npm run build`. Names (`collapse.svg faces.png`) pick the
 * snippets that write them.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const names = process.argv.slice(2);
const snippets = [...readFileSync(`${here}gans.md`, "utf8").matchAll(/^```js\n(.*?)^```$/gms)].map(([, code]) => code);

mkdirSync(`${here}images`, { recursive: true });
for (const snippet of snippets) {
  if (names.length > 0 && !names.some((name) => snippet.includes(`"images/${name}"`))) continue;
  const [, title] = /images\/([\w.-]+)/.exec(snippet) ?? [];
  console.log(title ?? "(no picture)");
  const { status } = spawnSync(process.execPath, ["--input-type=module", "--eval", snippet], { cwd: here, stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}
