/** The playground: what there is, and what becomes of it when somebody does something. */
import type { Remote } from "comlink";
import { programOf } from "./code.ts";
import { filled } from "./dom.ts";
import { wantsFiles } from "./examples.ts";
import type { Explore } from "./explore.ts";
import { download, filesOf } from "./files.ts";
import { History } from "./history.ts";
import type { DivergenceKind, Frame, Lab, LabState } from "./lab.ts";
import { Health } from "./panels/health.ts";
import { type Actions, type Phase, Screen } from "./screen.ts";
import { heard, startLab } from "./session.ts";
import { changed, defaultsFor, type Settings, shapeOf, VALIDATED } from "./settings.ts";
import { applyTheme, type Theme } from "./theme.ts";
import type { Tour } from "./tour.ts";
import { Strip } from "./views/pictures.ts";
import { SEED, type View } from "./views/view.ts";
import { type Language, remember, type Words, wordsOf } from "./words.ts";

/** Figures that change faster cannot be read. */
const FIGURES_MS = 250;
/** Files that are named at once. */
const MOST_TOLD = 10;
/** What is explored takes time from the training. */
const EXPLORED_MS = 1500;
const MODEL = /\.safetensors$/i;
const IDX = /idx\d?-ubyte|\.idx|\.gz$/i;

/** A training that there is. */
interface Opened {
  readonly state: LabState;
  /** Whether it is from a file. */
  readonly isLoaded: boolean;
  /** The step that it began at: that of the file. */
  readonly begun: number;
}

export class Playground implements Actions {
  readonly #root: HTMLElement;
  readonly #lab: Remote<Lab> = startLab();
  #screen: Screen;
  #language: Language;
  readonly #dress: (theme: Theme) => void;
  #settings: Settings = defaultsFor("faces32");
  #files: readonly File[] = [];
  #opened: Opened | undefined;
  #phase: Phase = "empty";
  /** The training that `bringBack` brings back, and where it had come to. */
  #previous: { readonly opened: Opened; readonly step: number } | undefined;
  #step = 0;
  /** The training under way, or that was last. */
  #playing: Promise<void> = Promise.resolve();
  /** What is being done, with all that was asked for since. */
  #acting: Promise<void> = Promise.resolve();
  #tour: Tour | undefined;
  #explore: Explore | undefined;
  #explored = 0;
  readonly #history = new History();
  readonly #health = new Health();
  readonly #strip = new Strip();
  #kind: DivergenceKind | undefined;
  #view: View | undefined;
  #frame: Frame | undefined;
  #told = 0;

  constructor(root: HTMLElement, words: Words, language: Language) {
    [this.#root, this.#language] = [root, language];
    this.#screen = new Screen(root, words, language, this);
    this.#dress = applyTheme(() => this.#repaint());
    this.#listen();
    this.#refresh();
    void this.#preview();
  }

  // What people do. These are handed on as functions of their own.

  readonly play = (): void => this.#attempt(() => this.#run(null));

  readonly pause = (): void => void this.#lab.pause();

  readonly step = (): void => this.#attempt(() => this.#run(1));

  readonly startOver = (patch: Partial<Settings> = {}): void => {
    this.#attempt(async () => {
      this.#settings = changed(this.#settings, patch);
      await this.#instead(() => this.#open(false));
    });
  };

  readonly change = (patch: Partial<Settings>): void => {
    this.#settings = changed(this.#settings, patch);
    if (patch.data && patch.data !== this.#opened?.state.settings.data) this.#files = [];
    // What has not begun to learn has nothing to lose.
    if (this.#step === 0 && this.#phase === "paused" && !this.#opened?.isLoaded) this.#forget();
    this.#showSettings();
    if (this.#opened && patch.backend && patch.backend !== this.#opened.state.settings.backend) this.#move(patch.backend);
    if (this.#opened?.state.examples === 0 && (patch.data || patch.size)) this.#teach();
    if (!this.#opened && (patch.data || patch.size)) void this.#preview();
  };

  readonly defaults = (): void => this.change(defaultsFor(this.#settings.data));

  readonly give = (files: readonly File[]): void => {
    const [first] = files;
    if (!first) return;
    this.#screen.quiet();
    if (MODEL.test(first.name)) {
      this.load(first);
      return;
    }
    const isDigits = files.some(({ name, type }) => IDX.test(name) || (this.#settings.data === "digits" && type === ""));
    if (!isDigits && !files.some(({ type }) => type.startsWith("image/"))) {
      this.#screen.say({ text: filled(this.#screen.words.page.unknownFile, { name: first.name }) });
      return;
    }
    this.#settings = changed(this.#settings, { data: isDigits ? "digits" : "pictures" });
    this.#files = files;
    if (this.#opened?.state.examples === 0) {
      this.#teach();
      return;
    }
    // They are looked at now, so that what is no picture is known before anyone presses Play.
    this.startOver();
  };

  readonly save = (): void => {
    this.#attempt(async () => download(new Blob([(await this.#lab.save(false)) as Uint8Array<ArrayBuffer>]), "model.safetensors"));
  };

  readonly load = (file: File): void => {
    this.#attempt(async () => {
      const bytes = new Uint8Array(await file.arrayBuffer());
      await this.#instead(() => this.#adopt(() => this.#lab.load(bytes, this.#settings, [...this.#files]), file.name));
    });
  };

  readonly bringBack = (): void => {
    this.#attempt(async () => {
      await this.#end();
      const previous = this.#previous!.opened;
      this.#previous = undefined;
      await this.#adopt(
        () => this.#lab.bringBack({ ...previous.state.settings, backend: this.#settings.backend }, [...this.#files]),
        undefined,
        previous,
      );
    });
  };

  readonly exportPNG = (): void => {
    this.#attempt(async () => {
      const canvas = this.#root.querySelector<HTMLCanvasElement>("canvas.main")!;
      if (this.#view?.kind === "plane") return canvas.toBlob((blob) => blob && download(blob, "points.png"));
      const count = this.#view?.count ?? 64;
      const png = await this.#lab.toPNG(SEED, count, Math.ceil(Math.sqrt(count)));
      download(new Blob([png as Uint8Array<ArrayBuffer>], { type: "image/png" }), "samples.png");
    });
  };

  readonly copyCode = (): void => {
    const { begun, isLoaded } = this.#opened ?? { begun: 0, isLoaded: false };
    const isValidated = (this.#opened?.state.examples ?? VALIDATED) >= VALIDATED;
    const settings = this.#opened?.state.settings ?? this.#settings;
    const code = programOf(settings, this.#opened?.state.shape ?? shapeOf(settings), { isLoaded, steps: this.#step - begun, isValidated });
    const show = (copied: boolean): void => this.#screen.showCode(code, copied);
    (navigator.clipboard?.writeText(code) ?? Promise.reject()).then(
      () => show(true),
      () => show(false),
    );
  };

  readonly speak = (language: Language): void => {
    this.#attempt(async () => {
      const words = await wordsOf(language);
      remember(language);
      this.#language = language;
      this.#screen.close();
      this.#screen = new Screen(this.#root, words, language, this);
      if (this.#history.steps.length > 0) await this.#screen.openCurves();
      if (this.#tour) await this.#openTour(this.#tour.station);
      this.#screen.showTour(this.#tour !== undefined);
      if (this.#opened) await this.#openExplore();
      this.#refresh();
      document.getElementById("language")?.focus();
    });
  };

  readonly dress = (theme: Theme): void => this.#dress(theme);

  readonly toggleTour = (): void => {
    this.#attempt(async () => {
      if (this.#tour) {
        this.#tour.close();
        this.#tour = undefined;
      } else await this.#openTour();
      this.#screen.showTour(this.#tour !== undefined);
    });
  };

  // What becomes of it.

  /** @param from the station that it goes on from, with nothing set anew */
  async #openTour(from?: Tour["station"]): Promise<void> {
    const { mountTour } = await import("./tour.ts");
    const { tour: root, words } = this.#screen;
    this.#tour = mountTour({ root, words, language: this.#language, from, apply: (patch) => this.#visit(patch) });
  }

  /** Sets everything as a station wants it. What was trained can be brought back. */
  #visit(patch: Partial<Settings>): void {
    const isIdle = this.#phase === "empty" || this.#phase === "paused";
    if (this.#step === 0 && isIdle) this.change(patch);
    else this.startOver(patch);
  }

  async #openExplore(): Promise<void> {
    const { mountExplore } = await import("./explore.ts");
    const { explore: root, words } = this.#screen;
    if (root.childElementCount === 0) this.#explore = mountExplore({ root, words, session: this.#lab });
    this.#explore?.refresh();
  }

  /** Does it, after what was asked for before, and says what went wrong if something does. */
  #attempt(act: () => Promise<unknown>): void {
    this.#acting = this.#acting.then(act).then(
      () => {},
      (error: Error) => this.#fail(error),
    );
  }

  /** A training that is under way goes on, whatever else fails. */
  #fail({ message }: Error): void {
    if (this.#phase === "opening") this.#setPhase(this.#opened ? "paused" : "empty");
    this.#screen.say({ text: message });
  }

  /** Does it in place of the training under way, which goes on if it fails. */
  async #instead(act: () => Promise<unknown>): Promise<void> {
    const wasTraining = this.#phase === "training";
    await this.#end();
    try {
      await act();
    } catch (error) {
      if (this.#phase === "opening") this.#setPhase(this.#opened ? "paused" : "empty");
      if (wasTraining) await this.#run(null);
      throw error;
    }
  }

  /** Begins to train; what is asked for then does not wait until it has ended. */
  async #run(steps: number | null): Promise<void> {
    if (this.#phase === "training") return;
    this.#screen.quiet();
    const curves = this.#screen.openCurves();
    if (!this.#opened) await this.#open(true);
    await curves;
    this.#setPhase("training");
    this.#playing = this.#follow(steps).catch((error: Error) => {
      this.#setPhase("paused");
      this.#fail(error);
    });
  }

  async #follow(steps: number | null): Promise<void> {
    const { step, failure } = await this.#lab.play(
      steps,
      heard((frame) => this.#see(frame)),
    );
    if (this.#frame) this.#tell(this.#frame, true);
    this.#step = step;
    this.#setPhase(failure ? "failed" : "paused");
    if (!failure) {
      this.#explore?.refresh();
      return;
    }
    const onGPU = this.#opened?.state.backend.name === "webgpu";
    const { page } = this.#screen.words;
    const action = { name: filled(page.goOn, { step: failure.kept }), act: () => this.#recover() };
    this.#screen.say(onGPU ? { text: filled(page.gpuFailed, { message: failure.message }), action } : { text: failure.message });
  }

  /** Gives a model that has nothing to learn from what is set now. */
  #teach(): void {
    if (wantsFiles(this.#settings) && this.#files.length === 0) return;
    this.#attempt(async () => {
      const state = await this.#lab.teach(this.#settings, [...this.#files]);
      if (!state) throw new Error(filled(this.#screen.words.page.noData, { shape: this.#opened!.state.shape.join(" × ") }));
      this.#opened = { ...this.#opened!, state };
      this.#settings = { ...state.settings, backend: this.#settings.backend };
      this.#screen.quiet();
      this.#refresh();
    });
  }

  /** Has it computed elsewhere, from where it is. */
  #move(backend: Settings["backend"]): void {
    this.#attempt(async () => {
      const wasTraining = this.#phase === "training";
      try {
        await this.#instead(async () => {
          const state = await this.#lab.move(backend);
          this.#opened = { ...this.#opened!, state };
          this.#frame = undefined;
        });
      } catch (error) {
        // It stays where it was.
        this.#settings = { ...this.#settings, backend: this.#opened!.state.settings.backend };
        this.#showSettings();
        throw error;
      }
      this.#refresh();
      if (wasTraining) await this.#run(null);
    });
  }

  #recover(): void {
    this.#attempt(async () => {
      const before = this.#opened;
      // It is gone on with, and not put aside.
      this.#opened = undefined;
      this.#settings = changed(this.#settings, { backend: "wasm" });
      await this.#adopt(() => this.#lab.recover(this.#settings, [...this.#files]), undefined, before);
      await this.#run(null);
    });
  }

  /** Ends the training under way, if there is one. */
  async #end(): Promise<void> {
    await this.#lab.pause();
    await this.#playing;
  }

  /** Makes a GAN of the settings. @param toPlay whether it is trained at once */
  async #open(toPlay: boolean): Promise<void> {
    this.#setPhase("opening");
    const state = await this.#lab.open(this.#settings, [...this.#files]);
    this.#begin({ state, isLoaded: false, begun: 0 }, toPlay);
  }

  /** Takes what the lab has from a file, or from before; of data that fit it, if there are any. */
  async #adopt(take: () => Promise<LabState>, name?: string, before?: Opened): Promise<void> {
    this.#setPhase("opening");
    const state = await take().catch((error: Error) => {
      throw name ? new Error(`${name}: ${error.message}`) : error;
    });
    this.#settings = state.settings;
    this.#begin({ isLoaded: true, begun: state.step, ...before, state }, false);
    if (state.examples === 0) this.#screen.say({ kind: "info", text: filled(this.#screen.words.page.noData, { shape: state.shape.join(" × ") }) });
  }

  #begin(opened: Opened, toPlay: boolean): void {
    if (this.#opened && this.#step > 0) this.#previous = { opened: this.#opened, step: this.#step };
    this.#screen.quiet();
    this.#clear();
    this.#opened = opened;
    this.#step = opened.state.step;
    this.#draw(opened.state.view, opened.state.step);
    void this.#openExplore();
    if (!toPlay) this.#setPhase("paused");
    this.#refresh();
    const { leftOut } = opened.state;
    if (leftOut.length > 0) {
      const told = leftOut.slice(0, MOST_TOLD).map(({ name, reason }) => `${name} (${reason})`);
      const files = [...told, ...(leftOut.length > MOST_TOLD ? [`… + ${leftOut.length - MOST_TOLD}`] : [])].join("; ");
      this.#screen.say({ kind: "info", text: filled(this.#screen.words.page.leftOut, { files }) });
    }
  }

  #clear(): void {
    this.#history.clear();
    this.#health.clear();
    this.#strip.clear();
    [this.#kind, this.#frame] = [undefined, undefined];
  }

  /** A GAN of no steps is made anew when it is wanted. */
  #forget(): void {
    if (!this.#opened) return;
    this.#clear();
    this.#opened = undefined;
    this.#explore?.close();
    this.#explore = undefined;
    this.#setPhase("empty");
    this.#refresh();
    void this.#preview();
  }

  /** Shows data before there is a GAN. */
  async #preview(): Promise<void> {
    const settings = this.#settings;
    const view = await this.#lab.preview(settings).catch(() => null);
    if (!view || this.#opened || this.#settings !== settings) return;
    this.#view = view;
    this.#screen.showView(view, true);
    this.#screen.showCaption(view, null);
    this.#screen.showStrip(null);
  }

  #see(frame: Frame): void {
    this.#frame = frame;
    this.#step = frame.step;
    this.#kind = frame.divergence;
    this.#history.add(frame.series);
    const isOther = this.#health.add(frame.step, frame.health);
    this.#draw(frame.view, frame.step);
    this.#tell(frame, isOther);
  }

  #draw(view: View, step: number): void {
    this.#view = view;
    this.#screen.showView(view, this.#isBounded);
    if (view.kind !== "pictures") this.#screen.showStrip(null);
    else if (this.#strip.add(step, view)) this.#screen.showStrip(this.#strip);
  }

  /** Whether the scores are those of a classifier. */
  get #isBounded(): boolean {
    return this.#kind ? this.#kind.ceiling === Math.LN2 : true;
  }

  #tell(frame: Frame, atOnce: boolean): void {
    const now = performance.now();
    if (!atOnce && now - this.#told < FIGURES_MS) return;
    this.#told = now;
    const { imagesPerSecond, memory, backend } = frame;
    this.#screen.showFigures({ step: this.#step, imagesPerSecond, memory, backend, examples: this.#opened?.state.examples });
    this.#screen.showCaption(frame.view, this.#step);
    this.#screen.showCurves(this.#history, this.#kind);
    if (now - this.#explored > EXPLORED_MS) {
      this.#explored = now;
      this.#explore?.refresh();
    }
    if (atOnce) this.#screen.showHealth(this.#health, this.#opened?.state.settings ?? this.#settings);
  }

  #setPhase(phase: Phase): void {
    this.#phase = phase;
    this.#screen.showPhase(phase, { trained: this.#opened !== undefined, previous: this.#previous?.step ?? 0 });
  }

  #showSettings(): void {
    const pending = this.#opened !== undefined && !same(this.#settings, this.#opened.state.settings);
    this.#screen.showSettings({ settings: this.#settings, pending, files: wantsFiles(this.#settings) ? this.#files.length : 0 });
  }

  /** Everything, as it is now. */
  #refresh(): void {
    document.documentElement.lang = this.#language;
    document.title = this.#screen.words.page.title;
    this.#showSettings();
    this.#setPhase(this.#phase);
    const state = this.#opened?.state;
    const { imagesPerSecond, memory, backend } = this.#frame ?? { imagesPerSecond: undefined, memory: state?.memory, backend: state?.backend };
    this.#screen.showFigures({ step: this.#step, imagesPerSecond, memory, backend, examples: state?.examples });
    this.#screen.showHealth(this.#health, this.#opened?.state.settings ?? this.#settings);
    this.#screen.showCurves(this.#history, this.#kind);
    this.#repaint();
  }

  #repaint(): void {
    if (this.#view) {
      this.#screen.showView(this.#view, this.#isBounded);
      this.#screen.showCaption(this.#view, this.#opened ? this.#step : null);
    }
    this.#screen.showStrip(this.#view?.kind === "pictures" && this.#opened ? this.#strip : null);
    this.#screen.repaint();
  }

  /** Files that are dropped on the page, and the space bar. */
  #listen(): void {
    const over = (event: DragEvent, isOver: boolean): void => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      document.body.classList.toggle("dragging", isOver);
    };
    addEventListener("dragover", (event) => over(event, true));
    addEventListener("dragleave", (event) => over(event, false));
    addEventListener("drop", (event) => {
      over(event, false);
      void filesOf(event.dataTransfer).then(this.give);
    });
    addEventListener("keydown", (event) => {
      if (event.key !== " " || event.repeat || event.target !== document.body) return;
      event.preventDefault();
      if (this.#phase === "training") this.pause();
      else this.play();
    });
  }
}

const same = (a: Settings, b: Settings): boolean => Object.entries(a).every(([name, value]) => `${value}` === `${b[name as keyof Settings]}`);
