/** The playground: what there is, and what becomes of it when somebody does something. */
import type { Remote } from "comlink";
import { programOf } from "./code.ts";
import { filled } from "./dom.ts";
import { type FileKind, type LeftOut, named, wantsFiles } from "./examples.ts";
import type { Explore, ExploreState } from "./explore.ts";
import { download, filesOf } from "./files.ts";
import { keepFocus } from "./focus.ts";
import { History } from "./history.ts";
import type { DivergenceKind, FileCounts, Frame, Lab, LabState } from "./lab.ts";
import { Health } from "./panels/health.ts";
import { type Actions, type Message, type Phase, Screen } from "./screen.ts";
import { callback, startLab } from "./session.ts";
import { changed, defaultsFor, type Settings, sameSettings, shapeOf, VALIDATED } from "./settings.ts";
import { applyTheme, type Theme } from "./theme.ts";
import type { Tour } from "./tour.ts";
import { Strip } from "./views/pictures.ts";
import { SEED, type View } from "./views/view.ts";
import { type Language, remember, type Words, wordsOf } from "./words.ts";

/** Figures that change faster cannot be read. */
const FIGURES_MS = 250;
/** What is read in less time is not spoken of. */
const READING_MS = 300;
/** What is explored takes time from the training. */
const EXPLORED_MS = 1500;
const MODEL = /\.safetensors$/i;
const IDX = /idx\d?-ubyte|\.idx/i;
const GZIP = /\.gz$/i;

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
  readonly #applyTheme: (theme: Theme) => void;
  #settings: Settings = defaultsFor("faces32");
  /** How many files there are to learn from. */
  #files: FileCounts = { digits: 0, pictures: 0 };
  #opened: Opened | undefined;
  #phase: Phase = "empty";
  /** The training that `bringBack` brings back, and where it had come to. */
  #previous: { readonly opened: Opened; readonly step: number } | undefined;
  #step = 0;
  /** Whether it was asked to train until it is told to pause. */
  #isPlaying = false;
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
    keepFocus(root, () => this.#screen.playButton);
    this.#applyTheme = applyTheme(() => this.#repaint());
    this.#listen();
    this.#refresh();
    void this.#preview();
  }

  // What people do. These are handed on as functions of their own.

  readonly play = (): void => this.#attempt(() => this.#run(null));

  readonly pause = (): void => {
    this.#isPlaying = false;
    void this.#lab.pause();
  };

  readonly step = (): void => this.#attempt(() => this.#run(1));

  readonly startOver = (patch: Partial<Settings> = {}): void => {
    this.#attempt(() => this.#with(patch, () => this.#replacing(() => this.#open(false))));
  };

  readonly change = (patch: Partial<Settings>): void => {
    const { size } = this.#settings;
    this.#settings = changed(this.#settings, patch);
    // What has not begun to learn has nothing to lose.
    const isForgotten = this.#opened !== undefined && this.#step === 0 && this.#phase === "paused" && !this.#opened.isLoaded;
    if (isForgotten) this.#forget();
    this.#showSettings();
    if (this.#opened && patch.backend) this.#move();
    const isOther = patch.data !== undefined || patch.size !== undefined;
    if (!isOther && !isForgotten) return;
    this.#attempt(async () => {
      if (isOther && !(await this.#readAgain())) {
        if (size !== this.#settings.size) this.change({ size });
        return;
      }
      if (isOther && this.#opened?.state.examples === 0) await this.#changeData();
      if (!this.#opened) await this.#preview();
    });
  };

  readonly defaults = (): void => this.change(defaultsFor(this.#settings.data));

  readonly addFiles = (files: readonly File[]): void => {
    this.#screen.quiet();
    const [first] = files;
    if (!first) {
      this.#screen.say({ text: (page) => page.nothingDropped });
      return;
    }
    const model = files.find(({ name }) => MODEL.test(name));
    if (model) {
      const others = files.filter((file) => file !== model).map(({ name }) => name);
      this.#attempt(async () => {
        await this.#load(model);
        if (others.length > 0) this.#screen.say({ kind: "info", text: (page) => filled(page.leftOut, { files: others.join(", ") }) });
      });
      return;
    }
    const hasPictures = files.some(({ type }) => type.startsWith("image/"));
    const isDigits = files.some(({ name }) => IDX.test(name)) || (!hasPictures && (this.#settings.data === "digits" || GZIP.test(first.name)));
    if (!isDigits && !hasPictures) {
      this.#screen.say({ text: (page) => filled(page.unknownFile, { name: first.name }) });
      return;
    }
    this.#attempt(() => this.#useFiles(isDigits ? "digits" : "pictures", files));
  };

  readonly cancelReading = (): void => void this.#lab.cancelReading();

  readonly save = (): void => {
    this.#attempt(async () => download(new Blob([(await this.#lab.save(false)) as Uint8Array<ArrayBuffer>]), "model.safetensors"));
  };

  readonly load = (file: File): void => this.#attempt(() => this.#load(file));

  readonly bringBack = (): void => {
    this.#attempt(async () => {
      const previous = this.#previous;
      if (!previous) return;
      await this.#replacing(() => this.#adopt(() => this.#lab.bringBack(this.#settings.backend), undefined, previous.opened));
      // What has learned nothing yet does not take its place.
      if (this.#previous !== previous) return;
      this.#previous = undefined;
      this.#setPhase(this.#phase);
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
    const state = this.#opened?.state;
    const settings = state?.settings ?? this.#settings;
    const code = programOf(settings, state?.shape ?? shapeOf(settings), {
      isLoaded,
      steps: this.#step - begun,
      examples: state?.examples ?? VALIDATED,
      digits: state?.digits ?? null,
    });
    const show = (copied: boolean): void => this.#screen.showCode(code, copied);
    (navigator.clipboard?.writeText(code) ?? Promise.reject()).then(
      () => show(true),
      () => show(false),
    );
  };

  readonly setLanguage = (language: Language): void => {
    this.#attempt(async () => {
      const words = await wordsOf(language).catch((error: Error) => {
        this.#screen.showLanguage(this.#language);
        throw error;
      });
      remember(language);
      this.#language = language;
      const explored = this.#explore?.state;
      this.#screen.close();
      this.#screen = new Screen(this.#root, words, language, this, this.#screen.state);
      if (this.#history.steps.length > 0) await this.#screen.openCurves();
      if (this.#tour) await this.#openTour(this.#tour.station);
      this.#screen.showTour(this.#tour !== undefined);
      if (this.#opened) await this.#openExplore(explored);
      this.#refresh();
    });
  };

  readonly setTheme = (theme: Theme): void => this.#applyTheme(theme);

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
    if (this.#step === 0 && isIdle && !this.#opened?.isLoaded) this.change(patch);
    else this.startOver(patch);
  }

  /** @param from what it was before the page was made anew */
  async #openExplore(from?: ExploreState): Promise<void> {
    const { mountExplore } = await import("./explore.ts");
    const { explore: root, words } = this.#screen;
    if (root.childElementCount === 0) this.#explore = mountExplore({ root, words, session: this.#lab, from });
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
    if (this.#phase === "opening") {
      this.#isPlaying = false;
      this.#setPhase(this.#opened ? "paused" : "empty");
    }
    this.#screen.say({ text: () => message, lang: "en" });
  }

  /** Does it with settings that are changed, but for good only if it does not fail. */
  async #with(patch: Partial<Settings>, act: () => Promise<unknown>): Promise<void> {
    const before = this.#settings;
    const tried = changed(before, patch);
    this.#settings = tried;
    try {
      await act();
    } catch (error) {
      if (this.#settings === tried) this.#settings = before;
      throw error;
    } finally {
      this.#showSettings();
    }
  }

  /** Does it in place of the training under way, which goes on if it fails. */
  async #replacing(act: () => Promise<unknown>): Promise<void> {
    await this.#end();
    try {
      await act();
    } catch (error) {
      if (this.#phase === "opening") this.#setPhase(this.#opened ? "paused" : "empty");
      if (this.#isPlaying) await this.#run(null);
      throw error;
    }
  }

  /** Begins to train; what is asked for then does not wait until it has ended. */
  async #run(steps: number | null): Promise<void> {
    if (this.#phase === "training") return;
    this.#isPlaying = steps === null;
    this.#screen.quiet();
    // It trains without them, too.
    this.#screen.openCurves().catch(({ message }: Error) => this.#screen.say({ text: () => message, lang: "en" }));
    if (!this.#opened) await this.#open(true);
    this.#setPhase("training");
    this.#playing = this.#follow(steps).catch((error: Error) => {
      this.#isPlaying = false;
      this.#setPhase("paused");
      this.#fail(error);
    });
  }

  async #follow(steps: number | null): Promise<void> {
    const { step, failure } = await this.#lab.play(
      steps,
      callback((frame: Frame) => this.#see(frame)),
    );
    if (this.#frame) this.#tell(this.#frame, true);
    this.#step = step;
    this.#setPhase(failure ? "failed" : "paused");
    if (!failure) {
      this.#explore?.refresh();
      return;
    }
    this.#isPlaying = false;
    const onGPU = this.#opened?.state.backend.name === "webgpu";
    const action: Message["action"] = { name: (page) => filled(page.goOn, { step: failure.kept }), act: () => this.#recover() };
    this.#screen.say(
      onGPU ? { text: (page) => filled(page.gpuFailed, { message: failure.message }), action } : { text: () => failure.message, lang: "en" },
    );
  }

  /** Reads files and learns from them. They are looked at now, so that what is no picture is known before anyone presses Play. */
  async #useFiles(kind: FileKind, files: readonly File[]): Promise<void> {
    const leftOut = await this.#read(kind, files);
    if (!leftOut) return;
    if (this.#opened?.state.examples === 0) {
      this.#settings = changed(this.#settings, { data: kind });
      await this.#changeData();
    } else await this.#with({ data: kind }, () => this.#replacing(() => this.#open(false)));
    if (leftOut.length > 0) this.#screen.say({ kind: "info", text: (page) => filled(page.leftOut, { files: named(leftOut) }) });
  }

  /** Reads files that are there already, where they are wanted of another size. @returns false if that was cancelled */
  async #readAgain(): Promise<boolean> {
    const kind = wantsFiles(this.#settings);
    return !kind || this.#files[kind] === 0 || (await this.#read(kind, null)) !== null;
  }

  /** @param files null for those that were given before @returns the files that are no examples; null if reading was cancelled */
  async #read(kind: FileKind, files: readonly File[] | null): Promise<readonly LeftOut[] | null> {
    const begun = performance.now();
    const tell = callback((done: number, total: number) => {
      if (performance.now() - begun > READING_MS) this.#screen.showReading({ done, total });
    });
    try {
      const read = await this.#lab.readFiles(kind, files && [...files], this.#settings.size, tell);
      if (!read) return null;
      this.#files = read.files;
      return read.leftOut;
    } finally {
      this.#screen.showReading(null);
    }
  }

  /** Has a model that has nothing to learn from learn from what is set now. */
  async #changeData(): Promise<void> {
    const kind = wantsFiles(this.#settings);
    if (kind && this.#files[kind] === 0) return;
    const state = await this.#lab.changeData(this.#settings);
    if (!state) {
      this.#showSettings();
      this.#screen.say(this.#unfitting("error"));
      return;
    }
    this.#opened = { ...this.#opened!, state };
    this.#screen.quiet();
    this.#refresh();
  }

  /** That the data are not what the model learns from. */
  #unfitting(kind: NonNullable<Message["kind"]>): Message {
    const { shape, isLabelled } = this.#opened!.state;
    const told = (page: Words["page"]): string => (shape.length === 1 ? filled(page.vectors, { length: shape[0]! }) : shape.join(" × "));
    return { kind, text: (page) => filled(isLabelled ? page.noLabels : page.noData, { shape: told(page) }) };
  }

  /** Has it computed where it is set to be by then, from where it is. */
  #move(): void {
    this.#attempt(async () => {
      const { backend } = this.#settings;
      if (!this.#opened || backend === this.#opened.state.settings.backend) return;
      try {
        await this.#replacing(async () => {
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
      if (this.#isPlaying) await this.#run(null);
    });
  }

  #recover(): void {
    this.#attempt(async () => {
      const before = this.#opened;
      // It is gone on with, and not put aside.
      this.#opened = undefined;
      await this.#adopt(() => this.#lab.recover(), undefined, before);
      await this.#run(null);
    });
  }

  /** Ends the training under way, if there is one. */
  async #end(): Promise<void> {
    await this.#lab.pause();
    await this.#playing;
  }

  async #load(file: File): Promise<void> {
    const bytes = new Uint8Array(await file.arrayBuffer());
    await this.#replacing(() => this.#adopt(() => this.#lab.load(bytes, this.#settings), file.name));
  }

  /** Makes a GAN of the settings. @param toPlay whether it is trained at once */
  async #open(toPlay: boolean): Promise<void> {
    this.#setPhase("opening");
    const state = await this.#lab.open(this.#settings);
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
    if (state.examples === 0) this.#screen.say(this.#unfitting("info"));
  }

  #begin(opened: Opened, toPlay: boolean): void {
    if (this.#opened && this.#step > 0) this.#previous = { opened: this.#opened, step: this.#step };
    this.#screen.quiet();
    this.#clear();
    this.#opened = opened;
    this.#step = opened.state.step;
    this.#draw(opened.state.view, opened.state.step);
    this.#files = opened.state.files;
    this.#openExplore().catch((error: Error) => this.#fail(error));
    if (!toPlay) {
      this.#isPlaying = false;
      this.#setPhase("paused");
    }
    this.#refresh();
  }

  #clear(): void {
    this.#history.clear();
    this.#health.clear();
    this.#strip.clear();
    [this.#kind, this.#frame] = [undefined, undefined];
  }

  /** A GAN of no steps is made anew when it is wanted. */
  #forget(): void {
    this.#clear();
    this.#opened = undefined;
    this.#explore?.close();
    this.#explore = undefined;
    this.#setPhase("empty");
    this.#refresh();
  }

  /** Shows data before there is a GAN. */
  async #preview(): Promise<void> {
    const settings = this.#settings;
    const view = await this.#lab.preview(settings).catch(() => null);
    const { data, size } = this.#settings;
    if (!view || this.#opened || data !== settings.data || size !== settings.size) return;
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
    this.#screen.showPhase(phase, this.#opened?.state.shape, this.#previous?.step ?? 0);
  }

  #showSettings(): void {
    const pending = this.#opened !== undefined && !sameSettings(this.#settings, this.#opened.state.settings);
    const kind = wantsFiles(this.#settings);
    this.#screen.showSettings({ settings: this.#settings, pending, files: kind ? this.#files[kind] : 0 });
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
    this.#explore?.refresh();
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
      if (!event.dataTransfer?.types.includes("Files")) return;
      // What was dropped can be asked for now alone.
      const files = filesOf(event.dataTransfer);
      this.#attempt(async () => this.addFiles(await files));
    });
    addEventListener("keydown", (event) => {
      if (event.key !== " " || event.repeat || event.target !== document.body) return;
      event.preventDefault();
      if (this.#phase === "training") this.pause();
      else this.play();
    });
  }
}
