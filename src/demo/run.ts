import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type GAN, Images, TrainingError } from "../index.ts";
import { openData, openFolder, openGAN } from "./inputs.ts";
import type { DemoOptions } from "./options.ts";
import { plotLosses } from "./plot.ts";
import { showProgress, type Terminal } from "./progress.ts";
import type { DemoSettings } from "./settings.ts";

/** Who is looking on. */
export interface Audience {
  readonly out: Terminal;
  /** Once aborted, the training stops after its current step, and what there is is written. */
  readonly signal: AbortSignal;
}

/**
 * Trains a GAN and writes samples.png, progress.png, losses.svg and model.safetensors.
 *
 * @throws {UsageError} before anything is written, if the options ask for what cannot be.
 * @throws {TrainingError} if the training broke down; what there was before has then been written.
 */
export async function runDemo(options: DemoOptions, settings: DemoSettings, { out, signal }: Audience): Promise<void> {
  const dataset = await openData(options, settings);
  const gan = await openGAN(options, settings, dataset);
  try {
    await openFolder(options);
    out.write(
      `Training on ${dataset.count} images of ${dataset.shape.slice(1).join(" x ")} on ${gan.backend.name}, threads: ${gan.backend.threads}.\n`,
    );
    const journal = new Journal(gan, settings, options);
    await journal.look();
    const progress = showProgress(out, options.steps);
    const start = performance.now();
    let failure: TrainingError | undefined;
    try {
      await gan.train(dataset, {
        steps: options.steps,
        signal,
        async onStep({ step, discriminatorLoss, generatorLoss, divergence }) {
          const secondsPerStep = (performance.now() - start) / 1000 / step;
          const imagesPerSecond = settings.batchSize / secondsPerStep;
          progress.update({ step, discriminatorLoss, generatorLoss, imagesPerSecond, secondsLeft: secondsPerStep * (options.steps - step) });
          await journal.note(step, discriminatorLoss, generatorLoss, divergence);
        },
      });
    } catch (error) {
      if (!(error instanceof TrainingError)) throw error;
      failure = error;
    } finally {
      progress.stop();
    }
    const files = await journal.write();
    out.write(`Trained for ${gan.step} steps. Written to ${options.out}: ${files.join(", ")}.\n`);
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
  /** Pictures made of the same latents, and the step of the last of them. */
  readonly #looks: Images[] = [];
  #lastLook = -1;
  readonly #losses = { discriminator: [] as number[], generator: [] as number[], divergence: [] as number[] };

  constructor(gan: GAN, settings: DemoSettings, options: DemoOptions) {
    this.#gan = gan;
    this.#settings = settings;
    this.#options = options;
    this.#moments = new Set(settings.moments.map((part) => Math.round(part * options.steps)));
    this.#latents = gan.latents({ count: settings.rows, seed: options.seed });
  }

  async note(step: number, discriminatorLoss: number, generatorLoss: number, divergence: number): Promise<void> {
    this.#losses.discriminator.push(discriminatorLoss);
    this.#losses.generator.push(generatorLoss);
    this.#losses.divergence.push(divergence);
    if (this.#moments.has(step)) await this.look();
  }

  /** Makes pictures of the latents that are followed. */
  async look(): Promise<void> {
    this.#looks.push(await this.#gan.sample({ latents: this.#latents }));
    this.#lastLook = this.#gan.step;
  }

  /** Writes everything; returns the names of the files. */
  async write(): Promise<string[]> {
    if (this.#lastLook !== this.#gan.step) await this.look();
    const samples = await this.#gan.sample({ count: 64, seed: this.#options.seed });
    const { discriminator, generator, divergence } = this.#losses;
    const files = {
      "samples.png": await samples.toPNG({ columns: 8, scale: this.#settings.scale }),
      "progress.png": await sideBySide(this.#looks).toPNG({ columns: this.#looks.length, scale: this.#settings.scale }),
      "losses.svg": plotLosses([
        { name: "discriminator loss", values: discriminator, color: "#3366cc" },
        { name: "generator loss", values: generator, color: "#dd5533" },
        { name: "divergence", values: divergence, color: "#339966" },
      ]),
      "model.safetensors": await this.#gan.save(),
    };
    for (const [name, content] of Object.entries(files)) await writeFile(join(this.#options.out, name), content);
    return Object.keys(files);
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
