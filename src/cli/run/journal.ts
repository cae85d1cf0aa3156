/** `log.jsonl` and `losses.svg`: what every step of a run told, over all calls. */
import { createReadStream } from "node:fs";
import { type FileHandle, open, stat, truncate } from "node:fs/promises";
import type { StepReport } from "../../index.ts";
import { WriteError, writeWhole } from "../../node.ts";
import { plotTraining } from "../../plots.ts";
import { runPaths } from "./paths.ts";

/** A row of the log: what a step told. What is not finite is null there. */
interface Row {
  readonly step: number;
  readonly discriminatorLoss: number | null;
  readonly generatorLoss: number | null;
  readonly divergence: { readonly name: string; readonly value: number | null; readonly ceiling: number | null; readonly heldOut?: number | null };
  readonly health?: StepReport["health"];
}

/** Milliseconds that rows wait before they are written, where no checkpoint is. */
const WAIT_MS = 1000;
/** Characters of rows that are not kept waiting. */
const MOST_WAITING = 2 ** 18;

/** Rows that may be missing: where more are, what is drawn begins behind them. */
const MOST_MISSING = 100_000;

/** The steps of a run, on the disk and as what is drawn of them. */
export class Journal {
  readonly #path: string;
  readonly #plot: string;
  /** Steps done before this call. */
  readonly #before: number;
  #file: FileHandle | null = null;
  #waiting: string[] = [];
  #waitingBytes = 0;
  #flushed = performance.now();
  /** Bytes of the log up to the end of each row, those that wait among them. */
  #ends: number[] = [];
  /** Bytes ahead of the first row that is drawn. */
  #start = 0;
  #firstStep = 1;
  #discriminatorLosses: number[] = [];
  #generatorLosses: number[] = [];
  #divergences: number[] = [];
  #divergence: { readonly name: string; readonly ceiling: number } | undefined;
  #probes: { readonly step: number; readonly heldOut: number }[] = [];
  #health: StepReport["health"][number][] = [];

  private constructor(run: string, before: number) {
    this.#before = before;
    this.#path = runPaths(run).log;
    this.#plot = runPaths(run).losses;
  }

  /**
   * The journal of a run that has come to `step`: what an earlier call told of steps after it is cut off, as they will be done again.
   *
   * @throws {WriteError} where the log cannot be read or cut
   */
  static async open(run: string, step: number): Promise<Journal> {
    const journal = new Journal(run, step);
    try {
      await journal.#read(step);
    } catch (cause) {
      throw cause instanceof WriteError ? cause : new WriteError(journal.#path, cause);
    }
    return journal;
  }

  /** What was found in this call, and is not well since, by name. What an earlier call found is found again, if it is still so. */
  get unwell(): Set<string> {
    const names = new Set<string>();
    for (const { step, name, state } of this.#health) {
      if (step <= this.#before) continue;
      if (state === "raised") names.add(name);
      else names.delete(name);
    }
    return names;
  }

  /** Notes what a step told. One that came before is done over, and all after it with it. @throws {WriteError} */
  async note(report: StepReport): Promise<void> {
    if (report.step <= this.#lastStep) await this.#cut(report.step - 1);
    const line = `${JSON.stringify(report)}\n`;
    this.#take(JSON.parse(line) as Row, Buffer.byteLength(line));
    this.#waiting.push(line);
    this.#waitingBytes += line.length;
    if (this.#waitingBytes >= MOST_WAITING || performance.now() - this.#flushed >= WAIT_MS) await this.#write();
  }

  /** Sees to it that every row so far is on the disk. @throws {WriteError} */
  async flush(): Promise<void> {
    await this.#write();
    await this.#guard(async (file) => file.datasync());
  }

  /** Draws all steps so far. @throws {WriteError} */
  async plot(): Promise<void> {
    if (this.#discriminatorLosses.length === 0) return;
    const report = {
      discriminatorLosses: this.#discriminatorLosses,
      generatorLosses: this.#generatorLosses,
      divergences: this.#divergences,
      divergence: this.#divergence,
      probes: this.#probes,
      health: this.#health,
    };
    await writeWhole(this.#plot, plotTraining(report, { firstStep: this.#firstStep }));
  }

  /** Writes what waits, if it can, and lets go of the file. */
  async close(): Promise<void> {
    await this.#write().catch(() => {}); // what went wrong first is what the caller is to know
    await this.#file?.close().catch(() => {});
    this.#file = null;
  }

  get #lastStep(): number {
    return this.#firstStep + this.#discriminatorLosses.length - 1;
  }

  /** Reads the rows of steps up to `last`, and cuts off what is behind them. */
  async #read(last: number): Promise<void> {
    const size = await stat(this.#path).then(
      (found) => found.size,
      () => 0,
    );
    if (size === 0) return;
    let rest = Buffer.alloc(0);
    let end = 0;
    /** Bytes of lines since then that are no rows: at the end one that a crash cut off, before rows what somebody else did to the file. */
    let strange = 0;
    let isOver = false;
    for await (const chunk of createReadStream(this.#path) as AsyncIterable<Buffer>) {
      rest = Buffer.concat([rest, chunk]);
      for (let at = rest.indexOf(10); at >= 0 && !isOver; at = rest.indexOf(10)) {
        const row = rowOf(rest.toString("utf8", 0, at));
        isOver = row !== null && row.step > last;
        if (isOver) break;
        strange += at + 1;
        if (row) {
          this.#take(row, strange);
          end += strange;
          strange = 0;
        }
        rest = rest.subarray(at + 1);
      }
      if (isOver) break;
    }
    if (end < size) await truncate(this.#path, end);
  }

  /** @param bytes of the row, and of what is before it and after the row before */
  #take(row: Row, bytes: number): void {
    const { step, discriminatorLoss, generatorLoss, divergence, health = [] } = row;
    const missing = step - 1 - this.#lastStep;
    if (this.#discriminatorLosses.length === 0 || missing < 0 || missing > MOST_MISSING) this.#forget(step);
    // Where rows are missing, there is a gap in what is drawn.
    while (this.#lastStep < step - 1) this.#push(Number.NaN, Number.NaN, Number.NaN, 0);
    this.#push(discriminatorLoss ?? Number.NaN, generatorLoss ?? Number.NaN, divergence.value ?? Number.NaN, bytes);
    this.#divergence = { name: divergence.name, ceiling: divergence.ceiling ?? Number.POSITIVE_INFINITY };
    const heldOut = divergence.heldOut ?? undefined;
    if (heldOut !== undefined && heldOut !== this.#probes.at(-1)?.heldOut) this.#probes.push({ step, heldOut });
    this.#health.push(...health);
  }

  #push(discriminatorLoss: number, generatorLoss: number, divergence: number, bytes: number): void {
    this.#ends.push((this.#ends.at(-1) ?? this.#start) + bytes);
    this.#discriminatorLosses.push(discriminatorLoss);
    this.#generatorLosses.push(generatorLoss);
    this.#divergences.push(divergence);
  }

  /** What is drawn begins with this step. */
  #forget(step: number): void {
    this.#start = this.#ends.at(-1) ?? this.#start;
    this.#ends = [];
    this.#firstStep = step;
    [this.#discriminatorLosses, this.#generatorLosses, this.#divergences, this.#probes] = [[], [], [], []];
  }

  /** Takes back all rows after that of `step`. */
  async #cut(step: number): Promise<void> {
    await this.#write();
    const kept = Math.max(0, step - this.#firstStep + 1);
    const end = kept > 0 ? this.#ends[kept - 1]! : this.#start;
    await this.#guard((file) => file.truncate(end));
    for (const list of [this.#ends, this.#discriminatorLosses, this.#generatorLosses, this.#divergences]) list.length = kept;
    this.#probes = this.#probes.filter((probe) => probe.step <= step);
    this.#health = this.#health.filter((event) => event.step <= step);
  }

  async #write(): Promise<void> {
    const rows = this.#waiting.join("");
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#flushed = performance.now();
    if (rows !== "") await this.#guard((file) => file.appendFile(rows));
  }

  async #guard(work: (file: FileHandle) => Promise<unknown>): Promise<void> {
    try {
      this.#file ??= await open(this.#path, "a");
      await work(this.#file);
    } catch (cause) {
      throw new WriteError(this.#path, cause);
    }
  }
}

function rowOf(line: string): Row | null {
  try {
    const row = JSON.parse(line) as Partial<Row> | null;
    if (!row || !Number.isSafeInteger(row.step) || row.step! < 1) return null;
    const { divergence, health = [] } = row;
    return typeof divergence === "object" && divergence !== null && Array.isArray(health) ? (row as Row) : null;
  } catch {
    return null;
  }
}
