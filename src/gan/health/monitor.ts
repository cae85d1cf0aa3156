/** Watches over a training: remembers what it was trained on, looks at both networks now and then, and says what is wrong by name. */
import type { Batch } from "../../data/dataset.ts";
import type { HeldOut } from "../../data/source.ts";
import type { Fetches } from "../../exec/executor.ts";
import { type DivergenceKind, divergenceKind, withinBounds } from "../../objective/divergence.ts";
import { HELD_OUT, LOOKED_AT } from "../../objective/probe.ts";
import type { StepValues } from "../../objective/reports.ts";
import type { Snapshot } from "../snapshot.ts";
import type { GANSpec } from "../spec.ts";
import type { Training } from "../training.ts";
import { DIAGNOSIS_ROWS, type DiagnosisName } from "./diagnoses.ts";
import { Examples, rowsOf } from "./examples.ts";
import { Likeness, measure } from "./measure.ts";
import { type ProbeReport, type Record, Window } from "./records.ts";

/** Something that was found wrong, or found to be right again. */
export interface HealthEvent {
  /** Number of the step after which it was found. */
  readonly step: number;
  /**
   * What it is.
   *
   * - `"discriminator-saturated"`: it tells data and generator apart without fail, and for long; the divergence says nothing any more, as it is at its ceiling.
   * - `"mode-collapse"`: the generator makes few different images, whatever the latents.
   * - `"vanishing-gradient"`: what the generator learns from is next to nothing beside what it was.
   * - `"diverging"`: losses or weights grow without bound, or are no longer finite.
   * - `"memorising"`: the discriminator knows its images by heart, or the generator gives them back.
   * - `"dead-discriminator"`: it says the same of every image, or of every generated one.
   * - `"oscillating"`: the generator goes round in circles.
   */
  readonly name: DiagnosisName;
  /** Whether it was found, or, having been found before, is gone: by itself, or as training went back. */
  readonly state: "raised" | "cleared";
  /** What showed it, with figures. Of one that is cleared: what it was raised for. */
  readonly evidence: string;
  /** What to do, in a sentence. */
  readonly remedy: string;
}

/** Probes that are remembered. */
const MOST_RECORDS = 64;
/** Probes one after another without a sign of it that clear a diagnosis. */
const CLEARING = 2;

/** How many of so many images go through a program at once: no more than in a step, which takes as much memory. */
const portion = ({ batchSize }: Pick<GANSpec, "batchSize">, most: number): number => Math.min(batchSize, most);

interface State {
  /** Probes one after another with a sign of it, and without. */
  readonly signs: number;
  readonly quiet: number;
  /** The evidence that it was raised for; null where it is not. */
  readonly raised: string | null;
}

const NOTHING: State = { signs: 0, quiet: 0, raised: null };

/** What a GAN's training is watched by, from one call of `train` to the next. Generated images are held against the first examples that were ever trained on. */
export class Monitor {
  readonly #spec: GANSpec;
  readonly #kind: DivergenceKind;
  readonly #window = new Window();
  readonly #seen: Examples;
  #data: Likeness | undefined;
  #records: Record[] = [];
  #states = new Map<DiagnosisName, State>();
  #kept: readonly Snapshot[] = [];
  #heldOut: { readonly value: number; readonly gap: number } | undefined;
  /** Images held out that were looked at. */
  #heldOutSeen = 0;

  constructor(spec: GANSpec) {
    this.#spec = spec;
    this.#kind = divergenceKind(spec);
    this.#seen = new Examples(spec.shape, LOOKED_AT - (LOOKED_AT % portion(spec, LOOKED_AT)));
  }

  /** The last estimate on images held out, and how much higher it was on those of the training. */
  get heldOut(): { readonly value: number; readonly gap: number } | undefined {
    return this.#heldOut;
  }

  /** Whether nothing is wrong, or begins to be. */
  get healthy(): boolean {
    return [...this.#states.values()].every(({ signs, raised }) => signs === 0 && raised === null);
  }

  /** Remembers some of what is trained on. */
  see(batch: Batch): void {
    this.#seen.note(batch);
  }

  /** Notes what a step tells. */
  note(step: StepValues): void {
    this.#window.note(step);
  }

  /** Looks at both networks, which stand where step `step` left them. @returns what was found, and what is new of it; null where too little was seen to say anything */
  async probe(
    training: Training,
    step: number,
    heldOut: HeldOut | null,
  ): Promise<{ readonly report: ProbeReport; readonly events: readonly HealthEvent[] } | null> {
    const reference = this.#seen.reference;
    if (!reference) return null;
    this.#records = this.#records.filter((record) => record.step < step); // those of steps that are done over
    const size = portion(this.#spec, LOOKED_AT);
    const looks: Fetches[] = [];
    for (let first = 0; first < reference.count; first += size) looks.push(await training.look(rowsOf(reference, first, size), first));
    const { shape } = this.#spec;
    this.#data ??= new Likeness(shape, reference.data);
    const others = (await heldOut?.take(0, reference.count))?.data;
    const measured = measure(shape, { looks, data: this.#data, pool: this.#seen.pool, heldOut: others, previous: this.#records.at(-1) });
    const { value, gap } = (heldOut && this.#heldOut) || {};
    const record: Record = { step, ...this.#window.means, heldOut: value, gap, ...measured };
    this.#window.begin(); // only now, as all of it is done over where the executor fails
    this.#records = [...this.#records.slice(1 - MOST_RECORDS), record];
    const { samples, dataDistance, scoreDeviation, ...report } = record;
    return { report, events: this.#judge(step) };
  }

  /** The last two states in which nothing was wrong, the latest first, where they were kept. */
  get states(): readonly Snapshot[] {
    return this.#kept;
  }

  /** Keeps a state in which nothing is wrong. */
  keep(state: Snapshot): void {
    this.#kept = [state, ...this.#kept.slice(0, 1)];
  }

  /** Forgets what was found after step `step`, to which training went back. @returns what was found wrong, and is no more, with the evidence */
  goBack(step: number): ReadonlyMap<DiagnosisName, string> {
    const raised = new Map([...this.#states].flatMap(([name, state]) => (state.raised === null ? [] : [[name, state.raised] as const])));
    this.#records = this.#records.filter((record) => record.step <= step);
    this.#states.clear();
    this.#window.begin();
    return raised;
  }

  /**
   * Estimates the divergence on images that were held out and on as many of the training, by the discriminator as it is and with the same generated images: what the steps have told was said by others, of others, and within
   * bounds.
   */
  async estimate(training: Training, heldOut: HeldOut): Promise<void> {
    const size = portion(this.#spec, HELD_OUT);
    const count = Math.floor(HELD_OUT / size);
    let [value, others] = [0, 0];
    for (let i = 0; i < count; i++) {
      const position = this.#heldOutSeen;
      value += (await training.estimate(await heldOut.take(position, size), position)) / count;
      others += (await training.estimate(await heldOut.others(position, size), position)) / count;
      this.#heldOutSeen += size;
    }
    this.#heldOut = { value: withinBounds(value, this.#kind), gap: others - value };
  }

  /** What the last probe shows that the ones before did not. */
  #judge(step: number): HealthEvent[] {
    const course = { divergence: this.#kind, records: this.#records };
    return DIAGNOSIS_ROWS.flatMap(([name, { lasting, sign, remedy }]): HealthEvent[] => {
      const evidence = sign(course);
      const { signs, quiet, raised } = this.#states.get(name) ?? NOTHING;
      const state = { signs: evidence === null ? 0 : signs + 1, quiet: evidence === null ? quiet + 1 : 0, raised };
      const isRaised = raised === null && evidence !== null && state.signs >= lasting;
      const isCleared = raised !== null && state.quiet >= CLEARING;
      this.#states.set(name, { ...state, raised: isRaised ? evidence : isCleared ? null : raised });
      if (isRaised) return [{ step, name, state: "raised", evidence, remedy }];
      return isCleared ? [{ step, name, state: "cleared", evidence: raised, remedy }] : [];
    });
  }
}
