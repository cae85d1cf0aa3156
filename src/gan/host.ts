/** Where a GAN lives, what of it is opened there, and what becomes of it when the hardware fails. */
import { BackendError } from "../core/errors.ts";
import { now, type Pause, since } from "../core/time.ts";
import type { Backend, Executor, MemoryReport } from "../exec/executor.ts";
import { emaName } from "../nn/generator.ts";
import type { ParameterSpec } from "../nn/network.ts";
import { type TrainingVariable, variables } from "../objective/variables.ts";
import type { Checkpoint, Progress } from "./checkpoint.ts";
import type { Judge } from "./judge.ts";
import { openJudge, openSampler } from "./networks.ts";
import type { Sampler } from "./sampler.ts";
import { checkpointOf, firstSnapshot, ownSnapshot, type Snapshot, snapshotOf } from "./snapshot.ts";
import type { GANSpec } from "./spec.ts";
import { checkTraining, isQuicklyPlanned, Training } from "./training.ts";

export interface HostOptions {
  readonly spec: GANSpec;
  /** What the GAN goes on from. Default: first weights. */
  readonly snapshot?: Snapshot | undefined;
  readonly maxMemory?: number | undefined;
  /** Gives another executor when one fails, or throws the failure when there is none. Without it a failure is the caller's to deal with. */
  readonly fallback?: ((failure: BackendError, from: Backend) => Promise<Executor>) | undefined;
}

/** The most training that a failure can cost, in milliseconds. A copy of the state takes far less than a hundredth of that. */
const KEEP_MS = 10_000;

const NOTHING: MemoryReport = { variables: 0, activations: 0, live: 0, scratch: 0, total: 0 };

/** What sampling and judging have opened, as long as training has not. */
interface Networks {
  sampler?: Sampler;
  average?: Sampler;
  judge?: Judge;
}

/**
 * A GAN on an executor. Until training is asked for, only the networks that are at work are opened there, each with its own tensors; from then on there is one
 * session that has everything. With a fallback, and on an executor that may be lost, the host keeps copies of the state, and moves there from the last one. Calls must not overlap.
 */
export class Host {
  readonly spec: GANSpec;
  readonly #maxMemory: number | undefined;
  readonly #fallback: HostOptions["fallback"];
  #executor: Executor;
  /** The state that training begins with, and goes on from when the executor fails; null once training has it and no copy could be needed. */
  #state: Snapshot | null;
  /** How far training has come, as long as it is not open. */
  #progress: Progress;
  #keptAt = now();
  /** How far training had come at the last failure, before it went back to a copy. */
  #reached: Progress | undefined;
  #networks: Networks = {};
  #training: Training | undefined;
  /** Whether training was found to fit. */
  #checked: boolean;
  /** Whether a session is being opened: a refusal by the hardware then is a failure, as what is planned was found to fit. */
  #opening = false;

  private constructor(executor: Executor, { spec, snapshot, maxMemory, fallback }: HostOptions, checked: boolean) {
    this.spec = spec;
    this.#maxMemory = maxMemory;
    this.#executor = executor;
    this.#fallback = fallback;
    this.#state = snapshot ?? firstSnapshot(spec);
    this.#checked = checked;
    this.#progress = this.#state.progress;
  }

  /**
   * A GAN on `executor`; nothing is set up yet. The executor is disposed of with the host. Training must fit, on the fallback if not here; of a snapshot, which may be a stranger's,
   * this is found out when it is to be trained, if that takes long.
   *
   * @throws BackendError when training is known to need more memory than there is
   */
  static async open(executor: Executor, options: HostOptions): Promise<Host> {
    try {
      const checks = !options.snapshot || isQuicklyPlanned(options.spec);
      if (checks) await checkTraining(executor, options.spec, options.maxMemory);
      return new Host(executor, options, checks);
    } catch (error) {
      executor.dispose();
      if (!options.fallback || !(error instanceof BackendError)) throw error;
      return Host.open(await options.fallback(error, executor.backend), options);
    }
  }

  get backend(): Backend {
    return this.#executor.backend;
  }

  /** Bytes of what is opened. */
  get memory(): MemoryReport {
    return this.#training?.memory ?? sumOf(this.#opened().map(({ memory }) => memory));
  }

  /** How far training has come, without the steps under way. */
  get progress(): Progress {
    return this.#training?.progress ?? this.#progress;
  }

  /** How far training will have come when all that is under way is done. */
  get begun(): Progress {
    return this.#training?.begun ?? this.#progress;
  }

  /**
   * Does `work`. Where the executor fails at it, it is done over on the fallback, with the GAN in the state last kept.
   *
   * @throws what the fallback throws, and the failure itself when training has come no further since the last one, as it might fail for ever; the state last kept is there even then
   */
  async run<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const failed = error instanceof BackendError && (error.lost || this.#opening);
      this.#opening = false;
      if (!this.#keeps || !failed) throw error;
      const reached = this.#training?.progress;
      const futile = reached !== undefined && reached.discriminatorUpdates <= (this.#reached?.discriminatorUpdates ?? -1);
      this.#reached = futile ? undefined : (reached ?? this.#reached); // whoever calls again has it tried again
      await this.#move(error);
      if (futile) throw error;
    }
    return work();
  }

  /** The generator at work: its moving average, where it has one and that is what is asked for. */
  async sampler(average: boolean): Promise<Sampler> {
    const averaged = average && this.spec.ema !== false;
    if (this.#training) return averaged ? this.#training.average : this.#training.sampler;
    const name = averaged ? "average" : "sampler";
    const nameOf = averaged ? emaName : (own: string) => own;
    const opened = this.#networks[name];
    if (opened) return opened;
    const tensor = (p: ParameterSpec) => this.#state!.tensor({ ...p, name: nameOf(p.name) });
    const sampler = await this.#open(() => openSampler(this.#executor, this.spec, { ...this.#limits, tensor }));
    this.#networks[name] = sampler;
    return sampler;
  }

  /** The discriminator at work. */
  async judge(): Promise<Judge> {
    if (this.#training) return this.#training.judge;
    if (this.#networks.judge) return this.#networks.judge;
    const tensor = (p: ParameterSpec) => this.#state!.tensor(p);
    const judge = await this.#open(() => openJudge(this.#executor, this.spec, { ...this.#limits, tensor }));
    this.#networks.judge = judge;
    return judge;
  }

  /** Training, opened when it is first asked for: in place of whatever was opened before. */
  async training(): Promise<Training> {
    if (this.#training) return this.#training;
    if (!this.#checked) await checkTraining(this.#executor, this.spec, this.#maxMemory);
    this.#checked = true;
    if (this.#keeps && this.#state!.borrowed) this.#state = await ownSnapshot(this.#state!);
    const training = await this.#open(() => Training.open(this.#executor, this.#state!, this.#maxMemory));
    this.#close();
    this.#training = training;
    this.#keptAt = now(); // what it begins with is kept, and setting it up may have taken long
    if (!this.#keeps) this.#state = null;
    return training;
  }

  /**
   * The state when all that is under way is done.
   *
   * @param pause awaited now and then
   * @param wanted the tensors it is to have. Default: all
   */
  async checkpoint(pause?: Pause, wanted: readonly TrainingVariable[] = variables(this.spec)): Promise<Checkpoint> {
    return this.#training ? this.#training.checkpoint(pause, wanted) : checkpointOf(this.#state!, pause, wanted);
  }

  /** Training goes back to a state, on which a failure of the executor falls back as well. Nothing may be under way. */
  async restore(state: Snapshot): Promise<void> {
    if (this.#keeps) this.#state = state;
    this.#reached = undefined; // what comes after is no further, and yet not futile
    await (await this.training()).restore(state);
  }

  /** Keeps the state as it is, where there is a fallback that could need it: at once when all of it is at risk, else when that is due. */
  async keep(): Promise<void> {
    if (!this.#training || !(this.#keeps && (this.#executor.atRisk === "everything" || this.keepIsDue))) return;
    if (this.#training.progress !== this.#state!.progress) this.#state = snapshotOf(await this.#training.checkpoint());
    this.#keptAt = now();
  }

  /** Whether the state was last kept too long ago, where it is kept at all. */
  get keepIsDue(): boolean {
    return this.#keeps && since(this.#keptAt) >= KEEP_MS;
  }

  /** Keeps the state where that is due. */
  async keepWhenDue(): Promise<void> {
    if (this.keepIsDue) await this.keep();
  }

  /** Gives back everything. */
  dispose(): void {
    this.#close();
    this.#executor.dispose();
  }

  /** Whether copies of the state could be needed. */
  get #keeps(): boolean {
    return this.#fallback !== undefined && this.#executor.atRisk !== "nothing";
  }

  #opened(): readonly { readonly memory: MemoryReport; dispose(): void }[] {
    return Object.values(this.#networks);
  }

  /** How much a network that is opened may hold, and take at once. */
  get #limits(): { readonly most: number; readonly maxMemory: number | undefined } {
    return { most: this.spec.batchSize, maxMemory: this.#maxMemory };
  }

  /** Opens a session: beside those that are open, but in their place where there is no room, and where memory is limited, as any one may then need all of it. */
  async #open<T>(open: () => Promise<T>): Promise<T> {
    this.#opening = true;
    if (this.#maxMemory !== undefined) this.#close();
    const opened = await open().catch((error: unknown) => {
      if (this.#opened().length === 0 || !(error instanceof BackendError) || error.lost) throw error;
      this.#close();
      return open();
    });
    this.#opening = false;
    return opened;
  }

  #close(): void {
    for (const network of this.#opened()) network.dispose();
    this.#networks = {};
    if (!this.#training) return;
    this.#progress = this.#training.progress;
    this.#training.dispose();
    this.#training = undefined;
  }

  /** Goes on from the state as it is, or else as it was last kept, on the fallback. @throws what the fallback throws; the state is there even then */
  async #move(failure: BackendError): Promise<void> {
    await this.#rescue();
    this.#close();
    this.#progress = this.#state!.progress;
    const executor = await this.#fallback!(failure, this.backend);
    this.#executor.dispose();
    this.#executor = executor;
  }

  /** Keeps the state where a failure left it whole, and nothing is under way. */
  async #rescue(): Promise<void> {
    if (!this.#training?.atRest) return;
    try {
      this.#state = snapshotOf(await this.#training.checkpoint());
    } catch (error) {
      if (!(error instanceof BackendError)) throw error; // it is gone
    }
  }
}

function sumOf(reports: readonly MemoryReport[]): MemoryReport {
  return reports.reduce(
    (a, b) => ({
      variables: a.variables + b.variables,
      activations: a.activations + b.activations,
      live: a.live + b.live,
      scratch: a.scratch + b.scratch,
      total: a.total + b.total,
    }),
    NOTHING,
  );
}
