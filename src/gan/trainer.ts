/** One call of `train`: takes batches from the data, begins steps with them, waits for the steps and reports them. */
import { orAborted } from "../core/abort.ts";
import type { AbortSignalLike } from "../core/platform.ts";
import { nextTask, now, since, withinGrace } from "../core/time.ts";
import type { Batch } from "../data/dataset.ts";
import type { BatchSource } from "../data/source.ts";
import { reportNames } from "../objective/reports.ts";
import { Budget } from "./budget.ts";
import { encodeCheckpoint } from "./checkpoint.ts";
import { type CheckpointOptions, Checkpoints } from "./checkpoints.ts";
import type { Monitor } from "./health/monitor.ts";
import { type Findings, type Reaction, Watch } from "./health/watch.ts";
import type { Host } from "./host.ts";
import { Journal, type StepReport, type TrainReport } from "./reports.ts";
import type { Outcome } from "./training.ts";

export interface TrainerOptions {
  /** Default: as many as there is time for. */
  readonly steps?: number | undefined;
  /** The time that the call may take. Default: as long as the steps take. */
  readonly milliseconds?: number | undefined;
  readonly checkpoint?: CheckpointOptions | undefined;
  readonly batchSize: number;
  /** Steps begun before they are waited for. */
  readonly reportEvery: number;
  readonly monitor: Monitor;
  /** Steps from one probe to the next. */
  readonly probeEvery: number;
  readonly onUnhealthy: Reaction;
  readonly onStep?: ((report: StepReport) => unknown) | undefined;
  readonly signal?: AbortSignalLike | undefined;
  /** Aborted, with the error that then ends the call, when the GAN is disposed of. */
  readonly end: AbortSignal;
}

/** Does work when its turn has come, and over again where the executor fails at it. */
export type Turn = <T>(work: () => Promise<T>) => Promise<T>;

/** Steps wait with their batches: no more are begun together when these come to so many bytes. */
const MOST_BYTES = 2 ** 28;

/** Steps that the divergence of a whole call is the mean of. */
const RECENT = 100;

const NOTHING_FOUND: Findings = { events: [], rollback: undefined, ends: false };

/** Steps begun together, and what kept them from being more. */
interface Begun {
  readonly steps: number;
  readonly images: number;
  readonly bytes: number;
  readonly stopped?: Exclude<TrainReport["stopped"], "steps" | "time">;
  /** What the source threw, or a step that could not be begun. */
  readonly error?: unknown;
}

/** The call's course. Others may use the GAN between its turns, and its hardware may fail: where training has come to is asked of the host each time. */
export class Trainer {
  readonly #host: Host;
  readonly #turn: Turn;
  readonly #source: BatchSource;
  readonly #options: TrainerOptions;
  /** Steps done before this call. */
  #before = 0;
  readonly #journal: Journal;
  #watch!: Watch;
  readonly #budget: Budget;
  #checkpoints: Checkpoints | undefined;
  /** What was found and waits for a step to be told with. */
  #untold = NOTHING_FOUND;

  constructor(host: Host, turn: Turn, source: BatchSource, options: TrainerOptions) {
    this.#host = host;
    this.#turn = turn;
    this.#source = source;
    this.#options = options;
    this.#journal = new Journal(reportNames(host.spec));
    this.#budget = new Budget(options.milliseconds);
  }

  /**
   * Trains until there is a reason to stop.
   *
   * @throws what the source throws, and what went wrong in a step, once all steps before are reported
   */
  async run(): Promise<TrainReport> {
    try {
      return await this.#run();
    } catch (error) {
      // What went wrong first is what the caller is to know.
      await this.#secure().catch(() => {});
      await this.#checkpoints?.keep(this.#host.progress.generatorUpdates).catch(() => {});
      throw error;
    }
  }

  async #run(): Promise<TrainReport> {
    const { steps = Number.POSITIVE_INFINITY, batchSize, checkpoint, end } = this.#options;
    const start = now();
    await this.#turn(async () => {
      await this.#host.keep();
      await (await this.#host.training()).prepare(batchSize);
    });
    // Looked up only now: if the executor failed just then, training went back to the state last kept.
    this.#before = this.#host.progress.generatorUpdates;
    const { monitor, probeEvery: every, onUnhealthy: reaction } = this.#options;
    const options = { monitor, every, reaction, heldOut: this.#source.heldOut, before: this.#before, steps };
    const watch = await this.#turn(() => Watch.begin(this.#host, options));
    this.#watch = watch;
    const save = () => this.#turn(async () => encodeCheckpoint(await this.#host.checkpoint()));
    if (checkpoint) this.#checkpoints = new Checkpoints(checkpoint, this.#before, save, end);
    let stopped: TrainReport["stopped"] | undefined;
    while (!stopped) {
      const round = now();
      const begun = await this.#beginAndReport(Math.min(steps - this.#journal.length, this.#budget.steps));
      this.#budget.note(begun.steps, since(round));
      this.#budget.reserve((await this.#checkpoints?.keepWhenDue(this.#host.progress.generatorUpdates)) ?? 0);
      stopped = begun.stopped ?? (this.#journal.length >= steps ? "steps" : this.#budget.steps === 0 ? "time" : undefined);
      if (!stopped) continue;
      this.#journal.cut(await this.#secure());
      if (stopped === "steps" && this.#journal.length < steps) stopped = undefined;
    }
    await this.#checkpoints?.keep(this.#host.progress.generatorUpdates);
    return {
      steps: this.#journal.length,
      stopped,
      seconds: since(start) / 1000,
      divergence: watch.divergence(this.#journal.recent("divergence", RECENT)),
      probes: watch.probes,
      health: watch.health,
      rollbacks: watch.rollbacks,
      ...this.#journal.series(),
    };
  }

  /** Begins at most this many steps, waits for them and reports them. */
  async #beginAndReport(most: number): Promise<Begun> {
    const start = now();
    const begun = await this.#beginSome(most);
    const { results, fault } = await this.#outcome();
    const passed = since(start);
    const imagesPerSecond = passed > 0 ? (1000 * begun.images) / passed : undefined;
    for (const result of results) {
      this.#journal.note(result.step - this.#before - 1, result);
      this.#watch.note(result);
    }
    const { findings, unmet } = await this.#findings(results.at(-1)?.step, fault);
    if (findings.rollback) {
      this.#journal.cut(findings.rollback.to - this.#before);
      this.#checkpoints?.goBack();
    }
    for (const result of results) {
      if (result === results.at(-1)) this.#found(findings);
      const { events: health, rollback } = this.#untold;
      this.#untold = NOTHING_FOUND;
      const divergence = this.#watch.divergence(result.divergence);
      if (!(await this.#report({ ...result, imagesPerSecond, divergence, health, rollback }))) break;
    }
    if (results.length === 0) this.#found(findings);
    if (unmet) throw unmet;
    if ("error" in begun) throw begun.error;
    return findings.ends ? { ...begun, stopped: "unhealthy" } : begun;
  }

  #found({ events, rollback, ends }: Findings): void {
    this.#untold = { events: [...this.#untold.events, ...events], rollback: rollback ?? this.#untold.rollback, ends };
  }

  /** What comes of a look after this step, if it is time for one, or of the fault that ended the steps; `unmet` is a fault that nothing is done about. */
  async #findings(step: number | undefined, fault: unknown): Promise<{ readonly findings: Findings; readonly unmet?: unknown }> {
    if (!fault) return { findings: step === undefined ? NOTHING_FOUND : await this.#turn(() => this.#watch.look(step)) };
    try {
      return { findings: await this.#turn(() => this.#watch.meet(fault)) };
    } catch (unmet) {
      return { findings: NOTHING_FOUND, unmet };
    }
  }

  /** Tells of a step. @returns false where that was given up, as it did not end when training had to */
  async #report(report: StepReport): Promise<boolean> {
    const { onStep, signal, end } = this.#options;
    const told = onStep?.(report);
    if (told === undefined) return true;
    const done = Promise.resolve(told).then(() => true);
    return (await orAborted(done, [signal, end])) ?? withinGrace(done);
  }

  async #beginSome(most: number): Promise<Begun> {
    const { signal, end, reportEvery } = this.#options;
    let begun: Begun = { steps: 0, images: 0, bytes: 0 };
    const step = this.#host.begun.generatorUpdates;
    const toLook = Math.min(this.#watch.stepsToLook(step), this.#checkpoints?.stepsToNext(step) ?? Number.POSITIVE_INFINITY);
    while (begun.steps < Math.min(most, toLook, this.#host.keepIsDue ? 1 : reportEvery) && begun.bytes < MOST_BYTES) {
      if (signal?.aborted) return { ...begun, stopped: "signal" };
      try {
        end.throwIfAborted();
        const position = this.#host.begun.imagesSeen;
        const batches = await orAborted(this.#take(position), [signal, end]);
        if (batches === null) continue; // aborted while waiting for data
        if (batches.length === 0) return { ...begun, stopped: "data" };
        if (!(await this.#begin(batches, position))) {
          await nextTask();
          return begun; // what became of the others comes first
        }
        this.#watch.see(batches);
        const sum = (of: (batch: Batch) => number): number => batches.reduce((total, batch) => total + of(batch), 0);
        begun = { steps: begun.steps + 1, images: begun.images + sum((b) => b.count), bytes: begun.bytes + sum((b) => b.data.byteLength) };
      } catch (error) {
        return { ...begun, error };
      }
    }
    return begun;
  }

  /** The batches of one step, one for each update of the discriminator; fewer where the data end, so that none is lost. */
  async #take(position: number): Promise<Batch[]> {
    const batches: Batch[] = [];
    for (let at = position; batches.length < this.#host.spec.objective.discriminatorSteps; ) {
      const batch = await this.#source.take(at, this.#options.batchSize);
      if (!batch) break;
      batches.push(batch);
      at += batch.count;
    }
    return batches;
  }

  /** Begins a step, unless training is no longer where these batches were taken for, as steps under way came to nothing. */
  #begin(batches: readonly Batch[], position: number): Promise<boolean> {
    return this.#turn(async () => {
      const training = await this.#host.training();
      if (training.begun.imagesSeen !== position) return false;
      await training.begin(batches);
      return true;
    });
  }

  /** Waits for the steps under way. A number that came before stands for a step done over, and all after it with it. */
  #outcome(): Promise<Outcome> {
    return this.#turn(async () => {
      const outcome = await (await this.#host.training()).outcome();
      await this.#host.keepWhenDue();
      return outcome;
    });
  }

  /** Sees to it that no step done so far can be lost. @returns how many of this call there are: some may just have been */
  async #secure(): Promise<number> {
    await this.#turn(() => this.#host.keep());
    return this.#host.progress.generatorUpdates - this.#before;
  }
}
