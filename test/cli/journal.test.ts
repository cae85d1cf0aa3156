import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { Journal } from "../../src/cli/run/journal.ts";
import type { HealthEvent, StepReport } from "../../src/index.ts";
import { WriteError } from "../../src/node.ts";

const folder = mkdtempSync(join(tmpdir(), "ganvas-journal-"));
afterAll(() => rmSync(folder, { recursive: true }));
let runs = 0;
const newRun = (): string => mkdtempSync(join(folder, `${runs++}-`));
const log = (run: string): string => join(run, "log.jsonl");

const report = (step: number, changes: Partial<StepReport> = {}): StepReport => ({
  ...{ step, discriminatorLoss: step / 8, generatorLoss: -step / 8, realScore: 0, fakeScore: 0, discriminatorAccuracy: 0.5 },
  ...{ imagesPerSecond: undefined, health: [], rollback: undefined },
  divergence: { name: "wasserstein-1", value: step, ceiling: Number.POSITIVE_INFINITY, upToFactor: false, heldOut: undefined, gap: undefined },
  ...changes,
});
const steps = (run: string): number[] =>
  readFileSync(log(run), "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line).step);

async function written(run: string, from: number, to: number): Promise<void> {
  const journal = await Journal.open(run, from - 1);
  for (let step = from; step <= to; step++) await journal.note(report(step));
  await journal.flush();
  await journal.close();
}

describe("the log of a run", () => {
  it("has a row for each step, and the same picture whether the run was broken off or not", async () => {
    const [one, two] = [newRun(), newRun()];
    await written(one, 1, 40);
    await written(two, 1, 30);
    await written(two, 26, 40); // from a checkpoint that is older than the log
    expect(readFileSync(log(two), "utf8")).toBe(readFileSync(log(one), "utf8"));
    const plots = await Promise.all(
      [one, two].map(async (run) => {
        const journal = await Journal.open(run, 40);
        await journal.plot();
        return readFileSync(join(run, "losses.svg"), "utf8");
      }),
    );
    expect(plots[0]).toMatch(/^<svg /);
    expect(plots[1]).toBe(plots[0]);
  });

  it("loses a row that was cut off by a crash, and nothing ahead of it", async () => {
    const run = newRun();
    await written(run, 1, 5);
    appendFileSync(log(run), '{"step":6,"discri');
    await written(run, 6, 7);
    expect(steps(run)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  it("takes back steps that are done over", async () => {
    const run = newRun();
    const journal = await Journal.open(run, 0);
    const health: HealthEvent = { step: 4, name: "mode-collapse", state: "raised", evidence: "e", remedy: "r" } as HealthEvent;
    for (const step of [1, 2, 3]) await journal.note(report(step));
    await journal.note(report(4, { health: [health] }));
    expect([...journal.unwell]).toEqual(["mode-collapse"]);
    await journal.flush();
    await journal.note(report(5));
    await journal.note(report(3, { discriminatorLoss: 99 }));
    expect([...journal.unwell]).toEqual([]);
    await journal.note(report(4));
    await journal.flush();
    await journal.close();
    expect(steps(run)).toEqual([1, 2, 3, 4]);
    expect(readFileSync(log(run), "utf8")).toContain('"discriminatorLoss":99');
  });

  it("goes on where rows are missing, and draws a gap", async () => {
    const run = newRun();
    await written(run, 1, 3);
    await written(run, 8, 9);
    expect(steps(run)).toEqual([1, 2, 3, 8, 9]);
    const journal = await Journal.open(run, 9);
    await journal.plot();
    expect(readFileSync(join(run, "losses.svg"), "utf8")).toMatch(/<desc>Losses. discriminator: from 0.125 at 1 to 1.125 at 9,/);
    await journal.note(report(3));
    await journal.close();
    expect(steps(run)).toEqual([1, 2, 3]);
  });

  it.each(["", "garbage", '{"step":3', '{"step":-3,"divergence":{}}', '{"step":3,"divergence":null}', '{"step":3,"divergence":{},"health":null}'])(
    "leaves alone what somebody else wrote among the rows: %o",
    async (strange) => {
      const run = newRun();
      await written(run, 1, 6);
      const lines = readFileSync(log(run), "utf8").split("\n");
      lines[0] = `${strange}\n${lines[0]}`;
      lines[2] = strange;
      writeFileSync(log(run), lines.join("\n"));
      const before = readFileSync(log(run), "utf8");
      await written(run, 7, 8);
      expect(readFileSync(log(run), "utf8").startsWith(before)).toBe(true);
      const journal = await Journal.open(run, 8);
      await journal.note(report(5));
      await journal.close();
      const after = readFileSync(log(run), "utf8");
      expect(before.startsWith(after.slice(0, after.indexOf('{"step":5')))).toBe(true);
      expect(after).toContain('{"step":4');
      expect(after).not.toContain('{"step":6');
    },
  );

  it("draws what is behind them where very many rows are missing", async () => {
    const run = newRun();
    await written(run, 1, 3);
    await written(run, 20_000_000, 20_000_002);
    const journal = await Journal.open(run, 20_000_002);
    await journal.plot();
    await journal.close();
    expect(readFileSync(join(run, "losses.svg"), "utf8")).toMatch(/<desc>Losses. discriminator: from 2500000 at 20000000 /);
  });

  it("says what is not well, of what was found in this call", async () => {
    const run = newRun();
    const found = (step: number, state: HealthEvent["state"], name: HealthEvent["name"]) =>
      report(step, { health: [{ step, name, state, evidence: "e", remedy: "r" } as HealthEvent] });
    const journal = await Journal.open(run, 0);
    await journal.note(found(1, "raised", "memorising"));
    await journal.note(found(2, "raised", "diverging"));
    await journal.note(found(3, "cleared", "memorising"));
    expect([...journal.unwell]).toEqual(["diverging"]);
    await journal.close();
    const later = await Journal.open(run, 3);
    expect([...later.unwell]).toEqual([]);
    await later.note(found(4, "raised", "diverging"));
    expect([...later.unwell]).toEqual(["diverging"]);
    await later.close();
  });

  it("says in which file it could not write", async () => {
    const run = newRun();
    const journal = await Journal.open(run, 0);
    rmSync(run, { recursive: true });
    await journal.note(report(1));
    const error = await journal.flush().catch((e) => e);
    expect(error).toBeInstanceOf(WriteError);
    expect(error.message).toContain(log(run));
  });
});
