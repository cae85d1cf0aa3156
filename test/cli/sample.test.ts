import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decode } from "fast-png";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Interruption } from "../../src/cli/interruption.ts";
import { loadGAN } from "../../src/index.ts";
import { expectSameBytes } from "../bytes.ts";
import { ganvas, reports, TINY, writeFaces } from "./kit.ts";

const folder = mkdtempSync(join(tmpdir(), "ganvas-sample-"));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (...names: string[]): string => join(folder, ...names);

beforeAll(async () => {
  await writeFaces(at("pets"), ["cats", "dogs"], 10);
  const argv = ["train", at("pets"), ...TINY, "--condition", "--steps", "2", "--out", at("run")];
  expect(await ganvas(argv)).toMatchObject({ code: 0, err: "" });
  expect(await ganvas(["train", "ring", ...TINY.slice(2), "--steps", "1", "--out", at("ring")])).toMatchObject({ code: 0 });
  using gan = await open();
  writeFileSync(at("generator.safetensors"), await gan.save({ generatorOnly: true }));
});
const open = () => loadGAN(readFileSync(at("run", "model.safetensors")), { backend: "wasm", threads: 1 });
const read = (out: string): Map<string, Buffer> =>
  new Map(
    readdirSync(out)
      .filter((name) => name.endsWith(".png"))
      .map((name) => [name, readFileSync(join(out, name))]),
  );

describe("ganvas sample", () => {
  it("makes a grid of what the model makes of the seed", async () => {
    using gan = await open();
    const png = await (await gan.sample({ count: 6, seed: 4, truncation: 0.8 })).toPNG({ scale: 2 });
    for (const model of [at("run"), at("run", "model.safetensors"), at("generator.safetensors")]) {
      const argv = ["sample", model, "--count", "6", "--seed", "4", "--truncation", "0.8", "--scale", "2", "--grid", at("grid.png")];
      expect(await ganvas(argv)).toMatchObject({ code: 0, err: "" });
      expectSameBytes(readFileSync(at("grid.png")), png, model);
    }
  });

  it("makes a class by its name or number", async () => {
    using gan = await open();
    const png = await (await gan.sample({ count: 4, condition: 1 })).toPNG();
    for (const condition of ["dogs", "1"]) {
      await ganvas(["sample", at("run"), "--count", "4", "--condition", condition, "--grid", at("class.png")]);
      expectSameBytes(readFileSync(at("class.png")), png, condition);
    }
    const wrong = await ganvas(["sample", at("run"), "--condition", "birds", "--grid", at("none.png")]);
    expect(wrong).toMatchObject({ code: 2, err: 'ganvas: --condition: expected a class, 0 to 1 (cats, dogs), got "birds"\n' });
    expect(existsSync(at("none.png"))).toBe(false);
  });

  it("makes files that are the same whatever the count, the break or the shard", async () => {
    const sample = (out: string, ...argv: string[]) => ganvas(["sample", at("run"), "--seed", "9", "--out", at(out), ...argv]);
    expect(await sample("all", "--count", "70")).toMatchObject({ code: 0, err: "" });
    const all = read(at("all"));
    expect([...all.keys()]).toEqual(Array.from({ length: 70 }, (_, i) => `9-${String(i).padStart(6, "0")}.png`));
    using gan = await open();
    const images = await gan.sample({ count: 70, seed: 9 });
    for (const i of [0, 1, 64, 69]) expectSameBytes(all.get(`9-0000${String(i).padStart(2, "0")}.png`)!, await images.at(i).toPNG());
    for (const part of [2, 1, 3]) expect(await sample("parts", "--count", "70", "--shard", `${part}/3`)).toMatchObject({ code: 0 });
    expect(read(at("parts"))).toEqual(all);
    await sample("more", "--count", "10");
    const longer = await sample("more", "--count", "70");
    expect(longer.out).toContain("70 pictures of seed 9 are in");
    expect(longer.out).toContain("of which 10 were there already");
    expect(read(at("more"))).toEqual(all);
  });

  it("goes on after an interruption, and mends what is not whole", async () => {
    const interrupt = new AbortController();
    const argv = ["sample", at("run"), "--count", "150", "--out", at("long")];
    const onText = () => interrupt.abort(new Interruption("SIGINT"));
    const first = await ganvas(argv, { signal: interrupt.signal, onText });
    expect(first).toMatchObject({ code: 130, out: expect.stringContaining("64 of 150 pictures") });
    const [kept, cut] = [at("long", "0-000000.png"), at("long", "0-000001.png")];
    utimesSync(kept, 1, 1);
    truncateSync(cut, 50);
    expect(await ganvas(argv)).toMatchObject({ code: 0, out: expect.stringContaining("of which 63 were there already") });
    expect(statSync(kept).mtimeMs).toBe(1000);
    expect(decode(readFileSync(cut))).toMatchObject({ width: 16, height: 16 });
    expect(readdirSync(at("long"))).toHaveLength(151);
  });

  it("does not mix what was made otherwise", async () => {
    const sample = (...argv: string[]) => ganvas(["sample", at("run"), "--count", "2", "--out", at("mixed"), ...argv]);
    expect(await sample()).toMatchObject({ code: 0 });
    const refused = await sample("--truncation", "0.5");
    expect(refused).toMatchObject({ code: 2, out: "" });
    expect(refused.err).toMatch(/^ganvas: --out: [^\n]*were made otherwise[^\n]*\n$/);
    expect(await sample("--truncation", "0.5", "--seed", "1")).toMatchObject({ code: 0 });
  });

  it("tells machines of each picture", async () => {
    const { out } = await ganvas(["sample", at("run"), "--count", "3", "--shard", "2/2", "--out", at("json"), "--json"]);
    expect(reports(out)).toEqual([
      { type: "picture", index: 1, file: at("json", "0-000001.png") },
      { type: "end", folder: at("json"), made: 1, there: 0, interrupted: false },
    ]);
  });

  it("draws points", async () => {
    expect(await ganvas(["sample", at("ring"), "--grid", at("points.svg")])).toMatchObject({ code: 0, err: "" });
    expect(readFileSync(at("points.svg"), "utf8")).toMatch(/^<svg /);
    expect(await ganvas(["sample", at("ring"), "--out", at("points")])).toMatchObject({ code: 2 });
    expect(existsSync(at("points"))).toBe(false);
  });

  it("writes to samples.png, but not over what is there", async () => {
    const before = process.cwd();
    process.chdir(folder);
    try {
      expect(await ganvas(["sample", "run", "--count", "1"])).toMatchObject({ code: 0 });
      expect(await ganvas(["sample", "run", "--count", "1"])).toMatchObject({
        code: 2,
        err: expect.stringContaining("samples.png is there already"),
      });
    } finally {
      process.chdir(before);
    }
  });

  it.each([
    ["nothing there", () => [at("none")], "expected a file of ganvas or a run, got a path at which there is nothing"],
    ["a folder that is no run", () => [at("pets")], "a folder without a model"],
    ["another file", () => [at("run", "run.json")], "run.json"],
    ["both a grid and files", () => [at("run"), "--grid", "a.png", "--out", "b"], "--grid: expected none with --out"],
    ["a part of a grid", () => [at("run"), "--shard", "1/2"], "--shard: expected --out"],
    ["a class of what has none", () => [at("ring"), "--condition", "1", "--grid", at("x.svg")], "--condition: expected none"],
    ["a folder that is a file", () => [at("run"), "--out", at("run", "run.json")], "--out: EEXIST"],
  ])("refuses %s", async (_, argv, named) => {
    const result = await ganvas(["sample", ...argv()]);
    expect(result).toMatchObject({ code: 2, out: "" });
    expect(result.err).toMatch(/^ganvas: [^\n]*\n$/);
    expect(result.err).toContain(named);
  });

  it.each([
    ["in no folder", () => at("no", "grid.png"), "expected a file in a folder that is there"],
    ["in what is no folder", () => at("run", "run.json", "grid.png"), "expected a file in a folder that is there"],
    ["that is a folder", () => at("pets"), "expected a file, got a folder"],
  ])("refuses a grid %s", async (_, grid, named) => {
    const result = await ganvas(["sample", at("run"), "--grid", grid()]);
    expect(result).toMatchObject({ code: 2, out: "" });
    expect(result.err).toMatch(/^ganvas: --grid: [^\n]*\n$/);
    expect(result.err).toContain(named);
  });
});

describe("ganvas evaluate", () => {
  it("holds a model against pictures, as a table or in lines of JSON", async () => {
    const argv = ["evaluate", at("run"), at("pets"), "--count", "10", "--seed", "1"];
    const table = await ganvas(argv);
    expect(table).toMatchObject({ code: 0, err: "" });
    expect(table.out).toMatch(/^10 samples[\s\S]*\nfrechetDistance +\d/);
    const { out } = await ganvas([...argv, "--json"]);
    expect(reports(out)[0]).toMatchObject({
      type: "metric",
      name: "frechetDistance",
      value: expect.any(Number),
      floor: expect.any(Number),
      count: 10,
      seed: 1,
    });
  });

  it.each([
    ["too few pictures", () => [at("run"), at("pets"), "--count", "11"], "20"],
    ["points", () => [at("run"), "ring"], "--size"],
    ["pictures, of points", () => [at("ring"), at("pets")], "expected examples [2]"],
    ["pictures that are not there", () => [at("run"), at("none")], "there is nothing"],
  ])("refuses %s", async (_, argv, named) => {
    const result = await ganvas(["evaluate", ...argv()]);
    expect(result).toMatchObject({ code: 2, out: "" });
    expect(result.err).toMatch(/^ganvas: [^\n]*\n$/);
    expect(result.err).toContain(named);
  });

  it("has pictures become what they were to its run, where nobody says", async () => {
    const run = at("contained");
    const how = ["--fit", "contain", "--background", "#00ff00"];
    const trained = await ganvas(["train", at("pets"), ...TINY, "--size", "32x16", ...how, "--steps", "1", "--out", run]);
    expect(trained).toMatchObject({ code: 0, err: "" });
    const evaluated = async (...rest: string[]) => (await ganvas(["evaluate", run, at("pets"), "--count", "10", ...rest])).out;
    const table = await evaluated();
    expect(table).toContain("frechetDistance");
    expect(table).toBe(await evaluated(...how));
    expect(table).not.toBe(await evaluated("--fit", "cover"));
  });

  it("refuses other classes than the model has", async () => {
    await writeFaces(at("birds"), ["birds", "dogs"], 10);
    const result = await ganvas(["evaluate", at("run"), at("birds")]);
    expect(result).toMatchObject({ code: 2, err: expect.stringContaining("cats, dogs, got birds, dogs") });
  });
});

describe("ganvas info", () => {
  it("tells of a run", async () => {
    const { code, out } = await ganvas(["info", at("run")]);
    expect(code).toBe(0);
    expect(out).toContain("pictures of 16 x 16, 3 channels, 2 classes: cats, dogs, of 4 latent numbers");
    expect(out).toMatch(/\nstep +2\n/);
    expect(out).toMatch(/\ncomputes +on \w+, threads: \d+, /);
    expect(out).toMatch(/\nfingerprint +sha256:[0-9a-f]{64}\n$/);
  });

  it("tells machines, and of a generator alone what there is", async () => {
    const [whole, generator] = await Promise.all(
      [at("run", "model.safetensors"), at("generator.safetensors")].map(async (file) => reports((await ganvas(["info", file, "--json"])).out)[0]!),
    );
    using gan = await open();
    expect(whole).toMatchObject({
      ...{
        type: "info",
        kind: "checkpoint",
        step: 2,
        shape: [16, 16, 3],
        latent: 4,
        classes: ["cats", "dogs"],
        bytes: statSync(at("run", "model.safetensors")).size,
      },
      ...{ learning: { objective: { name: "non-saturating" }, batchSize: 4, seed: 0 }, backend: { name: expect.any(String) } },
    });
    expect(whole!.condition).toEqual(gan.spec.condition);
    expect(generator).toMatchObject({
      kind: "generator",
      shape: [16, 16, 3],
      parameters: { generator: (whole!.parameters as { generator: number }).generator },
    });
    expect(generator).not.toHaveProperty("step");
    expect(generator!.parameters).not.toHaveProperty("discriminator");
  });

  it("refuses what is no model", async () => {
    expect(await ganvas(["info", at("run", "samples.png")])).toMatchObject({
      code: 2,
      out: "",
      err: expect.stringMatching(/^ganvas: [^\n]*samples\.png: [^\n]*\n$/),
    });
  });
});
