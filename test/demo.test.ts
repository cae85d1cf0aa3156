import { spawn } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { decode } from "fast-png";
import { afterAll, describe, expect, it } from "vitest";
import { cli } from "../src/demo/cli.ts";
import { Interruption, onInterruption } from "../src/demo/interruption.ts";
import { parseOptions, UsageError } from "../src/demo/options.ts";
import { duration, showProgress } from "../src/demo/progress.ts";
import { type DemoSettings, settings } from "../src/demo/settings.ts";
import { loadGAN } from "../src/index.ts";
import { WriteError } from "../src/node.ts";
import { expectSameBytes } from "./bytes.ts";
import { ROOT } from "./child.ts";

const folder = mkdtempSync(join(tmpdir(), "ganvas-demo-"));
afterAll(() => rmSync(folder, { recursive: true }));

const small: DemoSettings = {
  ...settings,
  faces: 12,
  size: 16,
  steps: { faces: 4, file: 4 },
  batchSize: 4,
  latent: 4,
  width: 4,
  rows: 3,
  moments: [0, 0.5, 1],
  scale: 2,
};

/** A stream that keeps what is written to it. */
class Sink extends Writable {
  text = "";
  constructor(
    readonly onText = (_: string) => {},
    readonly isTTY = false,
  ) {
    super();
  }
  override _write(chunk: Buffer, _: string, done: () => void) {
    this.text += chunk;
    this.onText(String(chunk));
    done();
  }
}

/** Runs the demo. What `onStep` does has been done when a step has been told, and before it is noted. */
async function run(
  argv: readonly string[],
  {
    signal = new AbortController().signal,
    onStep = (_: number) => {},
    settings = small,
  }: { signal?: AbortSignal; onStep?: (step: number) => void; settings?: DemoSettings } = {},
) {
  const out = new Sink((text) => {
    const step = /^step (\d+)/.exec(text)?.[1];
    if (step) onStep(Number(step));
  });
  const err = new Sink();
  const code = await cli(argv, settings, { out, err, signal });
  return { code, out: out.text, err: err.text };
}

describe("parseOptions", () => {
  it("fills in what the command line leaves out", () => {
    expect(parseOptions([], { faces: 70, file: 90 })).toEqual({ data: null, steps: 70, seed: 1, out: "demo-output" });
    expect(parseOptions(["--data", "a.gz"], { faces: 70, file: 90 })).toMatchObject({ data: "a.gz", steps: 90 });
    expect(parseOptions(["--data", "a.gz", "--steps", "5", "--seed=0", "--out", "b"], { faces: 70, file: 90 })).toEqual({
      data: "a.gz",
      steps: 5,
      seed: 0,
      out: "b",
    });
    expect(parseOptions(["--help"], { faces: 70, file: 90 })).toBeNull();
  });

  it.each([
    [["--stepz", "5"], "Unknown option '--stepz'"],
    [["extra"], "Unexpected argument 'extra'"],
    [["--steps"], "Option '--steps <value>' argument missing"],
    [["--steps", "0"], '--steps: expected an integer of at least 1, got "0"'],
    [["--steps", "1e3"], '--steps: expected an integer of at least 1, got "1e3"'],
    [["--steps=-1"], '--steps: expected an integer of at least 1, got "-1"'],
    [["--steps", "99999999999999999"], '--steps: expected an integer of at least 1, got "99999999999999999"'],
    [["--seed", "x"], '--seed: expected an integer of at least 0, got "x"'],
    [["--seed", ""], '--seed: expected an integer of at least 0, got ""'],
    [["--out", ""], "--out: expected a path, got nothing"],
  ])("refuses %j in one line", (argv, message) => {
    expect(() => parseOptions(argv, { faces: 1, file: 1 })).toThrow(UsageError);
    expect(() => parseOptions(argv, { faces: 1, file: 1 })).toThrow(message);
    try {
      parseOptions(argv, { faces: 1, file: 1 });
    } catch (error) {
      expect((error as Error).message).not.toContain("\n");
    }
  });
});

describe("the demo", () => {
  it("trains on faces and writes the four files", async () => {
    const out = join(folder, "new", "faces");
    const result = await run(["--out", out, "--seed", "3"]);
    expect(result).toMatchObject({ code: 0, err: "" });
    expect(result.out).toMatch(/^step 4\/4 {2}loss D \d/m);
    expect(readdirSync(out).sort()).toEqual(["losses.svg", "model.safetensors", "progress.png", "samples.png"]);
    expect(decode(readFileSync(join(out, "samples.png")))).toMatchObject({ width: 8 * 16 * 2, height: 8 * 16 * 2, channels: 3 });
    expect(decode(readFileSync(join(out, "progress.png")))).toMatchObject({ width: 3 * 16 * 2, height: 3 * 16 * 2, channels: 3 });
    expect(readFileSync(join(out, "losses.svg"), "utf8")).toMatch(/^<svg .*>generator<.*<\/svg>\n$/s);
    using gan = await loadGAN(readFileSync(join(out, "model.safetensors")), { backend: "wasm" });
    expect(gan.step).toBe(4);
    expect(gan.spec.shape).toEqual([16, 16, 3]);
    // The model and the seed give the very picture that was written.
    const samples = await (await gan.sample({ count: 64, seed: 3 })).toPNG({ columns: 8, scale: 2 });
    expect(Buffer.compare(samples, readFileSync(join(out, "samples.png")))).toBe(0);
    // The rightmost column of progress.png shows its latents at the last step.
    const last = await gan.sample({ latents: gan.latents({ count: 3, seed: 3 }) });
    const column = decode(await last.toPNG({ columns: 1, scale: 2 }));
    const progress = decode(readFileSync(join(out, "progress.png")));
    const rows = Array.from({ length: 96 }, (_, y) => [...progress.data.subarray((y * 96 + 64) * 3, (y * 96 + 96) * 3)]).flat();
    expectSameBytes(Uint8Array.from(rows), column.data);
  });

  it("writes while it trains, goes on where it cannot, and when interrupted writes what there is", async () => {
    const interrupt = new AbortController();
    const out = join(folder, "interrupted");
    const model = join(out, "model.safetensors");
    let second: Uint8Array | undefined;
    const onStep = (step: number) => {
      if (step === 1) mkdirSync(model); // in the way of the first writing
      if (step === 2) rmdirSync(model);
      if (step === 3) second = readFileSync(model);
      if (step === 3) interrupt.abort(new Interruption("SIGTERM"));
    };
    const result = await run(["--out", out, "--steps", "20"], { signal: interrupt.signal, onStep, settings: { ...small, writeEvery: 0 } });
    expect(result).toMatchObject({ code: 143, out: expect.stringContaining("Trained for 3 steps.") });
    expect(result.err).toMatch(/^demo: [^\n]*model\.safetensors: expected a file that can be written, got EISDIR: [^\n]*; training goes on\n$/);
    expect(readdirSync(out).sort()).toEqual(["losses.svg", "model.safetensors", "progress.png", "samples.png"]);
    for (const [step, bytes] of [
      [2, second!],
      [3, readFileSync(model)],
    ] as const) {
      using gan = await loadGAN(bytes, { backend: "wasm" });
      expect(gan.step).toBe(step);
    }
    // Columns: before the first step, and where it stopped.
    expect(decode(readFileSync(join(out, "progress.png"))).width).toBe(2 * 16 * 2);
  });

  it("writes nothing over what is there when it is interrupted before the first step", async () => {
    const out = join(folder, "earlier");
    mkdirSync(out);
    writeFileSync(join(out, "model.safetensors"), "a good model");
    const result = await run(["--out", out], { signal: AbortSignal.abort(new Interruption("SIGINT")) });
    expect(result).toMatchObject({ code: 130, err: "", out: expect.stringContaining("nothing is written") });
    expect(readdirSync(out).map((name) => readFileSync(join(out, name), "utf8"))).toEqual(["a good model"]);
  });

  it("answers results that cannot be written in the end with one line and code 1", async () => {
    const out = join(folder, "gone");
    const result = await run(["--out", out, "--steps", "1"], { onStep: () => rmSync(out, { recursive: true }) });
    expect(result.code).toBe(1);
    expect(result.err).toMatch(/^demo: [^\n]*model\.safetensors: expected a file that can be written, got ENOENT: [^\n]*\n$/);
  });

  it("as a process, trains on the images of an IDX file until SIGTERM, and exits with 143 and what there is", async () => {
    const grey = join(folder, "grey.idx");
    writeFileSync(grey, Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 6, 0, 0, 0, 16, 0, 0, 0, 16, ...Array.from({ length: 6 * 256 }, (_, i) => i % 251)));
    const out = join(folder, "terminated");
    const child = spawn(process.execPath, ["dist/demo.js", "--data", grey, "--out", out], { cwd: ROOT, stdio: ["ignore", "pipe", "inherit"] });
    child.stdout.on("data", (text) => {
      if (String(text).includes("step 1/")) child.kill("SIGTERM");
    });
    expect(await once(child, "exit")).toEqual([143, null]);
    using gan = await loadGAN(readFileSync(join(out, "model.safetensors")), { backend: "wasm" });
    expect(gan.step).toBeGreaterThan(0);
    expect(decode(readFileSync(join(out, "samples.png")))).toMatchObject({ channels: 1 });
  });

  const notIdx = join(folder, "not.idx");
  const labels = join(folder, "labels.idx");
  const file = join(folder, "file");
  writeFileSync(notIdx, "hello");
  writeFileSync(labels, Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 2, 1, 2));
  writeFileSync(file, "");
  it.each([
    ["an unknown flag", ["--dta", "x"], "--dta"],
    ["a number that is none", ["--steps", "many"], "--steps"],
    ["a file that is not there", ["--data", join(folder, "none.gz")], "none.gz"],
    ["a folder for a file", ["--data", folder], "EISDIR"],
    ["a malformed file", ["--data", notIdx], "an IDX file"],
    ["a file of labels", ["--data", labels], "shape [N, H, W]"],
  ])("answers %s with one line and code 2, and writes nothing", async (_, argv, named) => {
    const out = join(folder, "refused");
    const result = await run(["--out", out, ...argv]);
    expect(result.code).toBe(2);
    expect(result.err).toMatch(/^demo: [^\n]*\n$/);
    expect(result.err).toContain(named);
    expect(result.out).toBe("");
    expect(existsSync(out)).toBe(false);
  });

  it("answers a folder that cannot be made with one line and code 2", async () => {
    const result = await run(["--out", join(file, "below")]);
    expect(result).toMatchObject({ code: 2, out: "" });
    expect(result.err).toMatch(/^demo: --out: [^\n]*\n$/);
  });

  it("answers a folder in a result's place with one line and code 2, before it trains", async () => {
    mkdirSync(join(folder, "taken", "losses.svg"), { recursive: true });
    const result = await run(["--out", join(folder, "taken")]);
    expect(result).toMatchObject({ code: 2, out: "" });
    expect(result.err).toMatch(/^demo: --out: [^\n]*losses\.svg is not a file\n$/);
  });

  it("explains itself", async () => {
    expect((await run(["--help"])).out).toContain("--steps <n>");
  });
});

describe("onInterruption", () => {
  let now = 0;
  const listen = () => {
    const exits: number[] = [];
    const process = Object.assign(new EventEmitter(), {
      stdout: new EventEmitter(),
      stderr: new EventEmitter(),
      exit: (code: number) => exits.push(code),
    });
    return { process, exits, signal: onInterruption(process, () => now) };
  };

  it.each([
    ["SIGHUP", 129],
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ])("takes %s for a wish to end, its echo for the same, and a second one for an order", (name, code) => {
    const { process, exits, signal } = listen();
    expect(signal.aborted).toBe(false);
    process.emit(name);
    expect(signal.reason).toMatchObject({ exitCode: code });
    now += 5; // Ctrl-C comes from the terminal, and from npm once more
    process.emit(name);
    expect(exits).toEqual([]);
    now += 1000;
    process.emit(name);
    expect(exits).toEqual([code]);
  });

  it("ends when nobody reads standard output any more, or it cannot be written", () => {
    const closed = listen();
    closed.process.stderr.emit("error", new Error("write EPIPE"));
    expect(closed.signal.aborted).toBe(false);
    closed.process.stdout.emit("error", Object.assign(new Error("write EPIPE"), { code: "EPIPE" }));
    expect(closed.signal.reason).toMatchObject({ exitCode: 141 });
    const full = listen();
    full.process.stdout.emit("error", Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" }));
    expect(full.signal.reason).toBeInstanceOf(WriteError);
  });
});

describe("showProgress", () => {
  const standing = { discriminatorLoss: 1.3864, generatorLoss: 0.7009, imagesPerSecond: 123.4, secondsLeft: 75 };

  it("writes about twenty plain lines where there is no terminal", () => {
    const out = new Sink();
    const progress = showProgress(out, 1000);
    for (let step = 1; step <= 1000; step++) progress.update({ step, ...standing });
    progress.stop();
    const lines = out.text.trimEnd().split("\n");
    expect(lines.length).toBe(21);
    expect(lines[0]).toBe("step 1/1000  loss D 1.386 G 0.701  123 images/s  1:15 left");
    expect(out.text).not.toContain("\x1b");
  });

  it("draws a bar on a terminal", () => {
    const out = new Sink(undefined, true);
    const progress = showProgress(out, 10);
    progress.update({ step: 5, ...standing });
    progress.stop();
    expect(out.text).toContain("step 5/10  loss D 1.386 G 0.701  123 images/s  1:15 left");
    expect(out.text).toContain("\x1b");
  });

  it("tells time as minutes and seconds", () => {
    expect([0, 59.6, 600, 3725].map(duration)).toEqual(["0:00", "1:00", "10:00", "62:05"]);
  });
});
