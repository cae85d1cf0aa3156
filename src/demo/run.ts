import { join } from "node:path";
import { type Divergence, type GAN, type HealthEvent, Images, type StepReport, TrainingError } from "../index.ts";
import { WriteError, writeWhole } from "../node.ts";
import { plotTraining } from "../plots.ts";
import { openData, openFolder, openGAN } from "./inputs.ts";
import type { DemoOptions } from "./options.ts";
import { showProgress, type Terminal } from "./progress.ts";
import type { DemoSettings } from "./settings.ts";

/** Who is looking on. */
export interface Audience {
  readonly out: Terminal;
  /** What is not well goes here. */
  readonly err: NodeJS.WritableStream;
  /** Once aborted, the training stops after its current step, and what there is is written. */
  readonly signal: AbortSignal;
}

/** Names of the results, the dearest first. */
const RESULTS = ["model.safetensors", "samples.png", "progress.png", "losses.svg"] as const;

/**
 * Trains a GAN and writes `RESULTS`: every few seconds, and when training ends. Before the first step it writes nothing.
 *
 * @throws {UsageError} before anything is written, if the options ask for what cannot be.
 * @throws {TrainingError} if the training broke down; what there was before has then been written.
 * @throws {WriteError} if the results could not be written in the end.
 */
export async function runDemo(options: DemoOptions, settings: DemoSettings, { out, err, signal }: Audience): Promise<void> {
  const dataset = await openData(options, settings);
  const gan = await openGAN(options, settings, dataset);
  try {
    await openFolder(options, RESULTS);
    out.write(
      `Training on ${dataset.count} images of ${dataset.shape.slice(1).join(" x ")} on ${gan.backend.name}, threads: ${gan.backend.threads}.\n`,
    );
    const journal = new Journal(gan, settings, options);
    await journal.look();
    const progress = showProgress(out, options.steps);
    const start = performance.now();
    let written = start;
    let failure: TrainingError | undefined;
    try {
      await gan.train(dataset, {
        steps: options.steps,
        signal,
        async onStep(report) {
          const { step, discriminatorLoss, generatorLoss, health } = report;
          const secondsPerStep = (performance.now() - start) / 1000 / step;
          const imagesPerSecond = settings.batchSize / secondsPerStep;
          progress.update({ step, discriminatorLoss, generatorLoss, imagesPerSecond, secondsLeft: secondsPerStep * (options.steps - step) });
          for (const { state, name, evidence, remedy } of health) {
            err.write(state === "raised" ? `demo: step ${step}, ${name}: ${evidence}; ${remedy}\n` : `demo: step ${step}, ${name} no more\n`);
          }
          await journal.note(report);
          if (performance.now() - written < settings.writeEvery * 1000) return;
          // A disk that is full now may not be so in the end.
          await journal.write().catch((error: unknown) => {
            if (!(error instanceof WriteError)) throw error;
            err.write(`demo: ${error.message}; training goes on\n`);
          });
          written = performance.now();
        },
      });
    } catch (error) {
      if (!(error instanceof TrainingError)) throw error;
      failure = error;
    } finally {
      progress.stop();
    }
    if (gan.step === 0) out.write(`Ended before the first step: nothing is written to ${options.out}.\n`);
    else {
      await journal.write();
      out.write(`Trained for ${gan.step} ${gan.step === 1 ? "step" : "steps"}. Written to ${options.out}: ${RESULTS.join(", ")}.\n`);
    }
    if (failure) throw failure;
  } finally {
    gan.dispose();
  }
}

/** What is kept of a training for those who come later. */
class Journal {
  readonly #gan: GAN;
  readonly #settings: DemoSettings;
  readonly #options: DemoOptions;
  readonly #moments: ReadonlySet<number>;
  readonly #latents: Float32Array;
  /** Pictures made of the same latents. */
  readonly #looks: Images[] = [];
  readonly #losses = { discriminatorLosses: [] as number[], generatorLosses: [] as number[], divergences: [] as number[] };
  readonly #health: HealthEvent[] = [];
  #divergence: Divergence | undefined;

  constructor(gan: GAN, settings: DemoSettings, options: DemoOptions) {
    this.#gan = gan;
    this.#settings = settings;
    this.#options = options;
    this.#moments = new Set(settings.moments.map((part) => Math.round(part * options.steps)));
    this.#latents = gan.latents({ count: settings.rows, seed: options.seed });
  }

  async note({ step, discriminatorLoss, generatorLoss, divergence, health }: StepReport): Promise<void> {
    this.#losses.discriminatorLosses.push(discriminatorLoss);
    this.#losses.generatorLosses.push(generatorLoss);
    this.#losses.divergences.push(divergence.value);
    this.#divergence = divergence;
    this.#health.push(...health);
    if (this.#moments.has(step)) await this.look();
  }

  /** Keeps a picture of the latents that are followed. */
  async look(): Promise<void> {
    this.#looks.push(await this.#picture());
  }

  /** Writes everything there is. @throws {WriteError} */
  async write(): Promise<void> {
    const { out, seed } = this.#options;
    const { scale } = this.#settings;
    const step = this.#gan.step;
    const looks = this.#moments.has(step) ? this.#looks : [...this.#looks, await this.#picture()];
    const samples = await this.#gan.sample({ count: 64, seed });
    const results: Record<(typeof RESULTS)[number], Uint8Array | string> = {
      "model.safetensors": await this.#gan.save(),
      "samples.png": await samples.toPNG({ columns: 8, scale }),
      "progress.png": await sideBySide(looks).toPNG({ columns: looks.length, scale }),
      "losses.svg": plotTraining({ ...this.#losses, divergence: this.#divergence, health: this.#health }),
    };
    for (const name of RESULTS) await writeWhole(join(out, name), results[name]);
  }

  /** A picture of the latents that are followed, as the generator now makes it. */
  #picture(): Promise<Images> {
    return this.#gan.sample({ latents: this.#latents });
  }
}

/** Batches of equal shape as columns: the first images of all of them, then the second, and so on. */
function sideBySide(columns: readonly Images[]): Images {
  const rows = columns[0]!.length;
  const data = Array.from({ length: rows }, (_, row) => columns.map((column) => column.at(row).data)).flat();
  const size = data[0]!.length;
  const all = new Float32Array(size * data.length);
  for (const [i, pixels] of data.entries()) all.set(pixels, i * size);
  return new Images([data.length, ...columns[0]!.shape.slice(1)], all);
}
