/** `previews/`, `samples.png` and `progress.png`: what the same latents give, as training goes on. */
import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { type GAN, GanvasError, Images } from "../../index.ts";
import { imageFolder, WriteError, writeWhole } from "../../node.ts";
import { plotPoints } from "../../plots.ts";
import { numbered, runPaths, stepOf } from "./paths.ts";

/** Samples in a picture, and how many of them stand side by side. */
const COUNT = 64;
const COLUMNS = 8;
/** Points in a picture of points. */
const POINTS = 1000;

/** Samples that `progress.png` follows: the first row of the previews. */
const FOLLOWED = COLUMNS;

/** When `progress.png` shows them, as shares of the steps so far. */
const MOMENTS = [0, 0.02, 0.05, 0.1, 0.2, 0.4, 0.7, 1];

/** Looks that are kept for `progress.png` are at least so much apart, as a share of the steps. */
const APART = 0.04;

/** Pixels a side that a sample gets at least in pictures, where whole pixels allow it. */
const SIDE = 96;

/** The first row of a preview. */
interface Look {
  readonly step: number;
  /** Within [-1, 1]; row by row [FOLLOWED, height, width, channels]. */
  readonly pixels: Float32Array;
}

/** Pictures of the same latents, and of the same classes where there are any. */
export class Previews {
  readonly #gan: GAN;
  readonly #folder: string;
  readonly #paths: ReturnType<typeof runPaths>;
  readonly #seed: number;
  readonly #extension: "png" | "svg";
  readonly #scale: number;
  #looks: Look[] = [];
  /** The newest picture. */
  #latest: { readonly step: number; readonly look: Look | null; readonly content: Uint8Array | string } | undefined;

  private constructor(gan: GAN, run: string, seed: number) {
    this.#gan = gan;
    this.#paths = runPaths(run);
    this.#folder = this.#paths.previews;
    this.#seed = seed;
    this.#extension = gan.spec.shape.length === 3 ? "png" : "svg";
    const [height = 1, width = 1] = gan.spec.shape;
    this.#scale = Math.max(1, Math.floor(SIDE / Math.max(height, width)));
  }

  /**
   * The previews of a run that has come to the GAN's step. Those of later steps, which will be done again, are taken away.
   *
   * @throws {WriteError}
   */
  static async open(gan: GAN, run: string, seed: number): Promise<Previews> {
    const previews = new Previews(gan, run, seed);
    await previews.#read();
    return previews;
  }

  /** Makes and keeps one of the GAN as it is. @throws {WriteError} */
  async keep(): Promise<void> {
    const { step, look, content } = await this.#look();
    await this.#guard(() => mkdir(this.#folder, { recursive: true }));
    await writeWhole(join(this.#folder, `${numbered(step)}.${this.#extension}`), content);
    if (look) this.#keepLook(look);
  }

  /** Writes `samples.png` and `progress.png` of the GAN as it is. @throws {WriteError} */
  async write(): Promise<void> {
    const { look, content } = await this.#look();
    await writeWhole(this.#paths.samples(this.#extension), content);
    if (look) await writeWhole(this.#paths.progress, await this.#course(look));
  }

  async #look() {
    const gan = this.#gan;
    const step = gan.step;
    if (this.#latest?.step === step) return this.#latest;
    const { shape, condition } = gan.spec;
    const isPicture = shape.length === 3;
    const count = isPicture ? COUNT : POINTS;
    // Shares of classes change as training goes on: here each has its turn.
    const classes = condition && "classes" in condition ? Array.from({ length: count }, (_, i) => i % condition.classes) : undefined;
    const images = await gan.sample({ count, seed: this.#seed, ...(classes && { condition: classes }) });
    const pixels = images.data.slice(0, (images.data.length / count) * FOLLOWED);
    this.#latest = {
      step,
      look: isPicture ? { step, pixels } : null,
      content: isPicture
        ? await images.toPNG({ columns: COLUMNS, scale: this.#scale })
        : plotPoints([{ name: "samples", points: images }], { title: `Step ${step}` }),
    };
    return this.#latest;
  }

  #keepLook(look: Look): void {
    const last = this.#looks.at(-1);
    if (!last || look.step >= last.step * (1 + APART)) this.#looks.push(look);
  }

  /** Columns of the followed samples, from the first steps to `last`. */
  async #course(last: Look): Promise<Uint8Array> {
    const earlier = this.#looks.filter(({ step }) => step < last.step);
    const chosen = new Set<Look>();
    for (const moment of MOMENTS) {
      const distance = ({ step }: Look): number => Math.abs(step - moment * last.step);
      chosen.add([...earlier, last].reduce((nearest, look) => (distance(look) < distance(nearest) ? look : nearest)));
    }
    const columns = [...chosen].sort((a, b) => a.step - b.step);
    const size = last.pixels.length / FOLLOWED;
    const all = new Float32Array(columns.length * last.pixels.length);
    for (let row = 0, at = 0; row < FOLLOWED; row++) {
      for (const { pixels } of columns) {
        all.set(pixels.subarray(row * size, (row + 1) * size), at);
        at += size;
      }
    }
    return new Images([columns.length * FOLLOWED, ...this.#gan.spec.shape], all).toPNG({ columns: columns.length, scale: this.#scale });
  }

  /** Reads the looks that an earlier call has left, and takes away those that will be had again. */
  async #read(): Promise<void> {
    const names = await readdir(this.#folder).catch(() => []);
    const earlier: string[] = [];
    for (const name of names) {
      const step = stepOf(name, this.#extension);
      if (step === null) continue;
      if (step > this.#gan.step) await this.#guard(() => rm(join(this.#folder, name)));
      else earlier.push(name);
    }
    const { shape } = this.#gan.spec;
    if (this.#extension !== "png" || earlier.length === 0) return;
    const [height, width, channels] = shape as [number, number, number];
    const sides = [height * this.#scale * (COUNT / COLUMNS), width * this.#scale * COLUMNS, channels];
    try {
      const folder = await imageFolder(this.#folder, { shape: sides as [number, number, number], fit: "stretch", skipBroken: true });
      for (const [i, file] of folder.files.entries()) {
        const step = stepOf(file, "png");
        const last = this.#looks.at(-1);
        if (step === null || (last && step < last.step * (1 + APART))) continue;
        this.#keepLook({ step, pixels: this.#firstRow((await folder.read(Uint32Array.of(i))) as Uint8Array) });
      }
      await folder.close();
    } catch (error) {
      // Without them the course begins here.
      if (!(error instanceof GanvasError)) throw error;
    }
  }

  /** The first row of samples in the bytes of a preview. */
  #firstRow(bytes: Uint8Array): Float32Array {
    const [height, width, channels] = this.#gan.spec.shape as [number, number, number];
    const scale = this.#scale;
    const rowBytes = width * scale * COLUMNS * channels;
    const pixels = new Float32Array(FOLLOWED * height * width * channels);
    let at = 0;
    for (let sample = 0; sample < FOLLOWED; sample++) {
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
          const from = y * scale * rowBytes + (sample * width + x) * scale * channels;
          for (let c = 0; c < channels; c++) pixels[at++] = bytes[from + c]! / 127.5 - 1;
        }
      }
    }
    return pixels;
  }

  async #guard(work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (cause) {
      throw new WriteError(this.#folder, cause);
    }
  }
}
