/** The guide in docs/: its programs run as they stand but for the number of steps, and make the pictures that it shows, in either language. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ROOT, runModule } from "./child.ts";

const read = (file: string): string => readFileSync(join(ROOT, "docs", file), "utf8");
const snippetsOf = (text: string): string[] => [...text.matchAll(/^```js\n(.*?)^```$/gms)].map(([, code]) => code!);
const picturesOf = (text: string): string[] => [...text.matchAll(/!\[[^\]]+\]\((images\/[\w.-]+)\)/g)].map(([, file]) => file!);

const [english, chinese] = [read("gans.md"), read("gans.zh.md")];
const SNIPPETS = snippetsOf(english);
const titleOf = (code: string, i: number): string => /images\/[\w.-]+/.exec(code)?.[0] ?? `number ${i + 1}`;

/** With few steps. A program that trains says how many it takes in a line of its own. */
const shortened = (code: string): string => code.replace(/^const steps = \d+;$/m, "const steps = 3;");

describe("the guide", () => {
  const folder = mkdtempSync(join(tmpdir(), "ganvas-guide-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  /** What went wrong, by the number of the program. */
  let faults: (string | null)[];

  beforeAll(async () => {
    mkdirSync(join(folder, "node_modules"));
    mkdirSync(join(folder, "images"));
    symlinkSync(ROOT, join(folder, "node_modules/ganvas"), "junction");
    const files = SNIPPETS.map((code, i) => {
      const file = join(folder, `${i}.mjs`);
      writeFileSync(file, shortened(code));
      return pathToFileURL(file).href;
    });
    const { stdout, stderr } = await runModule(`
      process.chdir(${JSON.stringify(folder)});
      const log = console.log;
      console.log = () => {};
      const faults = [];
      for (const file of ${JSON.stringify(files)}) faults.push(await import(file).then(() => null, (error) => error.stack));
      log(JSON.stringify(faults));`);
    expect(stdout, stderr).not.toBe("");
    faults = JSON.parse(stdout);
  });

  it.each(SNIPPETS.map((code, i) => [titleOf(code, i), i] as const))("has a program that runs: %s", (_, i) => expect(faults[i]).toBeNull());

  it("has programs that train for as many steps as they say in one line", () => {
    const training = SNIPPETS.filter((code) => code.includes(".train("));
    expect(training.length).toBeGreaterThan(6);
    expect(training.filter((code) => shortened(code) === code)).toEqual([]);
  });

  it("shows what its programs make, and nothing else", () => {
    const made = readdirSync(join(folder, "images")).map((file) => `images/${file}`);
    expect(picturesOf(english).sort()).toEqual(made.sort());
    expect(readdirSync(join(ROOT, "docs/images")).map((file) => `images/${file}`)).toEqual(expect.arrayContaining(made));
    for (const file of made) expect(statSync(join(ROOT, "docs", file)).size, file).toBeLessThan(60_000);
  });

  it("has the same programs, pictures, formulas on lines of their own and papers in Chinese", () => {
    expect(snippetsOf(chinese)).toEqual(SNIPPETS);
    expect(picturesOf(chinese)).toEqual(picturesOf(english));
    const formulas = (text: string) => text.match(/^\$\$.*\$\$$/gm);
    expect(formulas(chinese)).toEqual(formulas(english));
    const papers = (text: string) => text.match(/^- .* \d{4}, \*.*\*$/gm);
    expect(papers(chinese)).toEqual(papers(english));
  });

  it.each([
    ["gans.md", english],
    ["gans.zh.md", chinese],
  ])("links from %s to files that exist", (_, text) => {
    const links = [...text.matchAll(/\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)/g)].map(([, path]) => path!);
    expect(links.filter((link) => !existsSync(join(ROOT, "docs", link)))).toEqual([]);
  });
});
