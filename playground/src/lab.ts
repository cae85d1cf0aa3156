/** What the worker has: a GAN, the data it learns from, and whoever looks on. */
import { transfer } from "comlink";
import type { BackendOptions, Dataset, GAN, HealthEvent, StepReport } from "ganvas";
import type { ImageSampler } from "ganvas/sample";
import { type DigitFiles, draw, type FileKind, type Found, type LeftOut, OwnFiles, wantsFiles } from "./examples.ts";
import { type DataName, optionsOf, type Settings, settingsOf, VALIDATED } from "./settings.ts";
import { bytesOf, type View, viewOfDataset, viewOfGAN } from "./views/view.ts";

/** Images `[N, H, W, C]` in [-1, 1], or points `[N, d]`. */
export interface Made {
  readonly data: Float32Array;
  readonly shape: readonly number[];
}

/** Which images: of a seed, or of latents. */
export interface SampleRequest {
  readonly count?: number;
  readonly seed?: number;
  readonly latents?: Float32Array;
  readonly truncation?: number;
}

/** How many files of each kind the person has given. */
export type FileCounts = Readonly<Record<FileKind, number>>;

/** What came of reading files. */
export interface FilesRead {
  /** How many there are now. */
  readonly files: FileCounts;
  /** Those that are no examples. */
  readonly leftOut: readonly LeftOut[];
}

/** What a GAN is, and where it has come to. */
export interface LabState {
  readonly shape: readonly number[];
  readonly step: number;
  readonly backend: { readonly name: string; readonly threads: number; readonly simd: string; readonly reason: string };
  /** Bytes that it holds where it computes. */
  readonly memory: number;
  /** Examples to learn from; 0 of a model that was loaded without any. */
  readonly examples: number;
  /** Of the digits that it learns from; null where it learns from others. */
  readonly digits: DigitFiles | null;
  /** Whether it asks for a label with each example. */
  readonly isLabelled: boolean;
  readonly files: FileCounts;
  /** What it is, as settings. */
  readonly settings: Settings;
  readonly view: View;
}

/** What the divergence is that the steps tell. */
export type DivergenceKind = Pick<StepReport["divergence"], "name" | "ceiling" | "upToFactor">;

/** Numbers of the steps since the frame before, one list each. */
export interface Series {
  readonly steps: readonly number[];
  readonly discriminator: readonly number[];
  readonly generator: readonly number[];
  readonly divergence: readonly number[];
  /** NaN where nothing is held out. */
  readonly heldOut: readonly number[];
}

/** What is to be seen of a training at a moment. */
export interface Frame {
  readonly step: number;
  readonly series: Series;
  readonly divergence: DivergenceKind;
  readonly health: readonly HealthEvent[];
  readonly imagesPerSecond: number | undefined;
  readonly memory: number;
  readonly backend: LabState["backend"];
  readonly view: View;
}

/** How a call of `play` ended. */
export interface Ended {
  readonly step: number;
  /** Why it failed, and the step that it can go on from; undefined where it did not. */
  readonly failure?: { readonly message: string; readonly kept: number };
}

/** Between two frames, at the least; and so many times as long as a frame takes, so that training has most of the time. */
const FRAME_MS = { plane: 60, pictures: 300 };
const SHARE = 5;
const KEEP_MS = 30_000;
/** Examples that are drawn to be looked at alone. */
const PREVIEWED = 300;
const FOREVER = Number.MAX_SAFE_INTEGER;

interface Kept {
  readonly bytes: Uint8Array;
  readonly step: number;
}

/** What a GAN is trained by: its settings, and the data, if there are any of its shape. */
interface Course {
  readonly settings: Settings;
  readonly found: Found | undefined;
  /** Where the data come from, if they are the person's. */
  readonly own: OwnFiles | undefined;
}

export class Lab {
  #gan: GAN | undefined;
  #course: Course | undefined;
  /** Files of the person, of each kind those that could be read last. */
  readonly #own: Partial<Record<FileKind, OwnFiles>> = {};
  #reading = new AbortController();
  /** What was drawn the last time: faces take a second or two. */
  #drawn: { readonly data: DataName; readonly dataset: Dataset | undefined } | undefined;
  #ending = new AbortController();
  /** The last checkpoint of the training under way. */
  #kept: Kept | undefined;
  /** What was there before the last `open` or `load`. */
  #previous: { readonly kept: Kept; readonly course: Course } | undefined;
  #sampler: { readonly step: number; readonly sampler: Promise<ImageSampler> } | undefined;

  /** Some of the examples, before there is any GAN: drawn ones, or the person's. */
  async preview(settings: Settings): Promise<View | null> {
    const kind = wantsFiles(settings);
    const dataset = kind ? (await this.#own[kind]?.examples(settings.size))?.dataset : await draw(settings.data, PREVIEWED);
    return dataset ? viewOfDataset(dataset) : null;
  }

  /**
   * Reads files that the person gave, once for all that learns from them.
   *
   * @param files null for those of this kind that were given before
   * @param size of pictures
   * @returns null if `cancelReading` was called
   * @throws Error that names each file where none can be read; then those of before are there still
   */
  async readFiles(
    kind: FileKind,
    files: readonly File[] | null,
    size: Settings["size"],
    progress: (done: number, total: number) => unknown,
  ): Promise<FilesRead | null> {
    this.#reading = new AbortController();
    const { signal } = this.#reading;
    const own = files ? new OwnFiles(kind, files) : this.#own[kind]!;
    try {
      const { leftOut } = await own.examples(size, { signal, progress });
      this.#own[kind] = own;
      return { files: this.#files, leftOut };
    } catch (error) {
      if (signal.aborted) return null;
      throw error;
    }
  }

  cancelReading(): void {
    this.#reading.abort();
  }

  /** Makes a GAN with fresh weights. What was there before is kept for `bringBack`. @throws what the library says of the settings, before anything is changed */
  async open(settings: Settings): Promise<LabState> {
    const { createGAN } = await import("ganvas");
    const course = await this.#courseOf(settings);
    const gan = await createGAN(optionsOf(settings, course.found!.dataset.shape.slice(1)));
    if (!fits(gan, course.found!.dataset)) {
      gan.dispose();
      throw new Error("the networks are told with each example what it is to be, and these data have no labels that fit: choose others");
    }
    return this.#replace(gan, course);
  }

  /** Goes on from a file that `save` gave, with data that fit it if there are any. @throws what the library says of the file */
  async load(bytes: Uint8Array, settings: Settings): Promise<LabState> {
    const { loadGAN } = await import("ganvas");
    const gan = await loadGAN(bytes, backendOf(settings));
    const own = settingsOf(gan.spec, settings);
    const course = await this.#courseOf(own).catch(() => undefined);
    const fitting = course?.found && fits(gan, course.found.dataset) ? course : undefined;
    return this.#replace(gan, { settings: own, found: undefined, own: undefined, ...fitting }, bytes);
  }

  /** Puts back what was there before the last `open` or `load`, with the data that it learned from. @param backend of which it is from now on @throws Error where there is nothing */
  async bringBack(backend: Settings["backend"]): Promise<LabState> {
    if (!this.#previous) throw new Error("there is nothing to bring back");
    const { loadGAN } = await import("ganvas");
    const { kept, course } = this.#previous;
    const { own } = course;
    const settings = { ...course.settings, backend };
    const gan = await loadGAN(kept.bytes, backendOf(settings));
    if (own) this.#own[own.kind] = own;
    return this.#replace(gan, { ...course, settings }, kept.bytes);
  }

  /** Has the GAN learn from other data, where they fit it. @returns undefined where they do not */
  async changeData(settings: Settings): Promise<LabState | undefined> {
    const course = await this.#courseOf(settings);
    if (!fits(this.#whole(), course.found!.dataset)) return undefined;
    this.#course = { ...course, settings: { ...this.#course!.settings, data: settings.data, size: settings.size } };
    return this.#state();
  }

  /** Has the GAN computed elsewhere, from where it is. @throws what the library says of the backend; then it stays where it was */
  async move(backend: Settings["backend"]): Promise<LabState> {
    const { loadGAN } = await import("ganvas");
    const before = this.#whole();
    const settings = { ...this.#course!.settings, backend };
    const kept = await keptOf(before);
    this.#gan = await loadGAN(kept.bytes, backendOf(settings));
    [this.#course, this.#kept] = [{ ...this.#course!, settings }, kept];
    before.dispose();
    this.#closeSampler();
    return this.#state();
  }

  /** Goes on with WebAssembly where a GPU failed: from the last copy, or anew where there is none yet. */
  async recover(): Promise<LabState> {
    const course = { ...this.#course!, settings: { ...this.#course!.settings, backend: "wasm" as const } };
    const last = this.#kept;
    this.#gan?.dispose();
    this.#gan = undefined;
    if (!last) return this.open(course.settings);
    const { loadGAN } = await import("ganvas");
    return this.#replace(await loadGAN(last.bytes, backendOf(course.settings)), course, last.bytes);
  }

  /** Trains until it is paused, or for so many steps; `listen` is told how it goes. */
  async play(steps: number | null, listen: (frame: Frame) => unknown): Promise<Ended> {
    const gan = this.#whole();
    const dataset = this.#course?.found?.dataset;
    if (!dataset) throw new Error(`there are no examples of the shape [${gan.spec.shape.join(", ")}] to learn from`);
    this.#ending = new AbortController();
    const since = new Since();
    let [next, last] = [0, undefined as StepReport | undefined];
    const tell = async (): Promise<void> => {
      if (!last) return;
      const begun = performance.now();
      await listen(await this.#frame(gan, dataset, last, since.take()));
      // Where it computes in this thread, what the page says is heard now.
      await new Promise((resolve) => setTimeout(resolve));
      const taken = performance.now() - begun;
      next = performance.now() + Math.max(isPlane(gan) ? FRAME_MS.plane : FRAME_MS.pictures, SHARE * taken);
    };
    try {
      await gan.train(dataset, {
        steps: steps ?? FOREVER,
        signal: this.#ending.signal,
        ...(dataset.count >= VALIDATED && { validation: 0.1 }),
        checkpoint: {
          every: { milliseconds: KEEP_MS },
          write: (bytes, { step }) => {
            this.#kept = { bytes, step };
          },
        },
        async onStep(report) {
          since.add(report);
          last = report;
          if (performance.now() >= next) await tell();
        },
      });
      await tell();
      return { step: gan.step };
    } catch (error) {
      return { step: last?.step ?? gan.step, failure: { message: (error as Error).message, kept: this.#kept?.step ?? 0 } };
    }
  }

  /** Ends `play` after the steps under way. */
  pause(): void {
    this.#ending.abort();
  }

  async save(generatorOnly: boolean): Promise<Uint8Array> {
    const bytes = await this.#whole().save({ generatorOnly });
    return transfer(bytes, [bytes.buffer as ArrayBuffer]);
  }

  async toPNG(seed: number, count: number, columns: number): Promise<Uint8Array> {
    const images = await this.#whole().sample({ count, seed });
    const scale = Math.max(1, Math.floor(64 / images.shape[1]!));
    const bytes = await images.toPNG({ columns, gap: 2, scale });
    return transfer(bytes, [bytes.buffer as ArrayBuffer]);
  }

  async sample(request: SampleRequest): Promise<Made> {
    const { data, shape } = await this.#whole().sample(request);
    return transfer({ data, shape: [...shape] }, [data.buffer as ArrayBuffer]);
  }

  latents(request: { readonly count: number; readonly seed: number }): Float32Array {
    return this.#whole().latents(request);
  }

  interpolate(a: Float32Array, b: Float32Array, steps: number): Float32Array {
    return this.#whole().interpolate(a, b, steps);
  }

  /** The SHA-256 of the picture of a seed as float32, in 64 hexadecimal digits. */
  async fingerprint({ seed, truncation }: { readonly seed: number; readonly truncation?: number }): Promise<{ readonly hash: string }> {
    if (!globalThis.crypto?.subtle) throw new Error("a hash can be computed on pages from https or this machine only");
    const sampler = await this.#samplerOfNow();
    const { data } = await sampler.sample({ seed, ...(truncation !== undefined && { truncation }) });
    const digest = await crypto.subtle.digest("SHA-256", bytesOf(data));
    return { hash: Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("") };
  }

  /** With the kernels of `ganvas/sample`, which give the same bits everywhere, whatever trains here. */
  async #samplerOfNow(): Promise<ImageSampler> {
    const gan = this.#whole();
    if (this.#sampler?.step !== gan.step) {
      this.#closeSampler();
      const make = async () => (await import("ganvas/sample")).createSampler(await gan.save({ generatorOnly: true }));
      this.#sampler = { step: gan.step, sampler: make() };
    }
    return this.#sampler!.sampler;
  }

  #closeSampler(): void {
    this.#sampler?.sampler.then(
      (sampler) => sampler.dispose(),
      () => {},
    );
    this.#sampler = undefined;
  }

  #whole(): GAN {
    if (!this.#gan) throw new Error("there is no GAN yet");
    return this.#gan;
  }

  /** How a GAN of these settings is trained. @throws Error where there are no data */
  async #courseOf(settings: Settings): Promise<Course> {
    const { data, size } = settings;
    const kind = wantsFiles(settings);
    if (kind) {
      const own = this.#own[kind];
      if (!own) throw new Error("there are no files yet: drop some on the page, or choose them");
      return { settings, found: await own.examples(size), own };
    }
    if (this.#drawn?.data !== data) this.#drawn = { data, dataset: await draw(data) };
    return { settings, found: { dataset: this.#drawn.dataset!, leftOut: [] }, own: undefined };
  }

  /** @param bytes that the GAN was made from: its last copy, until there is another */
  async #replace(gan: GAN, course: Course, bytes?: Uint8Array): Promise<LabState> {
    const state = await stateOf(gan, course, this.#files).catch((error: Error) => {
      gan.dispose();
      throw error;
    });
    const before = this.#gan;
    if (before && before.step > 0) {
      // One whose GPU was lost cannot be asked any more: its last copy is what there is.
      const kept = await keptOf(before).catch(() => this.#kept);
      if (kept) this.#previous = { kept, course: this.#course! };
    }
    this.#closeSampler();
    before?.dispose();
    [this.#gan, this.#course, this.#kept] = [gan, course, bytes && { bytes, step: gan.step }];
    return state;
  }

  #state(): Promise<LabState> {
    return stateOf(this.#whole(), this.#course!, this.#files);
  }

  get #files(): FileCounts {
    const { digits, pictures } = this.#own;
    return { digits: digits?.files.length ?? 0, pictures: pictures?.files.length ?? 0 };
  }

  async #frame(gan: GAN, dataset: Dataset, report: StepReport, told: Pick<Frame, "series" | "health">): Promise<Frame> {
    const view = await viewOfGAN(gan, dataset);
    const { name, ceiling, upToFactor } = report.divergence;
    return transfer(
      {
        step: report.step,
        ...told,
        divergence: { name, ceiling, upToFactor },
        imagesPerSecond: report.imagesPerSecond,
        memory: gan.memory.total,
        backend: { ...gan.backend },
        view,
      },
      // What is empty may be the same for all, and stays here.
      view.kind === "pictures" ? [view.rgba.buffer] : view.landscape.length > 0 ? [view.landscape.buffer as ArrayBuffer] : [],
    );
  }
}

async function stateOf(gan: GAN, { settings, found }: Course, files: FileCounts): Promise<LabState> {
  return {
    shape: [...gan.spec.shape],
    step: gan.step,
    backend: { ...gan.backend },
    memory: gan.memory.total,
    examples: found?.dataset.count ?? 0,
    digits: found?.digits ?? null,
    isLabelled: gan.spec.condition !== null,
    files,
    settings,
    view: await viewOfGAN(gan, found?.dataset),
  };
}

const keptOf = async (gan: GAN): Promise<Kept> => ({ bytes: await gan.save(), step: gan.step });

/** Whether it can learn from these: they are of its shape, and have the labels that it asks for. */
export function fits({ spec }: Pick<GAN, "spec">, { shape, labels, count }: Dataset): boolean {
  if (shape.slice(1).join() !== spec.shape.join()) return false;
  const { condition } = spec;
  if (!condition) return true;
  if (!labels) return false;
  if ("classes" in condition) return labels.length === count && labels.every((label) => Number.isInteger(label) && label < condition.classes);
  return labels.length === count * ("shape" in condition ? condition.shape.reduce((size, side) => size * side) : condition.size);
}

const isPlane = (gan: GAN): boolean => gan.spec.shape.length === 1;

const backendOf = ({ backend }: Settings): BackendOptions => (backend === "auto" ? {} : { backend });

/** What steps told since somebody asked. */
class Since {
  #reports: StepReport[] = [];

  add(report: StepReport): void {
    this.#reports.push(report);
  }

  take(): Pick<Frame, "series" | "health"> {
    const reports = this.#reports;
    this.#reports = [];
    return {
      series: {
        steps: reports.map(({ step }) => step),
        discriminator: reports.map(({ discriminatorLoss }) => discriminatorLoss),
        generator: reports.map(({ generatorLoss }) => generatorLoss),
        divergence: reports.map(({ divergence }) => divergence.value),
        heldOut: reports.map(({ divergence }) => divergence.heldOut ?? Number.NaN),
      },
      health: reports.flatMap(({ health }) => health),
    };
  }
}
