/** The page: its parts, and what is shown in each. What is done is `Actions`'. */
import { filled, h, write } from "./dom.ts";
import type { History } from "./history.ts";
import type { DivergenceKind, LabState } from "./lab.ts";
import type { Health } from "./panels/health.ts";
import { type SettingsState, showSettings } from "./panels/settings.ts";
import type { Settings } from "./settings.ts";
import { THEMES, type Theme, theme } from "./theme.ts";
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
  give(files: readonly File[]): void;
  save(): void;
  load(file: File): void;
  exportPNG(): void;
  copyCode(): void;
  bringBack(): void;
  speak(language: Language): void;
  dress(theme: Theme): void;
  toggleTour(): void;
}

export interface Figures {
  readonly step: number;
  readonly imagesPerSecond: number | undefined;
  readonly memory: number | undefined;
  readonly examples: number | undefined;
  readonly backend: LabState["backend"] | undefined;
}

interface Message {
  readonly text: string;
  readonly kind?: "info" | "error";
  readonly action?: { readonly name: string; act(): void };
}

type Buttons = Record<"play" | "step" | "reset" | "save" | "load" | "png" | "code" | "bringBack", HTMLButtonElement>;

const PLANE_PIXELS = 1120;

export class Screen {
  readonly words: Words;
  readonly #actions: Actions;
  readonly #settings = h("section", { class: "panel settings", "aria-labelledby": "settings-heading" });
  readonly #messages = h("div", { class: "messages" });
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
  readonly #reason = h("dd", { class: "hint reason" });
  readonly #health = h("section", { "aria-live": "polite" });
  readonly #losses = h("div", { class: "curves", id: "losses" });
  readonly #divergence = h("div", { class: "curves", id: "divergence" });
  readonly #divergenceName = h("h3", {}, "");
  readonly #ceiling = h("span", { class: "dashed", style: "--curve: var(--bad)" });
  readonly #heldOut: HTMLElement;
  #curves: { readonly losses: Curves; readonly divergence: Curves } | undefined;

  constructor(root: HTMLElement, words: Words, language: Language, actions: Actions) {
    [this.words, this.#actions] = [words, actions];
    const { page } = words;
    const button = (name: string, act: () => void, attributes = {}): HTMLButtonElement =>
      h("button", { type: "button", onclick: act, ...attributes }, name);
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
          choice(page.language, Object.entries(LANGUAGES), language, (value) => actions.speak(value as Language), "language"),
          choice(
            page.theme,
            THEMES.map((name) => [name, page.themes[name]] as const),
            theme(),
            (value) => actions.dress(value as Theme),
            "theme",
          ),
        ),
      ),
      h(
        "main",
        { class: "page", id: "main" },
        this.#messages,
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
            this.#reason,
          ),
          this.#divergenceName,
          this.#divergence,
          h("div", { class: "legend" }, line("--real", page.seen), this.#heldOut, this.#ceiling),
          h("h3", {}, page.losses),
          this.#losses,
          h("div", { class: "legend" }, line("--real", page.lossD), line("--generated", page.lossG)),
          this.#health,
        ),
      ),
    );
    write(this.#divergenceName, page.divergence);
    this.#ceiling.hidden = this.#heldOut.hidden = true;
  }

  #isTraining = false;

  showSettings(state: SettingsState): void {
    const { change, give, startOver, defaults } = this.#actions;
    const panel = { root: this.#settings, words: this.words, change, give, startOver: () => startOver(), defaults };
    showSettings(panel, state);
  }

  /** @param previous the step that can be brought back; 0 for none */
  showPhase(phase: Phase, { trained, previous }: { readonly trained: boolean; readonly previous: number }): void {
    const { page } = this.words;
    this.#isTraining = phase === "training";
    const { play, step, reset, bringBack, save, png, code } = this.#buttons;
    write(play, this.#isTraining ? page.pause : page.play);
    play.disabled = phase === "opening";
    step.disabled = phase === "opening" || this.#isTraining;
    reset.disabled = phase === "opening" || phase === "empty";
    save.disabled = png.disabled = !trained || phase === "opening";
    code.disabled = phase === "opening";
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
  showCaption({ kind }: View, step: number | null): void {
    const { page } = this.words;
    const words = step === null ? (kind === "plane" ? page.planeExamples : page.examples) : kind === "plane" ? page.plane : page.samples;
    const text = filled(words, { step: (step ?? 0).toLocaleString() });
    write(this.#caption, text);
    this.#canvas.setAttribute("aria-label", text);
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
      write(this.#reason, "");
      return;
    }
    const { name, threads, reason } = backend;
    const title = name === "wasm" && threads === 1 ? page.backends.wasm1 : page.backends[name as "wasm"];
    write(this.#figures.backend, filled(title, { threads }));
    const lost = !globalThis.crossOriginIsolated && name === "wasm" ? filled(page.notIsolated, { processors: navigator.hardwareConcurrency }) : "";
    write(this.#reason, [reason, lost].filter(Boolean).join(". "));
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

  say({ text, kind = "error", action }: Message): void {
    const message: HTMLElement = h(
      "div",
      { class: `message ${kind}`, role: kind === "error" ? "alert" : "status" },
      h("p", {}, text),
      action &&
        h(
          "button",
          {
            type: "button",
            onclick: () => {
              message.remove();
              action.act();
            },
          },
          action.name,
        ),
      h("button", { type: "button", onclick: () => message.remove() }, this.words.page.dismiss),
    );
    this.#messages.replaceChildren(message);
  }

  quiet(): void {
    this.#messages.replaceChildren();
  }

  showTour(open: boolean): void {
    this.#tourButton.setAttribute("aria-expanded", `${open}`);
    write(this.#tourButton, open ? this.words.page.closeTour : this.words.page.tour);
  }

  /** A program, to be read and copied. */
  showCode(code: string, copied: boolean): void {
    const { page } = this.words;
    const dialog: HTMLDialogElement = h(
      "dialog",
      { "aria-labelledby": "code-heading", onclose: () => dialog.remove() },
      h("h2", { id: "code-heading" }, page.codeHeading),
      h("p", { role: "status" }, copied ? page.copied : ""),
      h("pre", { tabindex: 0 }, code),
      h("button", { type: "button", onclick: () => dialog.close() }, page.close),
    );
    document.body.append(dialog);
    dialog.showModal();
  }
}

function choice(
  label: string,
  choices: readonly (readonly [value: string, title: string])[],
  chosen: string,
  choose: (value: string) => void,
  id: string,
): HTMLElement {
  return h(
    "select",
    { "aria-label": label, id, onchange: ({ currentTarget }) => choose((currentTarget as HTMLSelectElement).value) },
    ...choices.map(([value, title]) => h("option", { value, selected: value === chosen, lang: id === "language" ? value : null }, title)),
  );
}
