/** What the worker has: a GAN, the data it learns from, and whoever looks on. */
import { transfer } from "comlink";
import type { BackendOptions, Dataset, GAN, HealthEvent, StepReport } from "ganvas";
import type { ImageSampler } from "ganvas/sample";
import { draw, type LeftOut, readDigits, readPictures, wantsFiles } from "./examples.ts";
import { type DataName, optionsOf, type Settings, settingsOf, VALIDATED } from "./settings.ts";
import { bytesOf, viewOfGAN as look, viewOfDataset as shown, type View } from "./views/view.ts";

/** Images `[N, H, W, C]` in [-1, 1], or points `[N, 2]`. */
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

/** Files of the person, where a choice of data wants them. */
export type Source = readonly File[];

/** What a GAN is, and where it has come to. */
export interface LabState {
  readonly shape: readonly number[];
  readonly step: number;
  readonly backend: { readonly name: string; readonly threads: number; readonly simd: string; readonly reason: string };
  /** Bytes that it holds where it computes. */
  readonly memory: number;
  /** Examples to learn from; 0 of a model that was loaded without any. */
  readonly examples: number;
  readonly leftOut: readonly LeftOut[];
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

export class Lab {
  #gan: GAN | undefined;
  #settings: Settings | undefined;
  #dataset: Dataset | undefined;
  #leftOut: readonly LeftOut[] = [];
  /** What was drawn the last time: faces take a second or two. */
  #drawn: { readonly data: DataName; readonly dataset: Dataset | undefined } | undefined;
  #ending = new AbortController();
  /** The last checkpoint of the training under way. */
  #kept: Kept | undefined;
  /** What was there before the last `open` or `load`. */
  #previous: Kept | undefined;
  #sampler: { readonly step: number; readonly sampler: Promise<ImageSampler> } | undefined;

  /** Some of the examples of drawn data, before there is any GAN. */
  async preview(settings: Settings): Promise<View | null> {
    const dataset = await draw(settings.data, PREVIEWED);
    return dataset ? shown(dataset) : null;
  }

  /** Makes a GAN with fresh weights. What was there before is kept for `bringBack`. @throws what the library says of the settings, before anything is changed */
  async open(settings: Settings, source: Source): Promise<LabState> {
    const { createGAN } = await import("ganvas");
    const found = await this.#find(settings, source);
    const gan = await createGAN(optionsOf(settings, found.dataset.shape.slice(1)));
    return this.#replace(gan, settings, found.dataset, found.leftOut);
  }

  /** Goes on from a file that `save` gave, with data of its shape if there are any. @throws what the library says of the file */
  async load(bytes: Uint8Array, settings: Settings, source: Source): Promise<LabState> {
    const { loadGAN } = await import("ganvas");
    const gan = await loadGAN(bytes, backendOf(settings));
    return this.#adopt(gan, settingsOf(gan.spec, settings), source);
  }

  /** Puts back what was there before the last `open` or `load`. @param settings that it had @throws Error where there is nothing */
  async bringBack(settings: Settings, source: Source): Promise<LabState> {
    if (!this.#previous) throw new Error("there is nothing to bring back");
    const { loadGAN } = await import("ganvas");
    return this.#adopt(await loadGAN(this.#previous.bytes, backendOf(settings)), settings, source);
  }

  /** Has the GAN learn from other data, where they are of its shape. @returns undefined where they are not */
  async teach(settings: Settings, source: Source): Promise<LabState | undefined> {
    const found = await this.#find(settings, source);
    if (!fits(this.#whole(), found.dataset)) return undefined;
    this.#settings = { ...this.#settings!, data: settings.data, size: settings.size };
    [this.#dataset, this.#leftOut] = [found.dataset, found.leftOut];
    return this.#state();
  }

  /** Has the GAN computed elsewhere, from where it is. @throws what the library says of the backend; then it stays where it was */
  async move(backend: Settings["backend"]): Promise<LabState> {
    const { loadGAN } = await import("ganvas");
    const before = this.#whole();
    const settings = { ...this.#settings!, backend };
    [this.#gan, this.#settings] = [await loadGAN(await before.save(), backendOf(settings)), settings];
    before.dispose();
    this.#closeSampler();
    return this.#state();
  }

  /** Goes on with WebAssembly where a GPU failed: from the last copy, or anew where there is none yet. */
  async recover(settings: Settings, source: Source): Promise<LabState> {
    const onWasm: Settings = { ...settings, backend: "wasm" };
    const last = this.#kept;
    this.#gan?.dispose();
    this.#gan = undefined;
    if (!last) return this.open(onWasm, source);
    const { loadGAN } = await import("ganvas");
    return this.#adopt(await loadGAN(last.bytes, backendOf(onWasm)), onWasm, source);
  }

  /** Trains until it is paused, or for so many steps; `listen` is told how it goes. */
  async play(steps: number | null, listen: (frame: Frame) => unknown): Promise<Ended> {
    const gan = this.#whole();
    const dataset = this.#dataset;
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

  /** Examples as the settings want them; those that are there already are taken again where nothing else is meant. */
  async #find(settings: Settings, source: Source): Promise<{ readonly dataset: Dataset; readonly leftOut: readonly LeftOut[] }> {
    const { data } = settings;
    if (this.#drawn?.data !== data) this.#drawn = { data, dataset: await draw(data) };
    if (this.#drawn.dataset) return { dataset: this.#drawn.dataset, leftOut: [] };
    if (source.length === 0) throw new Error("there are no files yet: drop some on the page, or choose them");
    return wantsFiles(settings) === "digits" ? readDigits(source) : readPictures(source, settings.size);
  }

  /** A GAN from a file, with the data of the settings where they are of its shape. */
  async #adopt(gan: GAN, settings: Settings, source: Source): Promise<LabState> {
    const found = await this.#find(settings, source).catch(() => undefined);
    return this.#replace(gan, settings, found && fits(gan, found.dataset) ? found.dataset : undefined, found?.leftOut ?? []);
  }

  async #replace(gan: GAN, settings: Settings, dataset: Dataset | undefined, leftOut: readonly LeftOut[]): Promise<LabState> {
    const state = await stateOf(gan, settings, dataset, leftOut).catch((error: Error) => {
      gan.dispose();
      throw error;
    });
    const before = this.#gan;
    // One whose GPU was lost cannot be asked any more: its last copy is what there is.
    if (before && before.step > 0) this.#previous = await kept(before).catch(() => this.#kept ?? this.#previous);
    this.#closeSampler();
    before?.dispose();
    this.#kept = undefined;
    [this.#gan, this.#settings, this.#dataset, this.#leftOut] = [gan, settings, dataset, leftOut];
    return state;
  }

  #state(): Promise<LabState> {
    return stateOf(this.#whole(), this.#settings!, this.#dataset, this.#leftOut);
  }

  async #frame(gan: GAN, dataset: Dataset, report: StepReport, told: Pick<Frame, "series" | "health">): Promise<Frame> {
    const view = await look(gan, dataset);
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

async function stateOf(gan: GAN, settings: Settings, dataset: Dataset | undefined, leftOut: readonly LeftOut[]): Promise<LabState> {
  return {
    shape: [...gan.spec.shape],
    step: gan.step,
    backend: { ...gan.backend },
    memory: gan.memory.total,
    examples: dataset?.count ?? 0,
    leftOut,
    settings,
    view: await look(gan, dataset),
  };
}

const kept = async (gan: GAN): Promise<Kept> => ({ bytes: await gan.save(), step: gan.step });

const fits = (gan: GAN, dataset: Dataset): boolean => dataset.shape.slice(1).join() === gan.spec.shape.join();

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
