import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decode } from "fast-png";
import { afterAll, describe, expect, it } from "vitest";
import { Interruption } from "../../src/cli/interruption.ts";
import { loadGAN } from "../../src/index.ts";
import { expectSameBytes } from "../bytes.ts";
import { ganvas, reports, TINY, writeDigits, writeFaces } from "./kit.ts";

const folder = mkdtempSync(join(tmpdir(), "ganvas train ünï-"));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (...names: string[]): string => join(folder, ...names);

const model = (run: string) => loadGAN(readFileSync(join(run, "model.safetensors")), { backend: "wasm", threads: 1 });

await writeFaces(at("pets"), ["cats", "dogs"], 6);
writeDigits(at("train-images-idx3-ubyte"), at("train-labels-idx1-ubyte"));

describe("ganvas train", () => {
  it("leaves a run: the model, checkpoints, previews, pictures, the log, what it is", async () => {
    const out = at("new", "faces");
    const result = await ganvas(["train", at("pets"), ...TINY, "--steps", "50", "--seed", "3", "--preview-every", "20", "--out", out]);
    expect(result).toMatchObject({ code: 0, err: "" });
    expect(result.out).toMatch(/^Training on 12 pictures of 16 x 16, on wasm, threads: 1\. The run is .*\nstep 1\/50 {2}loss D \d/);
    expect(result.out).toMatch(/\nTrained to step 50\. .*\n$/);
    const names = ["checkpoints", "log.jsonl", "losses.svg", "model.safetensors", "previews", "progress.png", "run.json", "samples.png"];
    expect(readdirSync(out).sort()).toEqual(names);
    expect(readdirSync(join(out, "previews"))).toEqual([0, 1, 3, 5, 10, 20, 35, 40, 50].map((step) => `${String(step).padStart(6, "0")}.png`));
    expect(readdirSync(join(out, "checkpoints"))).toEqual(["00000050.safetensors"]);
    expect(readFileSync(join(out, "losses.svg"), "utf8")).toMatch(/^<svg .*>generator<.*<\/svg>\n$/s);
    expect(reports(readFileSync(join(out, "log.jsonl"), "utf8")).map(({ step }) => step)).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
    expect(JSON.parse(readFileSync(join(out, "run.json"), "utf8"))).toMatchObject({
      ...{ format: 1, ganvas: "0.1.0", step: 50 },
      options: { size: [16, 16], steps: 50, seed: 3 },
      data: { source: at("pets"), shape: [16, 16, 3] },
    });
    using gan = await model(out);
    expect([gan.step, gan.spec.shape]).toEqual([50, [16, 16, 3]]);
    // The model and the seed give the very picture that was written, and its first row is the last column of the course.
    const samples = await gan.sample({ count: 64, seed: 3 });
    const png = await samples.toPNG({ columns: 8, scale: 6 });
    expectSameBytes(png, readFileSync(join(out, "samples.png")));
    expectSameBytes(png, readFileSync(join(out, "previews", "000050.png")));
    const progress = decode(readFileSync(join(out, "progress.png")));
    const grid = decode(png);
    expect([progress.width, progress.height]).toEqual([8 * 96, 8 * 96]);
    for (let sample = 0; sample < 8; sample++) {
      for (const y of [0, 50, 95]) {
        const last = progress.data.subarray(((sample * 96 + y) * progress.width + 7 * 96) * 3, ((sample * 96 + y) * progress.width + 8 * 96) * 3);
        expect(last).toEqual(grid.data.subarray((y * grid.width + sample * 96) * 3, (y * grid.width + (sample + 1) * 96) * 3));
      }
    }
  });

  it("learns the classes that pictures lie in, by name", async () => {
    const out = at("classes");
    const result = await ganvas(["train", at("pets"), ...TINY, "--condition", "--mirror", "--validation", "0.3", "--steps", "3", "--out", out]);
    expect(result).toMatchObject({ code: 0, err: "" });
    expect(result.out).toContain("12 pictures of 16 x 16 in 2 classes");
    expect(JSON.parse(readFileSync(join(out, "run.json"), "utf8")).data.classes).toEqual(["cats", "dogs"]);
    using gan = await model(out);
    expect(gan.spec.condition).toMatchObject({ classes: 2 });
    expect(reports(readFileSync(join(out, "log.jsonl"), "utf8"))[0]).toMatchObject({ divergence: { heldOut: expect.any(Number) } });
  });

  it("learns a file's images, and its labels where they lie beside it", async () => {
    const grey = at("train-images-idx3-ubyte");
    const result = await ganvas(["train", grey, ...TINY.slice(2), "--condition", "--steps", "2", "--out", at("grey")]);
    expect(result).toMatchObject({ code: 0, err: "" });
    using gan = await model(at("grey"));
    expect([gan.spec.shape, gan.spec.condition]).toMatchObject([[16, 16, 1], { classes: 3 }]);
    expect(decode(readFileSync(at("grey", "samples.png")))).toMatchObject({ channels: 1 });
  });

  it("says what pictures of a size that has no convolutions could be instead, unless asked for that", async () => {
    const odd = ["train", at("pets"), "--size", "18x22", ...TINY.slice(2), "--steps", "1"];
    const said = await ganvas([...odd, "--out", at("dense")]);
    expect(said.code).toBe(0);
    expect(said.err).toMatch(
      /^ganvas: the networks have dense layers alone, .*; for those, shape: expected .*\(nearest (is|are) \d+×\d+.*got \[22, 18, 3\]\n$/,
    );
    expect(await ganvas([...odd, "--architecture", "mlp", "--out", at("mlp")])).toMatchObject({ code: 0, err: "" });
  });

  it("learns points, and draws them", async () => {
    const result = await ganvas(["train", "ring", ...TINY.slice(2), "--steps", "4", "--out", at("ring")]);
    expect(result).toMatchObject({ code: 0, err: "" });
    expect(result.out).toContain("10000 points");
    expect(readdirSync(at("ring", "previews"))).toContain("000004.svg");
    expect(readFileSync(at("ring", "samples.svg"), "utf8")).toMatch(/^<svg /);
  });

  it("tells machines in lines of JSON, and nothing else on standard output", async () => {
    const result = await ganvas(["train", at("pets"), ...TINY, "--steps", "3", "--json", "--out", at("json")]);
    expect(result).toMatchObject({ code: 0, err: "" });
    const told = reports(result.out);
    expect(told.map(({ type }) => type)).toEqual(["start", "step", "step", "step", "checkpoint", "end"]);
    expect(told[0]).toMatchObject({ run: at("json"), step: 0, steps: 3, data: { count: 12, shape: [16, 16, 3] }, backend: { name: "wasm" } });
    expect(told[2]).toMatchObject({ step: 2, discriminatorLoss: expect.any(Number), divergence: { name: "jensen-shannon" } });
    expect(told[5]).toMatchObject({ step: 3, interrupted: false });
  });

  it("ends with the time that it has", async () => {
    const result = await ganvas(["train", at("pets"), ...TINY, "--minutes", "0.03", "--out", at("minutes")]);
    expect(result).toMatchObject({ code: 0, err: "" });
    const again = await ganvas(["train", "--resume", at("minutes")]);
    expect(again).toMatchObject({ code: 0, err: "", out: expect.stringContaining("come to its end already") });
    using gan = await model(at("minutes"));
    expect(gan.step).toBeGreaterThan(0);
    // With more time than anything here takes, steps are what ends it.
    const more = await ganvas(["train", "--resume", at("minutes"), "--minutes", "60", "--steps", `${gan.step + 2}`]);
    expect(more.out).toMatch(/from step \d+ on/);
    using later = await model(at("minutes"));
    expect(later.step).toBe(gan.step + 2);
  });

  it("leaves out broken pictures where it may, and names them", async () => {
    await writeFaces(at("torn"), ["all"], 3);
    writeFileSync(at("torn", "all", "none.jpg"), "no picture");
    const argv = ["train", at("torn"), ...TINY, "--steps", "1", "--out", at("skipped")];
    const refused = await ganvas(argv);
    expect(refused).toMatchObject({ code: 2, out: "" });
    expect(refused.err).toMatch(/^ganvas: [^\n]*none\.jpg[^\n]*--skip-broken[^\n]*\n$/);
    expect(existsSync(at("skipped"))).toBe(false);
    const result = await ganvas([...argv, "--skip-broken"]);
    expect(result.code).toBe(0);
    expect(result.err).toMatch(/^ganvas: 1 picture is left out:\n {2}all\/none\.jpg: [^\n]*\n$/);
    expect(JSON.parse(readFileSync(at("skipped", "run.json"), "utf8")).data.skipped).toHaveLength(1);
  });
});

describe("a picture that is broken behind its header", () => {
  it("is named when training has come upon it, and stays in run.json", async () => {
    await writeFaces(at("half"), ["all"], 5);
    const whole = readFileSync(at("half", "all", "2.png"));
    writeFileSync(at("half", "all", "2.png"), whole.subarray(0, whole.length - 200));
    const result = await ganvas(["train", at("half"), ...TINY, "--skip-broken", "--steps", "4", "--out", at("of half")]);
    expect(result.code).toBe(0);
    expect(result.err).toMatch(/^ganvas: 1 picture is left out:\n {2}all\/2\.png: [^\n]*\n$/);
    expect(JSON.parse(readFileSync(at("of half", "run.json"), "utf8")).data.skipped).toMatchObject([{ file: "all/2.png" }]);
  });

  it("ends the training where it may not, which says how to go on, and then does", async () => {
    const ended = await ganvas(["train", at("half"), ...TINY, "--steps", "4", "--out", at("at half")]);
    expect(ended.code).toBe(1);
    expect(ended.err).toMatch(/^ganvas: [^\n]*2\.png: [^\n]*\(--skip-broken puts another one in its place\)[^\n]*\n$/);
    const result = await ganvas(["train", "--resume", at("at half"), "--skip-broken"]);
    expect(result).toMatchObject({ code: 0, err: expect.stringContaining("all/2.png") });
    expect(await ganvas(["train", "--resume", at("at half"), "--steps", "6"])).toMatchObject({ code: 0 });
  });
});

describe("an interruption", () => {
  it("saves, and says how to go on", async () => {
    const interrupt = new AbortController();
    const out = at("interrupted");
    const onText = (text: string) => {
      if (text.startsWith("step 3/")) interrupt.abort(new Interruption("SIGINT"));
    };
    const result = await ganvas(["train", at("pets"), ...TINY, "--steps", "20", "--out", out], { signal: interrupt.signal, onText });
    expect(result).toMatchObject({ code: 130, err: "" });
    expect(result.out).toContain(`Interrupted at step 3, which is saved. To go on: ganvas train --resume '${out}'\n`);
    using gan = await model(out);
    expect(gan.step).toBe(3);
  });

  it("while pictures are looked at leaves nothing", async () => {
    const signal = AbortSignal.abort(new Interruption("SIGINT"));
    const result = await ganvas(["train", at("pets"), ...TINY, "--steps", "2", "--out", at("none")], { signal });
    expect(result).toEqual({ code: 130, out: "", err: "ganvas: interrupted before anything was written\n" });
    expect(existsSync(at("none"))).toBe(false);
  });

  it("before anything was written leaves nothing, and an earlier run as it was", async () => {
    const out = at("early");
    const signal = AbortSignal.abort(new Interruption("SIGTERM"));
    const argv = ["train", "ring", ...TINY.slice(2), "--steps", "2", "--out", out];
    const told = { code: 143, out: "", err: "ganvas: interrupted before anything was written\n" };
    expect(await ganvas(argv, { signal })).toEqual(told);
    expect(existsSync(out)).toBe(false);
    expect(await ganvas(argv)).toMatchObject({ code: 0, err: "" });
    const before = readFileSync(join(out, "run.json"), "utf8");
    expect(await ganvas([...argv, "--overwrite"], { signal })).toEqual(told);
    expect(readFileSync(join(out, "run.json"), "utf8")).toBe(before);
    using gan = await model(out);
    expect(gan.step).toBe(2);
  });
});

describe("a run that cannot be written any more", () => {
  it("ends with one line and code 1", async () => {
    const out = at("gone");
    const onText = (text: string) => {
      if (!text.startsWith("step 2/")) return;
      rmSync(out, { recursive: true });
      writeFileSync(out, "in the way");
    };
    const result = await ganvas(["train", at("pets"), ...TINY, "--steps", "4", "--out", out], { onText });
    expect(result.code).toBe(1);
    expect(result.err).toMatch(/^ganvas: [^\n]*gone[^\n]*(ENOTDIR|EEXIST)[^\n]*\n$/);
  });

  it("or trained, as its data are gone, ends likewise, and what it had is saved", async () => {
    await writeFaces(at("passing"), ["all"], 9);
    const onText = (text: string) => {
      if (text.startsWith("step 2/")) for (const name of readdirSync(at("passing", "all"))) writeFileSync(at("passing", "all", name), "broken");
    };
    const argv = ["train", at("passing"), ...TINY, "--batch-size", "2", "--steps", "9", "--out", at("of passing")];
    const result = await ganvas(argv, { onText });
    expect(result.code).toBe(1);
    expect(result.err).toMatch(/^ganvas: [^\n]*passing[^\n]*\.png[^\n]*\n$/);
    using gan = await model(at("of passing"));
    expect(gan.step).toBeGreaterThan(0);
    expect(readdirSync(at("of passing"))).toContain("losses.svg");
  });
});

describe("a folder for a run", () => {
  const train = (out: string, ...more: string[]) => ganvas(["train", at("pets"), ...TINY, "--steps", "1", "--out", out, ...more]);

  it("that holds one already is left as it is, unless it may be overwritten", async () => {
    const out = at("taken");
    await train(out, "--seed", "1");
    writeFileSync(join(out, "notes.txt"), "mine");
    writeFileSync(join(out, "previews", "mine.png"), "mine too");
    const before = readFileSync(join(out, "model.safetensors"));
    const refused = await train(out, "--seed", "2");
    expect(refused).toMatchObject({ code: 2, out: "" });
    expect(refused.err).toBe(`ganvas: --out: ${out} holds a run; --resume ${out} goes on with it, --overwrite puts another in its place\n`);
    expectSameBytes(readFileSync(join(out, "model.safetensors")), before);
    expect(await train(out, "--seed", "2", "--overwrite")).toMatchObject({ code: 0, err: "" });
    expect(readFileSync(join(out, "model.safetensors")).equals(before)).toBe(false);
    expect(readFileSync(join(out, "notes.txt"), "utf8") + readFileSync(join(out, "previews", "mine.png"), "utf8")).toBe("minemine too");
  });

  it("that holds a file of a name that a run writes is left as it is", async () => {
    mkdirSync(at("model"));
    writeFileSync(at("model", "model.safetensors"), "a good model");
    for (const more of [[], ["--overwrite"]]) {
      const refused = await train(at("model"), ...more);
      expect(refused).toMatchObject({ code: 2, out: "" });
      expect(refused.err).toMatch(/^ganvas: --out: [^\n]*model\.safetensors is there already, and is no part of a run: [^\n]*\n$/);
    }
    expect(readdirSync(at("model"))).toEqual(["model.safetensors"]);
  });

  it("that holds a folder in a file's place is refused, overwriting or not", async () => {
    mkdirSync(at("odd", "losses.svg"), { recursive: true });
    for (const more of [[], ["--overwrite"]]) {
      expect(await train(at("odd"), ...more)).toMatchObject({
        code: 2,
        out: "",
        err: expect.stringMatching(/losses\.svg to be a file, got a folder\n$/),
      });
    }
  });

  it("that is a file, or below one, is refused", async () => {
    writeFileSync(at("file"), "mine");
    for (const out of [at("file"), at("file", "below")]) {
      const result = await train(out);
      expect(result).toMatchObject({ code: 2, out: "" });
      expect(result.err).toMatch(/^ganvas: --out: [^\n]*\n$/);
    }
  });

  it.skipIf(process.getuid?.() === 0)("that is read-only is refused (of root everything can be written)", async () => {
    mkdirSync(at("readonly"));
    chmodSync(at("readonly"), 0o555);
    expect(await train(at("readonly"))).toMatchObject({ code: 2, out: "", err: expect.stringMatching(/^ganvas: --out: [^\n]*EACCES[^\n]*\n$/) });
  });

  it("with a run in it is as it was where another could not begin", async () => {
    const out = at("kept");
    expect(await ganvas(["train", at("pets"), ...TINY, "--steps", "2", "--out", out])).toMatchObject({ code: 0 });
    const files = readdirSync(out, { recursive: true });
    for (const wrong of [
      ["--validation", "0.00001"],
      ["--max-memory", "0.01"],
    ]) {
      const result = await ganvas(["train", at("pets"), ...TINY, "--steps", "2", "--out", out, "--overwrite", ...wrong]);
      expect(result).toMatchObject({ code: 2, err: expect.stringContaining(`${wrong[0]}: expected`) });
    }
    expect(readdirSync(out, { recursive: true })).toEqual(files);
  });

  it("within the pictures is refused, also by way of a link's name", async () => {
    symlinkSync(at("pets"), at("link"));
    for (const out of [at("pets"), at("pets", "run"), at("link", "run")]) {
      const result = await ganvas(["train", at("pets"), ...TINY, "--steps", "1", "--out", out]);
      expect(result).toMatchObject({ code: 2, out: "" });
      expect(result.err).toContain("not within the pictures");
    }
    expect(statSync(at("pets")).isDirectory() && !existsSync(at("pets", "run"))).toBe(true);
  });
});

describe("what cannot be trained on", () => {
  mkdirSync(at("empty"));
  mkdirSync(at("flat"));
  writeFileSync(at("text.txt"), "hello");
  writeFileSync(at("broken.idx"), "\0\0hello");
  writeFileSync(at("half.bin"), new Uint8Array(100));
  it.each([
    ["nothing", [], "expected what to train on"],
    ["a path at which there is nothing", [at("none")], "got a path at which there is nothing"],
    ["a folder without pictures", [at("empty")], "empty"],
    ["another file", [at("text.txt")], "got another file"],
    ["a device that never ends", ["/dev/zero"], "got what is no file"],
    ["a file that is not what it seems", [at("broken.idx")], "an IDX file"],
    ["a file of labels", [at("train-labels-idx1-ubyte")], "shape [N, H, W]"],
    ["half of a batch", [at("half.bin")], "half.bin"],
    ["another size than a file has", [at("train-images-idx3-ubyte"), "--size", "32"], "--size: expected 16x16"],
    ["colours that a file has not", [at("train-images-idx3-ubyte"), "--channels", "3"], "--channels: expected 1"],
    ["faces that are not square", ["faces", "--size", "32x16"], "--size: expected one number"],
    ["faces that are too small", ["faces", "--size", "8"], "faces: size: expected an integer from 16 to 128"],
    ["points with a size", ["ring", "--size", "8"], "--size: expected none"],
    ["points turned left to right", ["grid", "--mirror"], "--mirror: expected false but for images"],
    ["a fit of what is as it is", ["ring", "--fit", "cover"], "--fit: expected none"],
    ["labels of pictures", [at("pets"), "--labels", "x"], "--labels: expected none"],
    ["labels of which nothing is made", [at("train-images-idx3-ubyte"), "--labels", "x"], "--labels: expected none"],
    ["a name that is none", ["ring", "--architecture", "dcgn"], 'did you mean "dcgan"?'],
    ["a size that an architecture cannot make", [at("pets"), "--size", "17", "--architecture", "dcgan"], "17"],
    ["an augmentation that there is not", [at("pets"), "--augment", "colour"], "--augment"],
    ["a change without a run", ["faces", "--allow-changed-data"], "--allow-changed-data"],
    ["a run that there is not", ["--resume", at("none")], "no run.json"],
  ])("%s is refused in one line, and nothing is written", async (_, argv, named) => {
    const out = at("refused");
    const result = await ganvas(["train", ...argv, ...(argv.includes("--resume") ? [] : ["--out", out])]);
    expect(result).toMatchObject({ code: 2, out: "" });
    expect(result.err).toMatch(/^ganvas: [^\n]*\n$/);
    expect(result.err).toContain(named);
    expect(existsSync(out)).toBe(false);
  });

  it("classes of pictures that lie in one folder", async () => {
    const result = await ganvas(["train", at("torn"), "--skip-broken", "--condition", "--out", at("refused")]);
    expect(result).toMatchObject({ code: 2, err: expect.stringContaining("got one folder") });
  });

  it("a name that both a folder and drawn data have", async () => {
    const before = process.cwd();
    process.chdir(folder);
    try {
      mkdirSync("grid", { recursive: true });
      expect(await ganvas(["train", "grid"])).toMatchObject({ code: 2, err: expect.stringContaining("./grid is what is there") });
    } finally {
      process.chdir(before);
    }
  });
});

describe("a fault of the program", () => {
  it("is told in one line, and where it happened on request", async () => {
    const signal = AbortSignal.abort(new TypeError("a fault"));
    const plain = await ganvas(["--version"], { signal });
    expect(plain).toMatchObject({ code: 1, err: "ganvas: a fault of the program: TypeError: a fault; GANVAS_DEBUG=1 shows where\n" });
    const detailed = await ganvas(["--version"], { signal, debug: true });
    expect(detailed.err).toMatch(/\n +at .*train\.test\.ts/);
  });
});
