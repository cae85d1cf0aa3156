import { cpSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Interruption } from "../../src/cli/interruption.ts";
import { loadGAN } from "../../src/index.ts";
import { expectSameBytes } from "../bytes.ts";
import { ganvas, reports, TINY, writeDigits, writeFaces } from "./kit.ts";

const folder = mkdtempSync(join(tmpdir(), "ganvas-resume-"));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (...names: string[]): string => join(folder, ...names);

const STEPS = 13;
const model = (run: string): Buffer => readFileSync(join(run, "model.safetensors"));
const stepOf = async (run: string): Promise<number> => {
  using gan = await loadGAN(model(run), { backend: "wasm", threads: 1 });
  return gan.step;
};

/** Trains on the pictures until a step, as an interruption has it. */
async function until(step: number, argv: readonly string[]) {
  const interrupt = new AbortController();
  const onText = (text: string) => {
    if (text.startsWith(`{"type":"step","step":${step},`)) interrupt.abort(new Interruption("SIGTERM"));
  };
  return ganvas(["train", ...argv, "--json"], { signal: interrupt.signal, onText });
}

const options = ["--condition", "--mirror", "--augment", "translation", "--seed", "7", "--preview-every", "5", "--checkpoint-every", "0.001"];
const asked = () => [at("pets"), ...TINY, ...options, "--steps", `${STEPS}`];

beforeAll(async () => {
  await writeFaces(at("pets"), ["cats", "dogs"], 5);
  expect(await ganvas(["train", ...asked(), "--out", at("whole")])).toMatchObject({ code: 0, err: "" });
  expect(await until(6, [...asked(), "--out", at("broken off")])).toMatchObject({ code: 143, err: "" });
});

/** A copy of the run that was broken off. */
let copies = 0;
function copy(): string {
  const run = at(`copy ${copies++}`);
  cpSync(at("broken off"), run, { recursive: true });
  return run;
}
/** All files of a run, and what is in them. */
const contents = (run: string): [string, string][] =>
  readdirSync(run, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry): [string, string] => [entry.name, readFileSync(join(entry.parentPath, entry.name), "base64")])
    .sort();
const checkpoints = (run: string): string[] => readdirSync(join(run, "checkpoints")).map((name) => join(run, "checkpoints", name));

describe("a run that is gone on with", () => {
  it("needs nothing else, and is the run that was never broken off, bit for bit", async () => {
    const run = copy();
    expect(await until(9, ["--resume", run])).toMatchObject({ code: 143, err: "" });
    expect(await ganvas(["train", "--resume", run])).toMatchObject({ code: 0, err: "" });
    expectSameBytes(model(run), model(at("whole")));
    for (const name of ["samples.png", "losses.svg"]) expectSameBytes(readFileSync(join(run, name)), readFileSync(at("whole", name)), name);
    const previews = (of: string) => readdirSync(join(of, "previews"));
    expect(previews(run)).toEqual(previews(at("whole")));
    for (const name of previews(run)) expectSameBytes(readFileSync(join(run, "previews", name)), readFileSync(at("whole", "previews", name)), name);
    // The course goes back to the beginning, by the pictures that are there.
    expectSameBytes(readFileSync(join(run, "progress.png")), readFileSync(at("whole", "progress.png")));
    const losses = (of: string) => reports(readFileSync(join(of, "log.jsonl"), "utf8")).map(({ step, generatorLoss }) => [step, generatorLoss]);
    expect(losses(run)).toEqual(losses(at("whole")));
  });

  it("keeps as many checkpoints as it was told to", async () => {
    const run = copy();
    expect(checkpoints(run)).toHaveLength(3);
    await ganvas(["train", "--resume", run, "--keep", "2"]);
    // Which step the one before the last was of is for the clock to say.
    expect(checkpoints(run)).toHaveLength(2);
    expect(checkpoints(run).at(-1)?.slice(-14, -12)).toBe("13");
  });

  it("may go further than it was to", async () => {
    const run = copy();
    expect(await ganvas(["train", "--resume", run, "--steps", "8"])).toMatchObject({ code: 0, err: "" });
    expect(await stepOf(run)).toBe(8);
    const done = await ganvas(["train", "--resume", run]);
    expect(done).toMatchObject({ code: 0, err: "", out: expect.stringContaining("come to its end already, at step 8") });
    expect(await ganvas(["train", "--resume", run, "--steps", "7"])).toMatchObject({
      code: 2,
      err: expect.stringContaining("--steps: expected at least 8"),
    });
    expect(await ganvas(["train", "--resume", run, "--steps", `${STEPS}`])).toMatchObject({ code: 0, err: "" });
    expectSameBytes(model(run), model(at("whole")));
  });

  it("finds its pictures where they were moved to", async () => {
    const run = copy();
    cpSync(at("pets"), at("moved"), { recursive: true });
    expect(await ganvas(["train", at("moved"), "--resume", run])).toMatchObject({ code: 0, err: "" });
    expectSameBytes(model(run), model(at("whole")));
    expect(JSON.parse(readFileSync(join(run, "run.json"), "utf8")).data.source).toBe(at("moved"));
  });

  it("refuses other pictures in one line, unless it may take them", async () => {
    const run = copy();
    cpSync(at("pets"), at("other"), { recursive: true });
    cpSync(at("pets", "cats", "0.png"), at("other", "cats", "new.png"));
    const refused = await ganvas(["train", at("other"), "--resume", run]);
    expect(refused).toMatchObject({ code: 2, out: "" });
    expect(refused.err).toMatch(/^ganvas: --resume: [^\n]*11 examples, 10 before[^\n]*--allow-changed-data[^\n]*\n$/);
    expect(await stepOf(run)).toBe(6);
    expect(await ganvas(["train", at("other"), "--resume", run, "--allow-changed-data"])).toMatchObject({ code: 0, err: "" });
    expect(await stepOf(run)).toBe(STEPS);
    expect(await ganvas(["train", "--resume", run])).toMatchObject({ code: 0, err: "" });
  });

  it("takes the next checkpoint where the newest is broken, and says so", async () => {
    const run = copy();
    const newest = checkpoints(run).at(-1)!;
    const half = readFileSync(newest).subarray(0, 3000);
    writeFileSync(newest, half);
    // model.safetensors is a copy of it.
    const first = await until(7, ["--resume", run]);
    expect(first.err).toMatch(/^ganvas: [^\n]*00000006\.safetensors is broken: [^\n]*\nganvas: goes on from [^\n]*model\.safetensors, step 6\n$/);
    writeFileSync(checkpoints(run).at(-1)!, half);
    writeFileSync(join(run, "model.safetensors"), "");
    const second = await ganvas(["train", "--resume", run]);
    expect(second.code).toBe(0);
    expect(second.err).toMatch(/goes on from [^\n]*0000000[456]\.safetensors, step [456]\n$/);
    expectSameBytes(model(run), model(at("whole")));
  });

  it("begins where no step was done yet", async () => {
    const run = at("early");
    const interrupt = new AbortController();
    const onText = (text: string) => void (text.startsWith('{"type":"start"') && interrupt.abort(new Interruption("SIGTERM")));
    expect(await ganvas(["train", ...asked(), "--out", run, "--json"], { signal: interrupt.signal, onText })).toMatchObject({ code: 143 });
    for (const name of ["checkpoints", "model.safetensors"]) rmSync(join(run, name), { recursive: true, force: true });
    expect(await ganvas(["train", "--resume", run])).toMatchObject({ code: 0, err: "" });
    expectSameBytes(model(run), model(at("whole")));
    expect(reports(readFileSync(join(run, "log.jsonl"), "utf8"))).toHaveLength(STEPS);
  });

  it("ends where all models are broken, and is left as it is where there are none any more", async () => {
    const run = copy();
    for (const path of [...checkpoints(run), join(run, "model.safetensors")]) writeFileSync(path, "broken");
    const ended = await ganvas(["train", "--resume", run]);
    expect(ended).toMatchObject({ code: 1, out: "" });
    expect(ended.err).toMatch(/\nganvas: no model of [^\n]* can be read; [^\n]*\n$/);
    for (const path of [...checkpoints(run), join(run, "model.safetensors")]) rmSync(path);
    const before = contents(run);
    const refused = await ganvas(["train", "--resume", run]);
    expect(refused).toMatchObject({ code: 2, out: "" });
    expect(refused.err).toMatch(/^ganvas: --resume: expected a model of [^\n]*, which is at step 6, got neither[^\n]*\n$/);
    expect(contents(run)).toEqual(before);
  });

  it("is left as it is where it cannot be gone on with on other data or another machine", async () => {
    const run = copy();
    const before = contents(run);
    for (const [names, each] of [
      [["ants", "cats", "dogs"], 4],
      [["cats", "dogs", "owls"], 4],
    ] as const) {
      await writeFaces(at(`of ${names[0]}`), names, each);
      const refused = await ganvas(["train", at(`of ${names[0]}`), "--resume", run, "--allow-changed-data"]);
      expect(refused).toMatchObject({ code: 2, out: "" });
      expect(refused.err).toMatch(/^ganvas: [^\n]*expected the classes that the run knows, cats, dogs, got [^\n]*\n$/);
    }
    const memory = await ganvas(["train", "--resume", run, "--max-memory", "0.01"]);
    expect(memory).toMatchObject({ code: 2, out: "" });
    expect(memory.err).toMatch(/^ganvas: --max-memory: expected at least [\d.]+ MB, got [\d.]+ MB\n$/);
    expect(contents(run)).toEqual(before);
  });

  it("finds its labels where they were moved to", async () => {
    writeDigits(at("images-ubyte"), at("labels-ubyte"));
    const run = at("of a file");
    const argv = ["train", at("images-ubyte"), ...TINY.slice(2), "--condition", "--labels", at("labels-ubyte"), "--steps", "1", "--out", run];
    expect(await ganvas(argv)).toMatchObject({ code: 0, err: "" });
    renameSync(at("labels-ubyte"), at("moved-ubyte"));
    const refused = await ganvas(["train", "--resume", run, "--steps", "2"]);
    expect(refused).toMatchObject({ code: 2, out: "" });
    expect(refused.err).toMatch(/^ganvas: --labels: [^\n]*ENOENT[^\n]*\n$/);
    expect(await ganvas(["train", "--resume", run, "--steps", "2", "--labels", at("moved-ubyte")])).toMatchObject({ code: 0, err: "" });
    expect(await ganvas(["train", "--resume", run, "--steps", "3"])).toMatchObject({ code: 0, err: "" });
    expect(await stepOf(run)).toBe(3);
  });

  it("says which of its ends it has come to", async () => {
    const run = copy();
    expect((await ganvas(["train", "--resume", run, "--steps", "6", "--minutes", "60"])).out).toMatch(
      /already, at step 6, by its steps. [^\n]* --steps with more\n$/,
    );
    expect((await ganvas(["train", "--resume", run, "--steps", "60", "--minutes", "0.000001"])).out).toMatch(
      /already, at step 6, by its minutes. [^\n]* --minutes with more\n$/,
    );
  });

  it.each([
    [["--width", "8"], "--width: expected none with --resume"],
    [["--batch-size", "8"], "--batch-size: expected none with --resume"],
    [["--out", "x"], "--out: expected none with --resume"],
  ])("takes no %j", async (argv, message) => {
    const result = await ganvas(["train", "--resume", at("broken off"), ...argv]);
    expect(result).toMatchObject({ code: 2, out: "" });
    expect(result.err).toContain(message);
  });

  it.each([
    ["of another version", { format: 2, ganvas: "9.0.0" }, "expected a run of format 1, as ganvas 0.1.0 has it, got format 2 of ganvas 9.0.0"],
    ["of something else", { name: "ganvas" }, "expected the description of a run"],
    ["that is not whole", { format: 1, data: {} }, "expected the description of a run"],
    ["that is no object", 7, "expected the description of a run"],
  ])("is not one %s", async (_, record, message) => {
    const run = copy();
    writeFileSync(join(run, "run.json"), JSON.stringify(record));
    const result = await ganvas(["train", "--resume", run]);
    expect(result).toMatchObject({ code: 2, out: "" });
    expect(result.err).toMatch(/^ganvas: [^\n]*\n$/);
    expect(result.err).toContain(message);
  });
});
