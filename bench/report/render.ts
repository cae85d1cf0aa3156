/** A report as HTML: what the command writes and what the playground's page shows. Pure, and without scripts. */
import { Html, html } from "./html.ts";
import type { ContestResult, Entry, Machine, Report, RuntimeResult } from "./results.ts";
import { figure, figuresOf, isBaseline, isWrong, workloadsOf } from "./statistics.ts";
import { fill, type Words } from "./words.ts";

const NAMES: Readonly<Record<Entry["engine"], string>> = { wasm: "WASM", webgpu: "WebGPU", native: "native", js: "JavaScript" };

/** All of it, in the order of importance: who measured what, who is right, who is fast, who cannot. */
export function renderReport(report: Report, words: Words): string {
  const several = report.machines.length > 1;
  const parts = [
    machines(report, words),
    correctness(report, words, several),
    glance(report, words, several),
    speed(report, words, several),
    faults(report, words, several),
    caveats(report, words),
  ];
  return `${html`<div class="report">${parts}</div>`}`;
}

const section = (id: string, title: string, intro: string | null, ...content: (Html | Html[])[]): Html =>
  html`<section aria-labelledby="report-${id}"><h2 id="report-${id}">${title}</h2>${intro === null ? null : html`<p class="intro">${intro}</p>`}${content}</section>`;

/** A table that may be wider than its place, which then is scrolled, by keys too. */
const wide = (label: string, table: Html): Html => html`<div class="wide" role="group" aria-label="${label}" tabindex="0">${table}</div>`;

const threadsOf = (n: number, words: Words): string => (n === 1 ? words.thread : fill(words.threads, { n }));

/** "WASM, 2 threads". A GPU has no threads to tell of. */
const placeOf = ({ engine, threads }: Entry, words: Words): string =>
  engine === "webgpu" ? NAMES[engine] : `${NAMES[engine]}, ${threadsOf(threads, words)}`;

const keyOf = ({ contender, engine, threads }: Entry): string => `${contender} ${engine} ${threads}`;

const gigabytes = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(bytes < 16 * 2 ** 30 ? 1 : 0)} GiB`;

function machines({ machines }: Report, words: Words): Html {
  const rows: readonly (readonly [string, (machine: Machine) => string])[] = [
    [words.cpu, ({ cpu }) => cpu],
    [words.cores, ({ cores }) => (cores === null ? words.notTold : `${cores}`)],
    [words.memory, ({ memory }) => (memory === null ? words.notTold : gigabytes(memory))],
    [words.os, ({ os }) => os],
    [words.gpu, ({ gpu }) => gpu ?? words.none],
    [words.runtimes, ({ runtimes }) => runtimes.map(({ name }) => name).join(", ")],
    [words.made, ({ made }) => made.slice(0, 16).replace("T", " ").concat(" UTC")],
    [words.version, ({ ganvas }) => ganvas],
    [words.effort, ({ quick, turn }) => fill(quick ? words.effortQuick : words.effortFull, { turn })],
  ];
  const cards = machines.map(
    (machine) => html`<div class="card machine"><dl>${rows.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value(machine)}</dd></div>`)}</dl>
${machine.leftOut.length > 0 ? html`<p class="note"><strong>${words.incomplete}</strong> ${leftOutOf(machine, words)}</p>` : null}${machine.notes.map((note) => html`<p class="note">${note}</p>`)}</div>`,
  );
  return section("machines", words.machines, null, html`<div class="beside">${cards}</div>`);
}

/** What a machine's measurement is without: "not measured: Firefox (L28, S64); Deno (TMLP)". */
export function leftOutOf({ leftOut }: Machine, words: Words): string {
  const runtimes = [...new Set(leftOut.map(({ runtime }) => runtime))];
  const workloads = (name: string) => leftOut.filter(({ runtime }) => runtime === name).map(({ workload }) => workload);
  return fill(words.leftOut, { what: runtimes.map((name) => `${name} (${workloads(name).join(", ")})`).join("; ") });
}

/** Which machine is meant, where there are several. */
const machineTitle = (machine: Machine, several: boolean): Html | null =>
  several ? html`<h3>${machine.cpu}, ${machine.os} <small>${machine.made.slice(0, 10)}</small></h3>` : null;

/** Runtimes in which anything was asked. */
const asked = ({ runtimes }: Machine): RuntimeResult[] => runtimes.filter(({ contests }) => contests.length > 0);

function correctness({ machines }: Report, words: Words, several: boolean): Html {
  const tables = machines.map((machine) => {
    const runtimes = asked(machine);
    const all = runtimes.flatMap(({ contests }) => contests.flatMap(({ entries }) => entries));
    const contenders = [...new Map(all.map((entry) => [keyOf(entry), entry])).values()];
    const rows = contenders.map(
      (contender) =>
        html`<tr><th scope="row">${contender.contender} <small>${placeOf(contender, words)}</small></th>${runtimes.map((runtime) =>
          rightness(
            runtime.contests.flatMap(({ entries }) => entries.filter((entry) => keyOf(entry) === keyOf(contender))),
            words,
          ),
        )}</tr>`,
    );
    const head = html`<tr><th scope="col">${words.contender}</th>${runtimes.map(({ name }) => html`<th scope="col">${name}</th>`)}</tr>`;
    return html`${machineTitle(machine, several)}${wide(words.correctness, html`<table class="matrix"><thead>${head}</thead><tbody>${rows}</tbody></table>`)}${agreement(runtimes, words)}`;
  });
  return section("correctness", words.correctness, words.correctnessIntro, tables);
}

/** How far libraries are from each other, by task. */
function agreement(runtimes: readonly RuntimeResult[], words: Words): Html | null {
  const parts = workloadsOf(runtimes).flatMap((workload) => {
    const all = runtimes.flatMap(({ contests }) => contests.flatMap((contest) => (contest.workload === workload && contest.agreement) || []));
    if (all.length === 0) return [];
    const libraries = [...new Set(all.flatMap(({ libraries }) => libraries))].join(", ");
    return [fill(words.agreementOf, { workload, libraries, difference: Math.max(...all.map(({ deviation }) => deviation)).toExponential(0) })];
  });
  return parts.length === 0 ? null : html`<p class="intro agreement">${words.agreement} ${parts.join("; ")}.</p>`;
}

/** What one contender has to show for all tasks in a runtime. */
function rightness(entries: readonly Entry[], words: Words): Html {
  if (entries.length === 0) return html`<td class="muted">${words.notAsked}</td>`;
  const wrong = entries.filter(isWrong).length;
  if (wrong > 0) return html`<td class="bad">✗ ${fill(words.wrong, { count: wrong })}</td>`;
  const judged = entries.flatMap(({ deviation }) => (deviation === null ? [] : [deviation]));
  if (judged.length === 0) return html`<td class="muted">${words.cannot}</td>`;
  const rest = entries.length - judged.length;
  const mute = rest > 0 ? `${fill(words.others, { count: rest })}, ` : "";
  return html`<td><span class="good">✓</span> ${fill(words.right, { count: judged.length })}<small>${mute}${Math.max(...judged).toExponential(0)}</small></td>`;
}

function glance({ machines }: Report, words: Words, several: boolean): Html {
  const tables = machines.map((machine) => {
    const workloads = workloadsOf(machine.runtimes);
    const rows = asked(machine).map(
      ({ name, contests }) =>
        html`<tr><th scope="row">${name}</th>${workloads.map((workload) => html`<td>${ownRates(contests.find((contest) => contest.workload === workload))}</td>`)}</tr>`,
    );
    const head = html`<tr><th scope="col">${words.runtime}</th>${workloads.map((name) => html`<th scope="col">${name}</th>`)}</tr>`;
    return html`${machineTitle(machine, several)}${wide(words.glance, html`<table class="matrix"><thead>${head}</thead><tbody>${rows}</tbody></table>`)}`;
  });
  return section("glance", words.glance, words.glanceIntro, tables);
}

/** Ours with one thread, and with the most. */
function ownRates(contest: ContestResult | undefined): Html {
  const ours = contest?.entries.filter(({ contender, engine }) => contender === "ganvas" && engine === "wasm") ?? [];
  const single = ours.find(isBaseline);
  const one = single && figuresOf(contest!, single);
  const most = ours.reduce<Entry | undefined>((best, entry) => (entry.threads > (best?.threads ?? 1) ? entry : best), undefined);
  const all = most && figuresOf(contest!, most);
  return html`${one ? figure(one.rate) : "–"}${all ? html` <small>(${figure(all.rate)})</small>` : null}`;
}

function speed({ machines }: Report, words: Words, several: boolean): Html {
  const contests = machines.flatMap(({ runtimes }) => runtimes.flatMap(({ contests }) => contests));
  const tasks = workloadsOf(machines.flatMap(({ runtimes }) => runtimes)).map((workload) => {
    const own = contests.filter((contest) => contest.workload === workload);
    const { kind, batch, gflop } = own[0]!;
    const fastest = Math.max(...own.flatMap((contest) => contest.entries.flatMap((entry) => figuresOf(contest, entry)?.rates[1] ?? [])), 0);
    const what = fill(kind !== "sample" ? words.step : batch === 1 ? words.picture : words.pictures, { batch, gflop: figure(gflop) });
    const about = words[`workload.${workload}` as keyof Words];
    const places = machines.map((machine) => {
      const charts = machine.runtimes.flatMap(({ name, contests }) =>
        contests.filter((contest) => contest.workload === workload).map((contest) => chart(name, contest, fastest, words)),
      );
      return charts.length === 0 ? html`` : html`${machineTitle(machine, several)}<div class="beside">${charts}</div>`;
    });
    return html`<div class="task"><h3 class="workload">${workload} <span>${about ?? ""}${about ? "; " : ""}${what}</span></h3>${places}</div>`;
  });
  return section("speed", words.speed, words.speedIntro, tasks);
}

/** Those who were timed, the fastest first. */
function chart(runtime: string, contest: ContestResult, fastest: number, words: Words): Html {
  const timed = contest.entries.flatMap((entry) => {
    const figures = figuresOf(contest, entry);
    return figures ? [{ entry, figures }] : [];
  });
  timed.sort((a, b) => a.figures.ms - b.figures.ms);
  const cannot = contest.entries.filter(({ samples }) => samples.length === 0);
  const rows = timed.map(({ entry, figures }) => {
    const { ms, quartiles, rate, rates, ratio } = figures;
    const share = (x: number) => `${((100 * x) / fastest).toFixed(2)}%`;
    const bar = html`<span class="bar ${entry.contender === "ganvas" ? "ours" : "theirs"}" style="--to:${share(rate)};--low:${share(rates[0])};--high:${share(rates[1])}" aria-hidden="true"></span>`;
    return html`<tr${isBaseline(entry) ? new Html(' class="baseline"') : null}><th scope="row">${entry.contender} <small>${placeOf(entry, words)}</small>${bar}</th>
<td>${figure(rate)}</td><td>${figure(ms)}<small>${figure(quartiles[0])} – ${figure(quartiles[1])}</small></td><td>${isBaseline(entry) ? html`1.00<small>${words.baseline}</small>` : ratio === null ? "–" : figure(ratio)}</td></tr>`;
  });
  const head = html`<tr><th scope="col">${words.contender}</th><th scope="col">${words.perSecond}</th><th scope="col">${words.milliseconds}</th><th scope="col">${words.ratio}</th></tr>`;
  const names = [...new Set(cannot.map(({ contender, ...entry }) => `${contender} (${placeOf({ contender, ...entry }, words)})`))].join(", ");
  const rest = cannot.length === 0 ? null : html`<p class="cannot">${words.notMeasured} ${names}</p>`;
  if (timed.length === 0) return html`<div class="card"><h4>${runtime}</h4>${rest}</div>`;
  return html`<div class="card"><table class="chart"><caption>${runtime}</caption><thead>${head}</thead><tbody>${rows}</tbody></table>${rest}</div>`;
}

/** What was said, each once, with where it was said. */
function faults({ machines }: Report, words: Words, several: boolean): Html {
  const tables = machines.map((machine) => {
    const said = new Map<string, { who: string; words: string; runtimes: Set<string>; workloads: Set<string> }>();
    const note = (who: string, fault: string, runtime: string, workload: string | null) => {
      const known = said.get(`${who}: ${fault}`) ?? { who, words: fault, runtimes: new Set(), workloads: new Set() };
      known.runtimes.add(runtime);
      if (workload !== null) known.workloads.add(workload);
      said.set(`${who}: ${fault}`, known);
    };
    for (const { name, fault, contests } of machine.runtimes) {
      if (fault !== null) note(name, fault, name, null);
      for (const { workload, entries } of contests)
        for (const entry of entries) if (entry.fault !== null) note(`${entry.contender}, ${placeOf(entry, words)}`, entry.fault, name, workload);
    }
    if (said.size === 0) return html``;
    const rows = Array.from(
      said.values(),
      (row) =>
        html`<tr><th scope="row">${row.who}</th><td>${[...row.runtimes].join(", ")}</td><td>${[...row.workloads].join(", ")}</td><td class="words"><q>${row.words}</q></td></tr>`,
    );
    const head = [words.contender, words.where, words.workload, words.words].map((name) => html`<th scope="col">${name}</th>`);
    return html`${machineTitle(machine, several)}${wide(words.faults, html`<table class="faults"><thead><tr>${head}</tr></thead><tbody>${rows}</tbody></table>`)}`;
  });
  return section("faults", words.faults, words.faultsIntro, tables);
}

function caveats({ machines }: Report, words: Words): Html {
  const notes = machines.flatMap(({ runtimes }) => runtimes.flatMap(({ name, notes }) => notes.map((note) => `${name}: ${note}`)));
  const { caveatTask, caveatShared, caveatTurns, caveatThreads, caveatNative, caveatAcross, caveatWorkerd } = words;
  const own = machines.some(({ runtimes }) => runtimes.some(({ name }) => name.startsWith("workerd"))) ? [caveatWorkerd] : [];
  const all = [caveatTask, caveatShared, caveatTurns, caveatThreads, caveatNative, caveatAcross, ...own, ...new Set(notes)];
  return section("caveats", words.caveats, null, html`<ul>${all.map((text) => html`<li>${text}</li>`)}</ul>`);
}
