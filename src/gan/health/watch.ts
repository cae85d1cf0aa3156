/** What a call of `train` does about what its monitor finds. */
import { TrainingError } from "../../core/errors.ts";
import type { Batch } from "../../data/dataset.ts";
import type { BatchSource } from "../../data/source.ts";
import { type Divergence, divergenceKind } from "../../objective/divergence.ts";
import { LOOKED_AT } from "../../objective/probe.ts";
import type { StepValues } from "../../objective/reports.ts";
import type { Host } from "../host.ts";
import { snapshotOf } from "../snapshot.ts";
import type { GANSpec } from "../spec.ts";
import { DIAGNOSES } from "./diagnoses.ts";
import type { HealthEvent, Monitor } from "./monitor.ts";
import type { ProbeReport } from "./records.ts";
import type { Rollback } from "./rollback.ts";

/** What is done where something is wrong. */
export type Reaction = "report" | "rollback" | "stop" | "ignore";

export interface WatchOptions {
  readonly monitor: Monitor;
  /** Steps from one probe to the next. */
  readonly every: number;
  readonly reaction: Reaction;
  readonly heldOut: BatchSource["heldOut"];
  /** Steps done before the call, and those that it is to do. */
  readonly before: number;
  readonly steps: number;
}

/** What came of a look. */
export interface Findings {
  readonly events: readonly HealthEvent[];
  readonly rollback: Rollback | undefined;
  /** Whether training ends. */
  readonly ends: boolean;
}

/** Steps from one probe to the next, at least: on a GPU, whose steps are short, the rest of a probe takes as long as many of them. */
const EVERY = { webgpu: 1000, wasm: 100, reference: 100 } as const;

/** Seldom enough that the looking takes about a hundredth of the time of the steps: as many images at least go through those between two probes. */
export const probeEvery = ({ batchSize }: Pick<GANSpec, "batchSize">, backend: keyof typeof EVERY): number =>
  Math.max(EVERY[backend], Math.ceil((EVERY[backend] * LOOKED_AT) / batchSize));

const NOTHING: Findings = { events: [], rollback: undefined, ends: false };

/** Times that training goes back without getting further, at most. */
const MOST_ROLLBACKS = 10;
/** After so many of them it goes back to the state before the last. */
const PATIENCE = 3;
/** Learning rates grow no smaller than by this: they would come to nothing. */
const LEAST_FACTOR = 2 ** -40;

/** What was found wrong in which step, for which training goes back. */
interface GoingBack {
  readonly step: number;
  readonly events: readonly HealthEvent[];
  readonly because: Rollback["because"];
}

/** Watches one call of `train`. Calls must not overlap. */
export class Watch {
  readonly probes: ProbeReport[] = [];
  readonly health: HealthEvent[] = [];
  readonly rollbacks: Rollback[] = [];
  readonly #host: Host;
  readonly #options: WatchOptions;
  /** Times that training went back without getting further. */
  #returns = 0;
  /** What learning rates are multiplied by. */
  #factor: number;
  /** What training is going back for, until it has. */
  #goingBack: GoingBack | undefined;

  private constructor(host: Host, options: WatchOptions) {
    this.#host = host;
    this.#options = options;
    this.#factor = host.progress.learningRateFactor;
  }

  /** Begins to watch a call. */
  static async begin(host: Host, options: WatchOptions): Promise<Watch> {
    const watch = new Watch(host, options);
    if (options.monitor.healthy || options.monitor.states.length === 0) await watch.#keep();
    return watch;
  }

  /** Steps from one that is done to the next after which there is a look. */
  stepsToLook(step: number): number {
    const { every, heldOut, before, steps, reaction } = this.#options;
    if (reaction === "ignore" && !heldOut) return Number.POSITIVE_INFINITY;
    if (heldOut && step <= before) return 1;
    const toEnd = heldOut && step < before + steps ? before + steps - step : Number.POSITIVE_INFINITY;
    return Math.min(every - (step % every), toEnd);
  }

  /** Remembers some of what is trained on. */
  see(batches: readonly Batch[]): void {
    if (this.#options.reaction !== "ignore") for (const batch of batches) this.#options.monitor.see(batch);
  }

  /** Notes what a step tells. */
  note(values: StepValues): void {
    if (this.#options.reaction !== "ignore") this.#options.monitor.note(values);
  }

  /** A divergence with what it means. */
  divergence(value: number): Divergence {
    const { monitor, heldOut } = this.#options;
    const estimate = heldOut ? monitor.heldOut : undefined; // of this call
    return { ...divergenceKind(this.#host.spec), value, heldOut: estimate?.value, gap: estimate?.gap };
  }

  /** Looks at training as step `step` left it, where it is time, and does what is to be done about it. */
  async look(step: number): Promise<Findings> {
    if (this.#goingBack) return this.#goBack(this.#goingBack);
    const { monitor, heldOut, every, reaction } = this.#options;
    if (this.stepsToLook(step - 1) !== 1) return NOTHING;
    const training = await this.#host.training();
    if (training.progress.generatorUpdates !== step) return NOTHING; // hardware has failed, and it has gone back
    if (heldOut) await monitor.estimate(training, heldOut);
    const found = reaction !== "ignore" && step % every === 0 ? await monitor.probe(training, step, heldOut) : null;
    if (!found) return NOTHING;
    this.probes.push(found.report);
    if (monitor.healthy) await this.#keep();
    return this.#react(step, found.events);
  }

  /** Does what is to be done about an update that failed. @throws the fault where that is nothing */
  async meet(fault: unknown): Promise<Findings> {
    if (this.#goingBack) return this.#goBack(this.#goingBack);
    const { reaction } = this.#options;
    if (!(fault instanceof TrainingError) || reaction === "report" || reaction === "ignore") throw fault;
    const step = this.#host.progress.generatorUpdates + 1;
    return this.#react(step, [{ step, name: "diverging", state: "raised", evidence: fault.message, remedy: DIAGNOSES.diverging.remedy }]);
  }

  async #react(step: number, events: readonly HealthEvent[]): Promise<Findings> {
    const because = events.filter(({ state }) => state === "raised").map(({ name }) => name);
    const { reaction } = this.#options;
    if (because.length > 0 && reaction === "rollback") {
      this.#goingBack = { step, events, because };
      return this.#goBack(this.#goingBack);
    }
    this.health.push(...events);
    return { ...NOTHING, events, ends: because.length > 0 && reaction === "stop" };
  }

  /** Goes back to the last state that was well. Where hardware fails at it, it is done over. */
  async #goBack({ step, events: found, because }: GoingBack): Promise<Findings> {
    const { monitor } = this.#options;
    const returns = this.#returns + 1;
    const learningRateFactor = Math.max(LEAST_FACTOR, this.#factor / 2);
    // What went wrong may have begun before it showed.
    const healthy = monitor.states[returns > PATIENCE ? monitor.states.length - 1 : 0]!;
    const state = { ...healthy, progress: { ...healthy.progress, learningRateFactor } };
    await this.#host.restore(state);
    this.#goingBack = undefined;
    this.#returns = returns;
    this.#factor = learningRateFactor;
    const to = state.progress.generatorUpdates;
    const wrong = new Map([
      ...monitor.goBack(to),
      ...found.filter((event) => event.state === "raised").map(({ name, evidence }) => [name, evidence] as const),
    ]);
    const gone = Array.from(wrong, ([name, evidence]): HealthEvent => ({ step, name, state: "cleared", evidence, remedy: DIAGNOSES[name].remedy }));
    const events = [...found, ...gone];
    const rollback = { from: step, to, learningRateFactor, because };
    this.health.push(...events);
    this.rollbacks.push(rollback);
    return { events, rollback, ends: returns > MOST_ROLLBACKS };
  }

  /** Keeps the state, where it may be gone back to. */
  async #keep(): Promise<void> {
    if (this.#options.reaction !== "rollback") return;
    this.#options.monitor.keep(snapshotOf(await this.#host.checkpoint()));
    this.#returns = 0;
  }
}
