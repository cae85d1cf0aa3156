/** Chooses, measures, shows. What is measured is done in workers; here are the buttons. */

import { browserName, fieldHere, machineHere, measureHere } from "../../../bench/portable/here.ts";
import type { JobProgress } from "../../../bench/portable/messages.ts";
import { EFFORTS } from "../../../bench/report/efforts.ts";
import { reportMarkdown } from "../../../bench/report/markdown.ts";
import { renderReport } from "../../../bench/report/render.ts";
import { type ContestResult, FORMAT, type Report } from "../../../bench/report/results.ts";
import { version } from "../../../package.json";
import { filled, h, write } from "../dom.ts";
import { applyTheme } from "../theme.ts";
import { LANGUAGES, type Language, remember } from "../words.ts";
import { taskOf, WORKLOADS, type Workload } from "./tasks.ts";
import type { BenchWords } from "./words.ts";

/** Of the benchmark's packages; where it is not there, none of them was when this was built. */
const PEERS = import.meta.glob("../../../bench/node_modules/onnxruntime-web/package.json", { query: "?raw" });
const HAS_PEERS = Object.keys(PEERS).length > 0;

/** Chosen from the start: what is done in a minute. */
const AT_FIRST: readonly Workload[] = ["TMLP", "S64-1"];

export class BenchPage {
  readonly #words: BenchWords;
  readonly #tasks: ReadonlyMap<Workload, HTMLInputElement>;
  readonly #full: HTMLInputElement;
  readonly #measure: HTMLButtonElement;
  readonly #cancel: HTMLButtonElement;
  readonly #bar: HTMLProgressElement;
  /** What is under way, which changes too often to be read aloud. */
  readonly #doing = h("p", { class: "doing" });
  /** What has come of it, which is read aloud. */
  readonly #status = h("p", { class: "status", role: "status" });
  readonly #results = h("section", { class: "panel results", hidden: true });
  #stop: AbortController | null = null;
  #report: Report | null = null;

  constructor(root: HTMLElement, words: BenchWords, language: Language) {
    const { page } = words;
    this.#words = words;
    this.#tasks = new Map(WORKLOADS.map((name) => [name, h("input", { type: "checkbox", name, checked: AT_FIRST.includes(name) })]));
    this.#full = h("input", { type: "radio", name: "effort", value: "full" });
    this.#measure = h("button", { type: "button", class: "primary", onclick: () => this.#run() }, page.measure);
    this.#cancel = h("button", { type: "button", disabled: true, onclick: () => this.#stop?.abort() }, page.cancel);
    this.#bar = h("progress", { max: 1, value: 0, "aria-label": page.progress });
    applyTheme(() => {});
    root.append(this.#head(language), h("main", { class: "page bench" }, this.#settings(), this.#results));
    write(this.#status, page.ready);
  }

  #head(language: Language): HTMLElement {
    const { page } = this.#words;
    const options = Object.entries(LANGUAGES).map(([name, text]) => h("option", { value: name, selected: name === language }, text));
    const choose = ({ target }: Event) => {
      remember((target as HTMLSelectElement).value as Language);
      // The address may name another, which would win.
      location.search = "";
    };
    return h(
      "header",
      { class: "head" },
      h("div", {}, h("h1", {}, page.heading), h("p", {}, page.lead)),
      h(
        "nav",
        { "aria-label": page.playground },
        h("a", { class: "button", href: "./index.html" }, page.playground),
        h("select", { "aria-label": page.language, onchange: choose }, ...options),
      ),
    );
  }

  #settings(): HTMLElement {
    const { page, report } = this.#words;
    const task = (name: Workload, input: HTMLInputElement) =>
      h("label", { class: "choice" }, input, h("span", {}, h("strong", {}, name), " ", h("span", { class: "hint" }, report[`workload.${name}`])));
    const quick = h("input", { type: "radio", name: "effort", value: "quick", checked: true });
    const note = crossOriginIsolated ? page.isolated : page.notIsolated;
    return h(
      "section",
      { class: "panel", "aria-label": page.measure },
      h("fieldset", { class: "field tasks" }, h("legend", {}, page.tasks), ...Array.from(this.#tasks, ([name, input]) => task(name, input))),
      h(
        "fieldset",
        { class: "field" },
        h("legend", {}, page.effort),
        h("label", { class: "choice" }, quick, h("span", {}, page.quick)),
        h("label", { class: "choice" }, this.#full, h("span", {}, page.full)),
      ),
      h("p", { class: crossOriginIsolated ? "hint" : "note" }, note),
      HAS_PEERS ? null : h("p", { class: "note" }, page.noPeers),
      h("div", { class: "act" }, this.#measure, this.#cancel, this.#bar),
      this.#doing,
      this.#status,
    );
  }

  async #run(): Promise<void> {
    const { page } = this.#words;
    const chosen = WORKLOADS.filter((name) => this.#tasks.get(name)!.checked);
    if (chosen.length === 0) return write(this.#status, page.noTask);
    const quick = !this.#full.checked;
    const effort = EFFORTS[quick ? "quick" : "full"];
    const { signal } = this.#begin();
    try {
      const field = fieldHere().filter(({ name }) => HAS_PEERS || name.startsWith("ganvas"));
      const job = { tasks: chosen.map(taskOf), field, effort };
      const contests = await measureHere(job, { signal, onProgress: (progress) => this.#tell(progress) });
      await this.#show(contests, quick, effort.turn);
      write(this.#status, page.done);
    } catch (error) {
      write(this.#status, signal.aborted ? page.cancelled : filled(page.failed, { words: error instanceof Error ? error.message : `${error}` }));
    } finally {
      this.#end();
    }
  }

  #begin(): AbortController {
    this.#stop = new AbortController();
    this.#measure.disabled = true;
    this.#cancel.disabled = false;
    this.#cancel.focus();
    write(this.#status, "");
    return this.#stop;
  }

  #end(): void {
    this.#stop = null;
    this.#measure.disabled = false;
    const focused = document.activeElement === this.#cancel;
    this.#cancel.disabled = true;
    if (focused) this.#measure.focus();
    this.#bar.value = 0;
    write(this.#doing, "");
  }

  #tell({ workload, phase, implementation, threads, done }: JobProgress): void {
    const { page, report } = this.#words;
    const count = threads === 1 ? report.thread : filled(report.threads, { n: threads });
    this.#bar.value = done;
    write(this.#doing, filled(page[phase], { workload, who: `${implementation}, ${count}` }));
  }

  async #show(contests: readonly ContestResult[], quick: boolean, turn: number): Promise<void> {
    const { page, report: words } = this.#words;
    const notes = crossOriginIsolated ? [] : [page.notIsolated];
    const runtime = { name: browserName(), fault: null, notes, contests };
    const machine = { ...(await machineHere()), made: new Date().toISOString(), ganvas: version, quick, turn, notes: [], runtimes: [runtime] };
    this.#report = { ...FORMAT, machines: [machine] };
    const charts = h("div");
    // Every text in it is escaped by the templates that it is made with.
    charts.innerHTML = renderReport(this.#report, words);
    const copied = h("p", { class: "status", role: "status" });
    const copy = (text: (report: Report) => string) => () => this.#copy(text(this.#report!), copied);
    this.#results.replaceChildren(
      h(
        "div",
        { class: "act" },
        h("h2", {}, page.results),
        h("button", { type: "button", onclick: copy((report) => JSON.stringify(report, null, 1)) }, page.copyJSON),
        h("button", { type: "button", onclick: copy((report) => reportMarkdown(report, words)) }, page.copyMarkdown),
        copied,
      ),
      charts,
    );
    this.#results.hidden = false;
  }

  async #copy(text: string, status: HTMLElement): Promise<void> {
    const { page } = this.#words;
    try {
      await navigator.clipboard.writeText(text);
      write(status, page.copied);
    } catch (error) {
      write(status, filled(page.notCopied, { words: (error as Error).message }));
    }
  }
}
