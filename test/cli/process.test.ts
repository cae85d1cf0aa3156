/** The command as a process of its own: what it answers, and what becomes of a run when the process is told to end, or killed, or the disk is full. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadGAN } from "../../src/index.ts";
import { expectSameBytes } from "../bytes.ts";
import { run } from "../child.ts";
import { COMMAND, reports, TINY, writeFaces } from "./kit.ts";

const folder = mkdtempSync(join(tmpdir(), "ganvas-process-"));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (...names: string[]): string => join(folder, ...names);
const ganvas = (...argv: string[]) => run(process.execPath, [COMMAND, ...argv], { cwd: folder });
const model = (out: string): Buffer => readFileSync(join(out, "model.safetensors"));
const stepOf = async (out: string): Promise<number> => {
  using gan = await loadGAN(model(out), { backend: "wasm", threads: 1 });
  return gan.step;
};

beforeAll(() => writeFaces(at("pets"), ["all"], 8));

function start(...argv: string[]): ChildProcess & { text: string } {
  const child = Object.assign(spawn(process.execPath, [COMMAND, ...argv], { cwd: folder, stdio: ["ignore", "pipe", "pipe"] }), { text: "" });
  child.stdout!.on("data", (chunk) => {
    child.text += chunk;
  });
  return child;
}

/** Waits until a child has written this. */
async function said(child: ChildProcess & { text: string }, what: string): Promise<void> {
  while (!child.text.includes(what)) await once(child.stdout!, "data");
}

describe("the process", () => {
  it("answers right and wrong command lines by its exit code, in a line", async () => {
    const [help, wrong, failed] = await Promise.all([ganvas("--help"), ganvas("train", "pets", "--stepz", "1"), ganvas("info", "none")]);
    expect(help).toMatchObject({ code: 0, stderr: "" });
    expect(help.stdout).toMatch(/^Usage: ganvas /);
    expect(wrong).toEqual({ code: 2, stdout: "", stderr: "ganvas: unknown option '--stepz'; did you mean --steps?\n" });
    expect(failed).toMatchObject({ code: 2, stdout: "" });
    const { version } = JSON.parse(readFileSync(join(COMMAND, "../../package.json"), "utf8"));
    expect((await ganvas("--version")).stdout).toBe(`${version}\n`);
  });

  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const)("at %s saves, says how to go on, and ends", async (signal, code) => {
    const out = `of ${signal}`;
    const child = start("train", "pets", ...TINY, "--steps", "1000000", "--out", out);
    await said(child, "\nstep 1/");
    child.kill(signal);
    expect(await once(child, "exit")).toEqual([code, null]);
    expect(child.text).toContain(`saved. To go on: ganvas train --resume 'of ${signal}'`);
    expect(await stepOf(at(out))).toBeGreaterThan(0);
  });

  it("ends when nobody reads its reports any more, and saves", async () => {
    const child = start("train", "pets", ...TINY, "--steps", "1000000", "--json", "--out", "unread");
    await said(child, '"type":"step"');
    child.stdout!.destroy();
    expect(await once(child, "exit")).toEqual([141, null]);
    expect(await stepOf(at("unread"))).toBeGreaterThan(0);
  });

  it("writes lines of JSON and nothing else on standard output", async () => {
    const { code, stdout } = await ganvas("train", "pets", ...TINY, "--steps", "2", "--json", "--out", "json");
    expect(code).toBe(0);
    expect(reports(stdout).map(({ type }) => type)).toEqual(["start", "step", "step", "checkpoint", "end"]);
  });
});

describe("a full disk", () => {
  /** The same, where no file may grow beyond so many KiB: what the file system then says is that the file is too large. */
  const within = (kib: number, ...argv: string[]) =>
    run("bash", ["-c", `ulimit -f ${kib}; exec "$@"`, "bash", process.execPath, COMMAND, ...argv], { cwd: folder });

  it.skipIf(process.platform === "win32")("in the middle of a run ends it with one line, and the last checkpoint is whole", async () => {
    const argv = ["pets", ...TINY, "--seed", "2", "--steps", "600", "--checkpoint-every", "0.2"];
    const full = await within(128, "train", ...argv, "--out", "full");
    expect(full.code).toBe(1);
    expect(full.stderr.replaceAll(/^(Warning: Couldn't load Vulkan| {4}at operator).*\n/gm, "").trimStart()).toMatch(
      /^ganvas: [^\n]*log\.jsonl: [^\n]*EFBIG[^\n]*\n$/,
    );
    const step = await stepOf(at("full"));
    expect(step).toBeGreaterThan(0);
    expect(step).toBeLessThan(600);
    const [resumed, whole] = await Promise.all([ganvas("train", "--resume", "full"), ganvas("train", ...argv, "--out", "roomy")]);
    expect([resumed.code, whole.code]).toEqual([0, 0]);
    expectSameBytes(model(at("full")), model(at("roomy")));
  });

  it.skipIf(process.platform === "win32")("before anything is written is told in one line", async () => {
    const { code, stderr, stdout } = await within(0, "train", "pets", ...TINY, "--out", "nothing");
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr.trim().split("\n").at(-1)).toMatch(/^ganvas: [^\n]*run\.json: [^\n]*EFBIG/);
    expect(existsSync(at("nothing", "model.safetensors"))).toBe(false);
  });
});

describe("kill -9", () => {
  const KILLS = 50;
  const STEPS = 400;

  it(`at ${KILLS} random moments of a run leaves what --resume goes on with, to the weights of a run that was never broken off`, async () => {
    const options = ["--seed", "5", "--mirror", "--checkpoint-every", "0.1", "--preview-every", "50", "--json"];
    const whole = ganvas("train", "pets", ...TINY, ...options, "--steps", `${STEPS}`, "--out", "unbroken");
    // A generator of numbers whose bits are told by its seed: the moments are the same whenever this runs, though not what they meet.
    let state = 1;
    const random = (): number => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state / 2 ** 32;
    };
    const steps: number[] = [];
    for (let kill = 0; kill < KILLS; kill++) {
      const begins = existsSync(at("killed", "run.json"))
        ? ["train", "--resume", "killed", "--json"]
        : ["train", "pets", ...TINY, ...options, "--steps", "1000000", "--out", "killed", "--overwrite"];
      const child = start(...begins);
      const exit = once(child, "exit");
      // Half of the kills come while it opens what is there, the others while it trains and writes.
      if (kill % 2 === 1) await Promise.race([said(child, '"type":"step"'), exit]);
      await new Promise((resolve) => setTimeout(resolve, random() * 300));
      child.kill("SIGKILL");
      expect(await exit).toEqual([null, "SIGKILL"]);
      if (!existsSync(at("killed", "model.safetensors"))) continue;
      steps.push(await stepOf(at("killed"))); // it loads, always
    }
    expect(steps.length).toBeGreaterThan(KILLS / 4);
    expect(steps).toEqual([...steps].sort((a, b) => a - b)); // nothing is lost
    // The model is a copy of the newest checkpoint, which may have been written when the copy was not.
    const newest = Math.max(...readdirSync(at("killed", "checkpoints")).map((name) => Number.parseInt(name, 10)), steps.at(-1)!);
    const total = Math.max(STEPS, newest + 5);
    const finished = await ganvas("train", "--resume", "killed", "--steps", `${total}`, "--json");
    expect(finished.code, finished.stderr).toBe(0);
    expect((await whole).code).toBe(0);
    if (total > STEPS) expect((await ganvas("train", "--resume", "unbroken", "--steps", `${total}`)).code).toBe(0);
    expectSameBytes(model(at("killed")), model(at("unbroken")));
    // Nor is anything left of what was being written.
    expect(
      ["killed", "killed/checkpoints", "killed/previews"].flatMap((name) => readdirSync(at(name))).filter((name) => name.endsWith(".tmp")),
    ).toEqual([]);
    const rows = (out: string) => reports(readFileSync(at(out, "log.jsonl"), "utf8")).map(({ step, generatorLoss }) => [step, generatorLoss]);
    expect(rows("killed")).toEqual(rows("unbroken"));
  }, 300_000); // fifty starts of a process
});
