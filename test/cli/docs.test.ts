/** What docs/command.md and the README say of the command: what they have one type is run, with a model that learns in no time. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ROOT, run } from "../child.ts";
import { COMMAND, TINY, writeFaces } from "./kit.ts";

const read = (file: string): string => readFileSync(join(ROOT, file), "utf8");
const commandsOf = (text: string): string[] =>
  [...text.matchAll(/^```sh\n(.*?)^```$/gms)].flatMap(([, code]) => code!.trim().split("\n")).filter((line) => line.startsWith("npx ganvas "));

/** As it stands, but for the size of the model and the number of steps and samples. */
function shortened(line: string): string[] {
  const argv = line.replace("npx ganvas ", "").replace("--steps 20000", "--steps 4").replace("--count 1000", "--count 20").split(" ");
  return argv[0] === "train" && !argv.includes("--resume") ? [...argv, ...TINY, "--steps", "2"] : argv;
}

describe.each([
  ["README.md", ["run"], ["pictures"]],
  ["docs/command.md", ["run", "pets-run"], ["faces", "pets"]],
])("%s", (file, made, given) => {
  const folder = mkdtempSync(join(tmpdir(), "ganvas-docs-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  beforeAll(async () => {
    for (const name of given) await writeFaces(join(folder, name), ["cats", "dogs"], 10);
  });
  const lines = commandsOf(read(file));

  it("has commands", () => expect(lines.length).toBeGreaterThan(3));

  // One after the other, as a reader would.
  it.each(lines)("%s", async (line) => {
    const { code, stdout, stderr } = await run(process.execPath, [COMMAND, ...shortened(line)], { cwd: folder });
    expect(code, `${stdout}\n${stderr}`).toBe(0);
  });

  it("has commands that make what it says", () => {
    expect(readdirSync(folder)).toEqual(expect.arrayContaining([...made, "grid.png"]));
  });
});

describe("docs/command.md", () => {
  const text = read("docs/command.md");

  it("names no option that there is not", async () => {
    const helps = await Promise.all(["train", "sample", "evaluate", "info"].map((name) => run(process.execPath, [COMMAND, name, "--help"])));
    const known = new Set(helps.flatMap(({ stdout }) => stdout.match(/--[a-z][a-z-]*/g)));
    const named = new Set(text.match(/(?<=`|\s)--[a-z][a-z-]*/g));
    expect(named.size).toBeGreaterThan(20);
    expect([...named].filter((name) => !known.has(name))).toEqual([]);
  });

  it("names every file of a run", () => {
    const [, table] = /^## The run\n\n([\s\S]*?)\n\n/m.exec(text)!;
    const named = [...table!.matchAll(/^\| `([^`/]+)/gm)].map(([, name]) => name!);
    expect(named.sort()).toEqual([
      "checkpoints",
      "log.jsonl",
      "losses.svg",
      "model.safetensors",
      "previews",
      "progress.png",
      "run.json",
      "samples.png",
    ]);
  });
});
