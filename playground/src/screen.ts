/** The page: its parts, and what is shown in each. What is done is `Actions`'. */
import { button, choice, filled, h, setEnabled, write } from "./dom.ts";
import type { History } from "./history.ts";
import type { DivergenceKind, LabState } from "./lab.ts";
import type { Health } from "./panels/health.ts";
import { type SettingsState, SettingsView } from "./panels/settings.ts";
import type { Settings } from "./settings.ts";
import { type Theme, theme } from "./theme.ts";
import type { Curves } from "./views/curves.ts";
import { drawPictures, type Strip } from "./views/pictures.ts";
import { drawPlane } from "./views/plane.ts";
import type { View } from "./views/view.ts";
import { LANGUAGES, type Language, type Words } from "./words.ts";

/** Whether there is a GAN, and what it is at. */
export type Phase = "empty" | "opening" | "training" | "paused" | "failed";

/** What people can do. */
export interface Actions {
  play(): void;
  pause(): void;
  step(): void;
  startOver(patch?: Partial<Settings>): void;
  change(patch: Partial<Settings>): void;
  defaults(): void;
  addFiles(files: readonly File[]): void;
  save(): void;
  load(file: File): void;
  cancelReading(): void;
  exportPNG(): void;
  copyCode(): void;
  bringBack(): void;
  setLanguage(language: Language): void;
  setTheme(theme: Theme): void;
  toggleTour(): void;
}

export interface Figures {
  readonly step: number;
  readonly imagesPerSecond: number | undefined;
  readonly memory: number | undefined;
  readonly examples: number | undefined;
  readonly backend: LabState["backend"] | undefined;
}

/** What the page says, in words of its own or of the library. */
export interface Message {
  readonly kind?: "info" | "error";
  readonly text: (words: Words["page"]) => string;
  /** Of text that is not the page's own. */
  readonly lang?: "en";
  readonly action?: { readonly name: (words: Words["page"]) => string; act(): void };
}

/** What a screen in another language has from the one before it. */
export interface ScreenState {
  readonly message: Message | undefined;
  /** Whether all settings are shown. */
  readonly showsMore: boolean;
}

type Buttons = Record<"play" | "step" | "reset" | "save" | "load" | "png" | "code" | "bringBack", HTMLButtonElement>;

const PLANE_PIXELS = 1120;

export class Screen {
  readonly words: Words;
  readonly #actions: Actions;
  readonly #settings = h("section", { class: "panel settings", "aria-labelledby": "settings-heading" });
  readonly #settingsView: SettingsView;
  readonly #messages = h("div");
  readonly #reading = h("p");
  readonly #readingBar = h("progress", { max: 1, value: 0 });
  readonly #readingBox: HTMLElement;
  readonly #language: HTMLSelectElement;
  readonly tour = h("section", { class: "tour", id: "tour" });
  readonly explore = h("section", { class: "panel explore" });
  readonly #status = h("p", { class: "status", role: "status" });
  readonly #canvas = h("canvas", { class: "main", role: "img", width: 1, height: 1 });
  readonly #caption = h("figcaption");
  readonly #stripCanvas = h("canvas", { class: "strip", role: "img" });
  readonly #stripFigure: HTMLElement;
  readonly #buttons: Buttons;
  readonly #tourButton: HTMLButtonElement;
  readonly #figures: Readonly<Record<"step" | "speed" | "memory" | "examples" | "backend", HTMLElement>>;
  /** Why it computes there, as the library says it. */
  readonly #reason = h("span", { lang: "en" });
  readonly #lost = h("span");
  readonly #health = { list: h("div"), said: h("p", { class: "visually-hidden", role: "status" }) };
  readonly #losses = h("div", { class: "curves", id: "losses" });
  readonly #divergence = h("div", { class: "curves", id: "divergence" });
  readonly #divergenceName = h("h3", {}, "");
  readonly #ceiling = h("span", { class: "dashed", style: "--curve: var(--bad)" });
  readonly #heldOut: HTMLElement;
  #message: Message | undefined;
  #curves: { readonly losses: Curves; readonly divergence: Curves } | undefined;

  /** @param before what the screen before it showed */
  constructor(root: HTMLElement, words: Words, language: Language, actions: Actions, before?: ScreenState) {
    [this.words, this.#actions] = [words, actions];
    const { change, addFiles, startOver, defaults } = actions;
    const panel = { root: this.#settings, words, change, addFiles, startOver: () => startOver(), defaults };
    this.#settingsView = new SettingsView(panel, before?.showsMore ?? false);
    const { page } = words;
    const file = h("input", {
      type: "file",
      id: "load-file",
      class: "visually-hidden",
      tabindex: -1,
      "aria-label": page.load,
      accept: ".safetensors",
      onchange: ({ currentTarget }) => {
        const input = currentTarget as HTMLInputElement;
        if (input.files?.[0]) actions.load(input.files[0]);
        input.value = "";
      },
    });
    this.#buttons = {
      play: button(page.play, () => (this.#isTraining ? actions.pause() : actions.play()), { class: "primary", id: "play" }),
      step: button(page.step, () => actions.step(), { id: "step" }),
      reset: button(page.reset, () => actions.startOver(), { id: "reset" }),
      bringBack: button("", () => actions.bringBack(), { id: "bring-back", hidden: true }),
      save: button(page.save, () => actions.save(), { id: "save" }),
      load: button(page.load, () => file.click(), { id: "load" }),
      png: button(page.png, () => actions.exportPNG(), { id: "png" }),
      code: button(page.code, () => actions.copyCode(), { id: "code" }),
    };
    const { play, step, reset, bringBack, save, load, png, code } = this.#buttons;
    this.#tourButton = button(page.tour, () => actions.toggleTour(), { "aria-expanded": "false", "aria-controls": "tour", id: "tour-button" });
    this.#stripFigure = h("figure", { hidden: true }, this.#stripCanvas, h("figcaption", {}, page.strip));
    const figure = (): HTMLElement => h("dd", {}, "–");
    this.#figures = { step: figure(), speed: figure(), memory: figure(), examples: figure(), backend: figure() };
    const line = (color: string, name: string): HTMLElement => h("span", { style: `--curve: var(${color})` }, name);
    this.#heldOut = line("--good", page.heldOut);
    this.#readingBox = h(
      "div",
      { class: "message info reading", hidden: true },
      this.#reading,
      this.#readingBar,
      button(page.cancel, () => actions.cancelReading(), { id: "cancel-reading" }),
    );
    this.#readingBar.setAttribute("aria-label", page.readingFiles);
    this.#language = choice("language", page.language, LANGUAGES, language, (name) => actions.setLanguage(name));
    for (const curves of [this.#losses, this.#divergence]) curves.dataset.empty = page.noCurves;
    root.replaceChildren(
      h("a", { class: "skip", href: "#main" }, page.skip),
      h(
        "header",
        { class: "head" },
        h("div", {}, h("h1", {}, page.title), h("p", {}, page.subtitle)),
        h(
          "nav",
          { "aria-label": page.title },
          this.#tourButton,
          h("a", { class: "button", href: `bench.html?lang=${language}` }, page.benchmark),
          this.#language,
          choice("theme", page.theme, page.themes, theme(), (name) => actions.setTheme(name)),
        ),
      ),
      h(
        "main",
        { class: "page", id: "main" },
        h("div", { class: "messages" }, this.#readingBox, this.#messages),
        this.tour,
        this.#settings,
        h(
          "div",
          { class: "middle" },
          h(
            "section",
            { class: "panel view", "aria-labelledby": "view-heading" },
            h("h2", { id: "view-heading", class: "visually-hidden" }, page.view),
            h("div", { class: "transport" }, h("div", {}, play, step, reset, bringBack), h("div", {}, save, load, png, code, file)),
            h("figure", {}, this.#status, this.#canvas, this.#caption),
            this.#stripFigure,
          ),
          this.explore,
        ),
        h(
          "section",
          { class: "panel progress", "aria-labelledby": "progress-heading" },
          h("h2", { id: "progress-heading" }, page.progress),
          h(
            "dl",
            { class: "figures" },
            ...Object.entries(this.#figures).flatMap(([name, value]) => [h("dt", {}, page.figures[name as keyof typeof page.figures]), value]),
            h("dd", { class: "hint reason" }, this.#reason, this.#lost),
          ),
          this.#divergenceName,
          this.#divergence,
          h("div", { class: "legend" }, line("--real", page.seen), this.#heldOut, this.#ceiling),
          h("h3", {}, page.losses),
          this.#losses,
          h("div", { class: "legend" }, line("--real", page.lossD), line("--generated", page.lossG)),
          h("h3", {}, page.health),
          this.#health.said,
          this.#health.list,
        ),
      ),
    );
    write(this.#divergenceName, page.divergence);
    this.#ceiling.hidden = this.#heldOut.hidden = true;
    if (before?.message) this.say(before.message);
  }

  get state(): ScreenState {
    return { message: this.#message, showsMore: this.#settingsView.showsMore };
  }

  /** After another that there is not. */
  showLanguage(language: Language): void {
    this.#language.value = language;
  }

  get playButton(): HTMLButtonElement {
    return this.#buttons.play;
  }

  #isTraining = false;

  showSettings(state: SettingsState): void {
    this.#settingsView.show(state);
  }

  /** @param shape of what the generator makes, if there is one @param previous the step that can be brought back; 0 for none */
  showPhase(phase: Phase, shape: readonly number[] | undefined, previous: number): void {
    const { page } = this.words;
    this.#isTraining = phase === "training";
    const { play, step, reset, bringBack, save, png, code } = this.#buttons;
    write(play, this.#isTraining ? page.pause : page.play);
    const isOpening = phase === "opening";
    setEnabled(play, !isOpening);
    setEnabled(step, !isOpening && !this.#isTraining);
    setEnabled(reset, !isOpening && phase !== "empty");
    setEnabled(save, shape !== undefined && !isOpening);
    // Of two channels there are no pictures that others could read.
    setEnabled(png, shape !== undefined && [undefined, 1, 3, 4].includes(shape[2]) && !isOpening);
    setEnabled(code, !isOpening);
    bringBack.hidden = previous === 0;
    write(bringBack, filled(page.bringBack, { step: previous.toLocaleString() }));
    write(this.#status, phase === "empty" ? page.ready : page[phase]);
  }

  showView(view: View, bounded: boolean): void {
    this.#canvas.classList.toggle("plane", view.kind === "plane");
    if (view.kind === "plane") {
      if (this.#canvas.width !== PLANE_PIXELS || this.#canvas.height !== PLANE_PIXELS) this.#canvas.width = this.#canvas.height = PLANE_PIXELS;
      drawPlane(this.#canvas, view, bounded);
    } else drawPictures(this.#canvas, view);
  }

  /** Says what is to be seen. @param step of the training; null for the data themselves */
  showCaption(view: View, step: number | null): void {
    const text = filled(this.#captionOf(view, step !== null), {
      step: (step ?? 0).toLocaleString(),
      count: view.kind === "plane" ? view.dimensions : view.count,
    });
    write(this.#caption, text);
    this.#canvas.setAttribute("aria-label", text);
  }

  #captionOf(view: View, isMade: boolean): string {
    const { page } = this.words;
    if (view.kind === "pictures") return isMade ? page.samples : page.examples;
    if (!isMade) return page.planeExamples;
    if (view.dimensions !== 2) return view.dimensions === 1 ? page.planeLine : page.planeFirstTwo;
    return view.landscape.length > 0 ? page.plane : page.planePoints;
  }

  showStrip(strip: Strip | null): void {
    this.#stripFigure.hidden = !strip || strip.steps.length < 2;
    if (!strip) return;
    strip.draw(this.#stripCanvas);
    this.#stripCanvas.setAttribute("aria-label", `${this.words.page.strip}: ${strip.steps.join(", ")}`);
  }

  showFigures({ step, imagesPerSecond, memory, examples, backend }: Figures): void {
    const { page } = this.words;
    write(this.#figures.step, step.toLocaleString());
    write(this.#figures.speed, imagesPerSecond === undefined ? "–" : Math.round(imagesPerSecond).toLocaleString());
    write(this.#figures.memory, memory === undefined ? "–" : `${(memory / 1e6).toFixed(0)} MB`);
    write(this.#figures.examples, examples === undefined ? "–" : examples.toLocaleString());
    if (!backend) {
      write(this.#figures.backend, "–");
      for (const text of [this.#reason, this.#lost]) write(text, "");
      return;
    }
    const { name, threads, reason } = backend;
    const title = name === "wasm" && threads === 1 ? page.backends.wasm1 : page.backends[name as "wasm"];
    write(this.#figures.backend, filled(title, { threads }));
    const isLost = !globalThis.crossOriginIsolated && name === "wasm";
    write(this.#reason, reason ? `${reason}. ` : "");
    write(this.#lost, isLost ? filled(page.notIsolated, { processors: navigator.hardwareConcurrency }) : "");
  }

  showHealth(health: Health, settings: Settings): void {
    health.show(this.#health, this.words, settings, (patch) => this.#actions.startOver(patch));
  }

  /** Loads what draws curves, once. */
  async openCurves(): Promise<void> {
    if (this.#curves) return;
    const { Curves } = await import("./views/curves.ts");
    this.#curves ??= {
      losses: new Curves(this.#losses, ["--real", "--generated"]),
      divergence: new Curves(this.#divergence, ["--real", "--good"]),
    };
  }

  showCurves({ steps, values }: History, kind: DivergenceKind | undefined): void {
    if (!this.#curves) return;
    const { page } = this.words;
    this.#curves.losses.show(steps, [values.discriminator, values.generator]);
    this.#curves.divergence.show(steps, [values.divergence, values.heldOut], kind?.ceiling);
    const name = kind && (page.divergences as Readonly<Record<string, string>>)[kind.name];
    write(this.#divergenceName, name ? `${page.divergence}: ${kind.upToFactor ? filled(page.upToFactor, { name }) : name}` : page.divergence);
    this.#ceiling.hidden = !kind || !Number.isFinite(kind.ceiling);
    if (kind) write(this.#ceiling, filled(page.ceiling, { value: kind.ceiling === Math.LN2 ? "log 2" : `${kind.ceiling}` }));
    this.#heldOut.hidden = !values.heldOut.some(Number.isFinite);
  }

  /** In the colours that there are now. */
  repaint(): void {
    this.#curves?.losses.paint();
    this.#curves?.divergence.paint();
  }

  close(): void {
    this.#curves?.losses.destroy();
    this.#curves?.divergence.destroy();
  }

  say(message: Message): void {
    const { page } = this.words;
    const { kind = "error", text, lang, action } = message;
    const remove = (): void => this.quiet();
    const act = (): void => {
      remove();
      action!.act();
    };
    this.#message = message;
    this.#messages.replaceChildren(
      h(
        "div",
        { class: `message ${kind}`, role: kind === "error" ? "alert" : "status" },
        h("p", { lang: lang ?? null }, text(page)),
        action && button(action.name(page), act),
        button(page.dismiss, remove),
      ),
    );
  }

  quiet(): void {
    this.#message = undefined;
    this.#messages.replaceChildren();
  }

  /** How far reading files has come; null when it has ended. */
  showReading(come: { readonly done: number; readonly total: number } | null): void {
    this.#readingBox.hidden = !come;
    if (!come) return;
    write(this.#reading, filled(this.words.page.reading, come));
    this.#readingBar.value = come.done / come.total;
  }

  showTour(open: boolean): void {
    this.#tourButton.setAttribute("aria-expanded", `${open}`);
    write(this.#tourButton, open ? this.words.page.closeTour : this.words.page.tour);
  }

  /** A program, to be read and copied. */
  showCode(code: string, copied: boolean): void {
    const { page } = this.words;
    document.querySelector("dialog")?.remove();
    const dialog: HTMLDialogElement = h(
      "dialog",
      { "aria-labelledby": "code-heading", onclose: () => dialog.remove() },
      h("h2", { id: "code-heading" }, page.codeHeading),
      h("p", { role: "status" }, copied ? page.copied : ""),
      h("pre", { tabindex: 0 }, code),
      button(page.close, () => dialog.close()),
    );
    document.body.append(dialog);
    dialog.showModal();
  }
}
