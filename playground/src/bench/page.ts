/** Chooses, measures, shows. What is measured is done in workers; here are the buttons. */

import { browserName, fieldHere, machineHere, measureHere } from "../../../bench/portable/here.ts";
import type { JobProgress } from "../../../bench/portable/messages.ts";
import { EFFORTS, LIMIT, LONGEST_LIMIT } from "../../../bench/report/efforts.ts";
import { reportOf } from "../../../bench/report/format.ts";
import { reportMarkdown } from "../../../bench/report/markdown.ts";
import { renderReport } from "../../../bench/report/render.ts";
import type { ContestResult, Machine, Report } from "../../../bench/report/results.ts";
import { version } from "../../../package.json";
import { button, choice, filled, h, setEnabled, write } from "../dom.ts";
import { applyTheme, type Theme, theme } from "../theme.ts";
import { LANGUAGES, type Language, remember } from "../words.ts";
import { taskOf, WORKLOADS, type Workload } from "./tasks.ts";
import { type BenchWords, benchWords } from "./words.ts";

/** Of the benchmark's packages; where it is not there, none of them was when this was built. */
const PEERS = import.meta.glob("../../../bench/node_modules/onnxruntime-web/package.json", { query: "?raw" });
const HAS_PEERS = Object.keys(PEERS).length > 0;

/** Chosen from the start: what is done in a minute. */
const AT_FIRST: readonly Workload[] = ["TMLP", "S64-1"];

/** Milliseconds that a contender has for an answer: as `?limit=` says in seconds, or as everywhere. */
function limitHere(): number {
  const seconds = Number(new URLSearchParams(location.search).get("limit"));
  return seconds >= 1 && seconds <= LONGEST_LIMIT ? 1_000 * seconds : LIMIT;
}

/** What was measured, in no language. */
type Measured = Omit<Machine, "notes" | "runtimes"> & { readonly contests: readonly ContestResult[] };

/** A measurement under way. */
interface Run {
  readonly stop: AbortController;
  readonly progress: JobProgress | null;
}

/** Words of the page with what is to stand in them. */
type Say = (words: BenchWords) => string;

export class BenchPage {
  readonly #root: HTMLElement;
  readonly #setTheme: (theme: Theme) => void;
  #words: BenchWords;
  #language: Language;
  readonly #chosen = new Set<Workload>(AT_FIRST);
  #quick = true;
  #run: Run | null = null;
  #said: Say = ({ page }) => page.ready;
  #copied: Say | null = null;
  #measured: Measured | null = null;
  #screen: Screen;

  constructor(root: HTMLElement, words: BenchWords, language: Language) {
    [this.#root, this.#words, this.#language] = [root, words, language];
    this.#setTheme = applyTheme(() => {});
    this.#screen = this.#show();
  }

  /** Puts all of it into the page, in the language that it has now. What has the focus keeps it. */
  #show(): Screen {
    const { page } = this.#words;
    const focused = this.#root.contains(document.activeElement) ? document.activeElement!.id : "";
    document.documentElement.lang = this.#language;
    document.title = page.title;
    const screen: Screen = {
      measure: button(page.measure, () => void this.#measure(), { class: "primary", id: "measure" }),
      cancel: button(page.cancel, () => this.#run?.stop.abort(), { id: "cancel" }),
      fields: this.#fields(),
      bar: h("progress", { max: 1, value: 0, "aria-label": page.progress }),
      doing: h("p", { class: "doing" }),
      status: h("p", { class: "status", role: "status" }),
      results: h("section", { class: "panel results", "aria-label": page.results }),
    };
    this.#screen = screen;
    this.#root.replaceChildren(this.#head(), h("main", { class: "page bench" }, this.#panel(screen), screen.results));
    this.#showResults();
    this.#refresh();
    if (focused) document.getElementById(focused)?.focus();
    return screen;
  }

  #head(): HTMLElement {
    const { page } = this.#words;
    return h(
      "header",
      { class: "head" },
      h("div", {}, h("h1", {}, page.heading), h("p", {}, page.lead)),
      h(
        "nav",
        { "aria-label": page.playground },
        h("a", { class: "button", id: "playground", href: `./index.html?lang=${this.#language}` }, page.playground),
        choice("language", page.language, LANGUAGES, this.#language, (name) => this.#setLanguage(name)),
        choice("theme", page.theme, page.themes, theme(), (name) => this.#setTheme(name)),
      ),
    );
  }

  #fields(): HTMLFieldSetElement[] {
    const { page, report } = this.#words;
    const task = (name: Workload): HTMLElement => {
      const choose = (event: Event): void => {
        if (isOn(event)) this.#chosen.add(name);
        else this.#chosen.delete(name);
      };
      const box = h("input", { type: "checkbox", id: `task-${name}`, name, checked: this.#chosen.has(name), onchange: choose });
      return h(
        "label",
        { class: "choice" },
        box,
        h("span", {}, h("strong", {}, name), " ", h("span", { class: "hint" }, report[`workload.${name}`])),
      );
    };
    const effort = (value: "quick" | "full"): HTMLElement => {
      const choose = (): void => {
        this.#quick = value === "quick";
      };
      const checked = this.#quick === (value === "quick");
      const dot = h("input", { type: "radio", id: `effort-${value}`, name: "effort", value, checked, onchange: choose });
      return h("label", { class: "choice" }, dot, h("span", {}, page[value]));
    };
    return [
      h("fieldset", { class: "field tasks" }, h("legend", {}, page.tasks), ...WORKLOADS.map(task)),
      h("fieldset", { class: "field" }, h("legend", {}, page.effort), effort("quick"), effort("full")),
    ];
  }

  #panel({ measure, cancel, bar, doing, status, fields }: Screen): HTMLElement {
    const { page } = this.#words;
    return h(
      "section",
      { class: "panel", "aria-label": page.measure },
      ...fields,
      h("p", { class: crossOriginIsolated ? "hint" : "note" }, crossOriginIsolated ? page.isolated : page.notIsolated),
      HAS_PEERS ? null : h("p", { class: "note" }, page.noPeers),
      h("div", { class: "act" }, measure, cancel, bar),
      doing,
      status,
    );
  }

  /** Writes what changes while it measures. */
  #refresh(): void {
    const { measure, cancel, fields, bar, doing, status } = this.#screen;
    const { page, report } = this.#words;
    setEnabled(measure, this.#run === null);
    setEnabled(cancel, this.#run !== null && !this.#run.stop.signal.aborted);
    for (const field of fields) field.disabled = this.#run !== null;
    bar.hidden = this.#run === null;
    const progress = this.#run?.progress;
    bar.value = progress?.done ?? 0;
    if (progress) {
      const { workload, phase, implementation, threads } = progress;
      const count = threads === 1 ? report.thread : filled(report.threads, { n: threads });
      write(doing, filled(page[phase], { workload, who: `${implementation}, ${count}` }));
    } else write(doing, "");
    write(status, this.#said(this.#words));
  }

  async #setLanguage(language: Language): Promise<void> {
    try {
      this.#words = await benchWords(language);
    } catch (error) {
      return this.#say(({ page }) => filled(page.failed, { words: wordsOf(error) }));
    }
    this.#language = language;
    remember(language);
    // An address that names another would win the next time.
    const address = new URL(location.href);
    address.searchParams.delete("lang");
    history.replaceState(null, "", address);
    this.#show();
  }

  #say(say: Say): void {
    this.#said = say;
    this.#refresh();
  }

  async #measure(): Promise<void> {
    const chosen = WORKLOADS.filter((name) => this.#chosen.has(name));
    if (chosen.length === 0) return this.#say(({ page }) => page.noTask);
    const stop = new AbortController();
    this.#run = { stop, progress: null };
    // Not every browser gives it to a button that is pressed, and the fields are about to lose it.
    this.#screen.measure.focus();
    this.#say(() => "");
    const [quick, contests]: [boolean, ContestResult[]] = [this.#quick, []];
    const fault = await this.#contests(chosen, EFFORTS[quick ? "quick" : "full"], contests);
    if (contests.length > 0) await this.#keep(chosen, quick, contests);
    const isCancelled = stop.signal.aborted;
    this.#run = null;
    this.#say(({ page }) => {
      if (fault === null) return page.done;
      if (isCancelled) return contests.length > 0 ? page.cancelledKept : page.cancelled;
      return filled(contests.length > 0 ? page.failedKept : page.failed, { words: fault });
    });
  }

  /** @param contests gets what is finished @returns what kept it from being all, or null */
  async #contests(chosen: readonly Workload[], effort: (typeof EFFORTS)["full" | "quick"], contests: ContestResult[]): Promise<string | null> {
    const field = fieldHere().filter(({ name }) => HAS_PEERS || name.startsWith("ganvas"));
    const onProgress = (progress: JobProgress): void => {
      this.#run = { ...this.#run!, progress };
      this.#refresh();
    };
    try {
      const job = { tasks: chosen.map(taskOf), field, effort, limit: limitHere() };
      await measureHere(job, { signal: this.#run!.stop.signal, onProgress, onContest: (contest) => contests.push(contest) });
      return null;
    } catch (error) {
      return wordsOf(error);
    }
  }

  async #keep(chosen: readonly Workload[], quick: boolean, contests: readonly ContestResult[]): Promise<void> {
    const done = contests.map(({ workload }) => workload);
    const leftOut = chosen.filter((name) => !done.includes(name)).map((workload) => ({ runtime: browserName(), workload }));
    const { turn } = EFFORTS[quick ? "quick" : "full"];
    this.#measured = { ...(await machineHere()), made: new Date().toISOString(), ganvas: version, quick, turn, leftOut, contests };
    this.#copied = null;
    this.#showResults();
  }

  /** With what is said of the browser in the language that is spoken. */
  #report({ contests, ...machine }: Measured): Report {
    const notes = crossOriginIsolated ? [] : [this.#words.page.notIsolated];
    return reportOf([{ ...machine, notes: [], runtimes: [{ name: browserName(), fault: null, notes, contests }] }]);
  }

  #showResults(): void {
    const { results } = this.#screen;
    results.hidden = this.#measured === null;
    if (this.#measured === null) return;
    const { page, report: words } = this.#words;
    const report = this.#report(this.#measured);
    const charts = h("div");
    // Every text in it is escaped by the templates that it is made with.
    charts.innerHTML = renderReport(report, words);
    const copied = h("p", { class: "status", role: "status" }, this.#copied?.(this.#words));
    const copy = (id: string, label: string, text: string): HTMLElement => button(label, () => void this.#copy(text, copied), { id });
    results.replaceChildren(
      h(
        "div",
        { class: "act" },
        h("h2", {}, page.results),
        copy("copy-json", page.copyJSON, JSON.stringify(report, null, 1)),
        copy("copy-markdown", page.copyMarkdown, reportMarkdown(report, words)),
        copied,
      ),
      charts,
    );
  }

  async #copy(text: string, status: HTMLElement): Promise<void> {
    try {
      await navigator.clipboard.writeText(text);
      this.#copied = ({ page }) => page.copied;
    } catch (error) {
      this.#copied = ({ page }) => filled(page.notCopied, { words: wordsOf(error) });
    }
    write(status, this.#copied(this.#words));
  }
}

/** What is in the page now. */
interface Screen {
  readonly measure: HTMLButtonElement;
  readonly cancel: HTMLButtonElement;
  readonly fields: readonly HTMLFieldSetElement[];
  readonly bar: HTMLProgressElement;
  /** What is under way, which changes too often to be read aloud. */
  readonly doing: HTMLElement;
  /** What has come of it, which is read aloud. */
  readonly status: HTMLElement;
  readonly results: HTMLElement;
}

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : `${error}`);

const isOn = ({ currentTarget }: Event): boolean => (currentTarget as HTMLInputElement).checked;
