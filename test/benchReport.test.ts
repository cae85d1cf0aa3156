import { EventEmitter } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it, vi } from "vitest";
import type { Contender, Entrant, Floats } from "../bench/contender.ts";
import { compete } from "../bench/contest.ts";
import { tensorsOf } from "../bench/data.ts";
import { decodeFloats, encodeFloats } from "../bench/portable/bytes.ts";
import { browserName } from "../bench/portable/here.ts";
import { openOurs } from "../bench/portable/ours.ts";
import { contestResult, type ReportTask, wordsOf } from "../bench/report/entries.ts";
import { readReports, writeReport } from "../bench/report/files.ts";
import { FORMAT, mergeReports } from "../bench/report/format.ts";
import { reportMarkdown } from "../bench/report/markdown.ts";
import { parseOptions } from "../bench/report/options.ts";
import { renderReport } from "../bench/report/render.ts";
import { checkReport, type Entry, type Machine, type Report } from "../bench/report/results.ts";
import { figure, figuresOf } from "../bench/report/statistics.ts";
import { untilInterrupted } from "../bench/report/stop.ts";
import { WORDS, type Words } from "../bench/report/words.ts";
import { loadTasks } from "../bench/shapes.ts";
import { ROOT } from "./child.ts";

const folder = mkdtempSync(join(tmpdir(), "ganvas-report-test-"));
afterAll(() => rmSync(folder, { recursive: true }));

const words = (language: string): Words => JSON.parse(readFileSync(join(ROOT, `playground/text/bench.${language}.json`), "utf8")).report;
const english = words("en");

const entry = (contender: string, threads: number, samples: number[], fault: string | null = null): Entry => ({
  ...{ contender, threads, samples, fault },
  ...{ engine: "wasm", version: "1", notes: [], deviation: fault === null ? 1e-6 : null },
});

const entries = [
  entry("ganvas", 1, [10, 10, 12]),
  entry("ganvas", 2, [5, 6, 7]),
  entry("tfjs", 1, [40, 41, 40]),
  entry("onnxruntime-web", 1, [], "has no <training> & never had"),
  entry("jax", 1, [], "is wrong: loss differs"),
];

const agreement = { libraries: ["ganvas", "TensorFlow.js"], deviation: 3e-6 };

const machine: Machine = {
  ...{ cpu: "A processor", cores: 2, memory: 8 * 2 ** 30, os: "Linux", gpu: null, made: "2026-01-02T03:04:05.678Z", ganvas: "0.1.0" },
  ...{ quick: true, turn: 60, notes: ["<b>shared</b>"], leftOut: [] },
  runtimes: [
    { name: "Node 20", fault: null, notes: [], contests: [{ workload: "TMLP", kind: "train", batch: 256, gflop: 0.095, entries, agreement }] },
    { name: "Firefox", fault: "not here: apt-get install firefox-esr", notes: [], contests: [] },
  ],
};
const report: Report = { ...FORMAT, machines: [machine] };

describe("a contest", () => {
  const [task] = loadTasks("TMLP", [4]) as [ReportTask];
  const tensors = tensorsOf(task);
  const effort = { turn: 1, total: 2, turns: 2, patience: 1e6 };
  const ours: Entrant = {
    name: "ganvas",
    runtime: "here",
    threaded: false,
    open: (task, tensors, threads) => openOurs("wasm", task, tensors, threads),
  };
  const wrong: Entrant = {
    ...{ name: "tfjs-cpu", runtime: "here", threaded: false },
    async open(...args): Promise<Contender> {
      const contender = await ours.open(...args);
      return { ...contender, outputs: async () => new Map(Array.from(await contender.outputs(), ([name, data]) => [name, data.map(() => 1)])) };
    },
  };
  const unable: Entrant = { ...ours, name: "ort-web", open: () => Promise.reject(new Error("no\n  training")) };
  const judgeOf = async () => {
    const contender = await openOurs("float64", task, tensors, 1);
    await contender.reset();
    await contender.run(1);
    return { reference: decodeFloats(encodeFloats(await contender.outputs())), yardstick: null };
  };

  it("times who is right, and has the words of who is not or cannot", async () => {
    const phases: string[] = [];
    const field = [ours, wrong, unable].map((entrant) => ({ entrant, threads: 1 }));
    const options = { judge: await judgeOf(), effort, onProgress: ({ phase }: { phase: string }) => phases.push(phase) };
    const result = contestResult(task, await compete(task, tensors, field, options));
    expect(result).toMatchObject({ workload: "TMLP", kind: "train", batch: 4 });
    const [right, faulty, mute] = result.entries;
    expect(right).toMatchObject({ contender: "ganvas", engine: "wasm", fault: null });
    expect(right!.samples.length).toBeGreaterThanOrEqual(2);
    expect(right!.deviation).toBeLessThan(1e-4);
    expect(faulty!.fault).toMatch(/^is wrong: .* from float64/);
    expect(mute).toMatchObject({ contender: "onnxruntime-web", fault: "no training", samples: [] });
    expect(new Set(phases)).toEqual(new Set(["check", "time"]));
    expect(
      checkReport({ ...FORMAT, machines: [{ ...machine, runtimes: [{ name: "a", fault: null, notes: [], contests: [result] }] }] }),
    ).toBeTruthy();
  });

  /** Ours, which never does again what is told here; it counts how often it was ended. @param hangs called when it is asked for that */
  const hanging = (at: "open" | "run" | "outputs", hangs = () => {}) => {
    const ended = { count: 0 };
    const never = () => {
      hangs();
      return new Promise<never>(() => {});
    };
    const entrant: Entrant = {
      ...ours,
      async open(task, tensors, threads, signal) {
        if (at === "open") {
          signal!.addEventListener("abort", () => ended.count++);
          return never();
        }
        const contender = await ours.open(task, tensors, threads);
        const close = () => {
          ended.count++;
          contender.close();
        };
        return { ...contender, [at]: never, close };
      },
    };
    return { entrant, ended };
  };

  it.each(["open", "run", "outputs"] as const)("goes on without one that hangs at %s, which is ended", async (at) => {
    const { entrant, ended } = hanging(at);
    const field = [{ ...entrant, name: "tfjs-cpu" }, ours].map((entrant) => ({ entrant, threads: 1 }));
    const { entries } = contestResult(task, await compete(task, tensors, field, { judge: await judgeOf(), effort, limit: 1_500 }));
    expect(entries[0]).toMatchObject({ contender: "tfjs", fault: "did not answer in 1.5 s", samples: [] });
    expect(entries[1]).toMatchObject({ contender: "ganvas", fault: null });
    expect(ended.count).toBeGreaterThan(0);
  });

  it.each(["open", "run"] as const)("waits no longer for one that hangs at %s when it is told to end", async (at) => {
    const stop = new AbortController();
    const { entrant, ended } = hanging(at, () => setTimeout(() => stop.abort(new Error("enough"))));
    const contest = compete(task, tensors, [{ entrant, threads: 1 }], { judge: null, effort, signal: stop.signal });
    await expect(contest).rejects.toThrow("enough");
    expect(ended.count).toBeGreaterThan(0);
  });

  it("has no contender twice", async () => {
    const field = [1, 2].map((threads) => ({
      entrant: { ...ours, open: (...[task, tensors]: Parameters<Entrant["open"]>) => ours.open(task, tensors, 1) },
      threads,
    }));
    const result = contestResult(task, await compete(task, tensors, field, { judge: null, effort }));
    expect(result.entries.map(({ threads, fault }) => [threads, fault])).toEqual([
      [1, null],
      [2, "asked for 2 threads, it has 1, with which it takes part already"],
    ]);
  });

  it("tells how far those that are right are from each other", async () => {
    const shifted: Entrant = {
      ...{ name: "tfjs-wasm", runtime: "here", threaded: false },
      async open(...args): Promise<Contender> {
        const contender = await ours.open(...args);
        const scaled = async () => new Map(Array.from(await contender.outputs(), ([name, data]) => [name, data.map((x) => x * (1 + 1e-6))]));
        return { ...contender, outputs: scaled };
      },
    };
    const of = async (...entrants: Entrant[]) => {
      const field = entrants.map((entrant) => ({ entrant, threads: 1 }));
      return contestResult(task, await compete(task, tensors, field, { judge: await judgeOf(), effort })).agreement;
    };
    const found = await of(ours, shifted, wrong);
    expect(found!.libraries).toEqual(["ganvas", "TensorFlow.js"]);
    expect(found!.deviation).toBeGreaterThan(1e-7);
    expect(found!.deviation).toBeLessThan(1e-2);
    expect(await of(ours)).toBeNull();
  });

  it("ends when it is told to, and closes everyone", async () => {
    const stop = new AbortController();
    let closed = 0;
    const counted: Entrant = {
      ...ours,
      async open(...args) {
        const contender = await ours.open(...args);
        const close = () => {
          closed++;
          contender.close();
        };
        return { ...contender, close };
      },
    };
    const contest = compete(task, tensors, [{ entrant: counted, threads: 1 }], {
      ...{ judge: null, effort, signal: stop.signal },
      onProgress: ({ phase }) => phase === "time" && stop.abort(new Error("enough")),
    });
    await expect(contest).rejects.toThrow("enough");
    expect(closed).toBe(1);
  });
});

describe("numbers by name as bytes", () => {
  it("come back as they were", () => {
    const values = new Map<string, Floats>([
      ["a", Float32Array.of(1.5, -2)],
      ["ü", Float64Array.of(Math.PI)],
      ["none", new Float32Array()],
    ]);
    expect(decodeFloats(encodeFloats(values))).toEqual(values);
  });
});

describe("figures", () => {
  const [contest] = machine.runtimes[0]!.contests;

  it("are medians, quartiles, and ratios to ganvas with one thread", () => {
    expect(figuresOf(contest!, entries[1]!)).toEqual({
      ...{ ms: 6, quartiles: [5.5, 6.5], ratio: 0.6, turns: 3, rate: 256e3 / 6 },
      rates: [256e3 / 6.5, 256e3 / 5.5],
    });
    expect(figuresOf(contest!, entries[3]!)).toBeNull();
  });

  it("have three digits", () =>
    expect([1234567, 999.4, 12.345, 0.01234, 0.00012].map(figure)).toEqual(["1,230,000", "999", "12.3", "0.0123", "1.2e-4"]));
});

describe("a page of results", () => {
  const page = renderReport(report, english);

  it("shows who is right before who is fast, and words as text", () => {
    expect(page.indexOf(english.correctness)).toBeLessThan(page.indexOf(english.speed));
    expect(page).toContain("has no &lt;training&gt; &amp; never had");
    expect(page).toContain("&lt;b&gt;shared&lt;/b&gt;");
    expect(page).toContain("not here: apt-get install firefox-esr");
    expect(page).toContain("1 wrong");
  });

  it("has the fastest first, with a bar as long as it is fast", () => {
    const rows = [...page.matchAll(/--to:([\d.]+)%/g)].map(([, share]) => Number(share));
    expect(rows).toHaveLength(3);
    expect(rows).toEqual([...rows].sort((a, b) => b - a));
    expect(rows[0]! / rows[2]!).toBeCloseTo(40 / 6, 1);
  });

  it("names the machine only where there are several", () => {
    expect(page).not.toContain("<h3>A processor");
    expect(renderReport(mergeReports([report, report]), english).match(/<h3>A processor/g)).toHaveLength(2 * 4);
  });

  it("is one file with its data, which asks nobody for anything", () => {
    const out = join(folder, "out");
    const file = readFileSync(writeReport(out, report, english), "utf8");
    expect(file).not.toMatch(/(src|href)="(?!data:)|url\(|@import|https?:/);
    const [, data] = /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(file)!;
    expect(JSON.parse(data!)).toEqual(report);
    expect(readReports([join(out, "report.json")])).toEqual([report]);
  });

  it("says how far libraries are from each other, and what was left out", () => {
    expect(page).toContain("TMLP 3e-6 (ganvas, TensorFlow.js).");
    expect(page).not.toContain(english.incomplete);
    const leftOut = ["L28", "S64"].map((workload) => ({ runtime: "Deno", workload }));
    const part = { ...FORMAT, machines: [{ ...machine, leftOut }] };
    const told = `${english.leftOut.replace("{what}", "")}Deno (L28, S64)`;
    expect(renderReport(part, english)).toContain(`<strong>${english.incomplete}</strong> ${told}`);
    expect(reportMarkdown(part, english)).toContain(told);
  });

  it("is told as Markdown too", () => {
    const text = reportMarkdown(report, english);
    expect(text).toContain("| Node 20 | ganvas wasm, 2 threads | 42,700 | 6.00 (5.50 – 6.50) | 0.600 |");
    expect(text).toContain("| Node 20 | onnxruntime-web wasm, 1 thread | has no &lt;training> & never had |  |  |");
  });

  it.each(["en", "zh"])("has all words in %s", (language) => {
    const all = words(language);
    expect(Object.keys(all).sort()).toEqual([...WORDS].sort());
    const places = (text: string) => (text.match(/\{\w+\}/g) ?? []).sort();
    for (const name of WORDS) expect([name, places(all[name])]).toEqual([name, places(english[name])]);
  });
});

describe("reports of others", () => {
  const read = (text: string) => {
    const file = join(folder, "other.json");
    writeFileSync(file, text);
    return () => readReports([file]);
  };
  const but = (change: (copy: { machines: Record<string, unknown>[] }) => void) => {
    const copy = JSON.parse(JSON.stringify(report));
    change(copy);
    return JSON.stringify(copy);
  };

  const withContest = (change: object) =>
    but(({ machines }) => {
      const [contest] = machine.runtimes[0]!.contests;
      machines[0]!.runtimes = [{ ...machine.runtimes[0], contests: [{ ...contest, ...change }] }];
    });

  it.each([
    ["no JSON", "{", /other\.json: expected a report as JSON, got/],
    ["another format", '{"format":"x","version":1,"machines":[]}', /other\.json: format: expected "ganvas-report"/],
    ["a version of later", JSON.stringify({ ...report, version: 2 }), /other\.json: version: expected 1, got 2/],
    ["no machine", JSON.stringify({ ...FORMAT, machines: [] }), /other\.json: machines: expected a list of 1 to 1000, got a list of 0/],
    ["a list", "[]", /other\.json: format: expected this field, got none/],
    ["a number", "7", /other\.json: expected an object, got 7/],
    ["a processor that is no text", but(({ machines }) => (machines[0]!.cpu = 7)), /other\.json: machines\[0\]\.cpu: expected a text.*got 7/],
    ["no processor", but(({ machines }) => delete machines[0]!.cpu), /other\.json: machines\[0\]\.cpu: expected this field, got none/],
    ["what nobody knows", but(({ machines }) => (machines[0]!.script = "x")), /other\.json: machines\[0\]\.script: expected no such field, got one/],
    ["a day that is none", but(({ machines }) => (machines[0]!.made = "2026-02-30T00:00:00.000Z")), /machines\[0\]\.made: expected a date as/],
    ["a date in words", but(({ machines }) => (machines[0]!.made = "yesterday")), /machines\[0\]\.made: expected a date as .*got "yesterday"/],
    ["a day to come", but(({ machines }) => (machines[0]!.made = "2999-01-01T00:00:00.000Z")), /machines\[0\]\.made: expected a date from/],
    ["memory below 0", but(({ machines }) => (machines[0]!.memory = -1)), /machines\[0\]\.memory: expected a number from 1 to .*got -1/],
    [
      "what JSON makes of NaN",
      but(({ machines }) => (machines[0]!.turn = Number.NaN)),
      /machines\[0\]\.turn: expected a number from 1 to .*got null/,
    ],
    ["what JSON takes for infinite", JSON.stringify(report).replace('"turn":60', '"turn":1e999'), /machines\[0\]\.turn: .*got Infinity/],
    ["lines in a note", but(({ machines }) => (machines[0]!.notes = ["a\nb"])), /machines\[0\]\.notes\[0\]: expected a text .*on one line/],
    ["absurd work", withContest({ gflop: 1e12 }), /contests\[0\]\.gflop: expected a number from .*got 1000000000000/],
    ["no work", withContest({ gflop: 0 }), /contests\[0\]\.gflop: expected a number from .*got 0/],
    ["a time below 0", withContest({ entries: [entry("a", 1, [1, -1])] }), /contests\[0\]\.entries\[0\]\.samples\[1\]: expected .*got -1/],
    [
      "the same contender twice",
      withContest({ entries: [entry("a", 1, [1]), entry("a", 2, [1]), entry("a", 1, [2])] }),
      /contests\[0\]\.entries\[2\]: expected each once, got a \(wasm, threads: 1\) again, as at \[0\]/,
    ],
    [
      "the same runtime twice",
      but(({ machines }) => (machines[0]!.runtimes = [machine.runtimes[0], machine.runtimes[0]])),
      /machines\[0\]\.runtimes\[1\]: expected each once, got Node 20 again/,
    ],
    [
      "other work under the same name",
      but(({ machines }) => {
        const [contest] = machine.runtimes[0]!.contests;
        machines[0]!.runtimes = [machine.runtimes[0], { ...machine.runtimes[0], name: "Deno", contests: [{ ...contest, batch: 1 }] }];
      }),
      /machines\[0\]\.runtimes\[1\]\.contests\[0\]: expected TMLP to be what it is at machines\[0\]\.runtimes\[0\]\.contests\[0\] .*got train, batch 1,/,
    ],
    ["times and a fault", withContest({ entries: [entry("a", 1, [1], "b")] }), /entries\[0\]: expected either samples or a fault/],
    ["neither", withContest({ entries: [entry("a", 1, [])] }), /entries\[0\]: expected either samples or a fault/],
  ])("are refused for %s", (_, text, message) => expect(read(text)).toThrow(message));

  const file = (name: string, content: Report): string => {
    writeFileSync(join(folder, name), JSON.stringify(content));
    return join(folder, name);
  };

  it("are read without what was not told in earlier ones", () => {
    const { leftOut, ...earlier } = machine;
    const [{ agreement: _, ...contest }] = machine.runtimes[0]!.contests as [Report["machines"][number]["runtimes"][number]["contests"][number]];
    const runtimes = [{ ...machine.runtimes[0]!, contests: [contest] }];
    const [found] = checkReport({ ...FORMAT, machines: [{ ...earlier, runtimes }] }).machines;
    expect([found!.leftOut, found!.runtimes[0]!.contests[0]!.agreement]).toEqual([leftOut, null]);
  });

  it("are all checked, and each fault names its file", () => {
    const bad = [1, 2].map((n) => file(`bad${n}.json`, { ...report, machines: [{ ...machine, turn: -n }] }));
    expect(() => readReports([...bad, file("good.json", report)])).toThrow(/bad1\.json: machines\[0\]\.turn: .*got -1\n.*bad2\.json: .*got -2$/);
    const many = file("many.json", { ...report, machines: Array(30).fill({ ...machine, turn: -1 }) });
    expect(() => readReports([many])).toThrow(/\nand 10 more$/);
  });

  it("may not be of one measurement, nor have other work under the same name", () => {
    const [a, b] = [file("a.json", report), file("b.json", report)];
    expect(() => readReports([a, b])).toThrow(
      /b\.json: machines\[0\]: expected each machine's measurement once, got that of .*a\.json: machines\[0\] again/,
    );
    const [contest] = machine.runtimes[0]!.contests;
    const runtimes = [{ ...machine.runtimes[0]!, contests: [{ ...contest!, gflop: 1 }] }];
    const c = file("c.json", { ...report, machines: [{ ...machine, cpu: "Another", runtimes }] });
    expect(() => readReports([a, c])).toThrow(/c\.json: machines\[0\]\.runtimes\[0\]\.contests\[0\]: expected TMLP to be what it is at .*a\.json/);
  });

  it("are refused where there is no file", () =>
    expect(() => readReports([join(folder, "none.json")])).toThrow(/none\.json: expected a report as JSON, got ENOENT/));
});

describe("the command line", () => {
  it("measures everything by default, and less when it has to be quick", () => {
    expect(parseOptions([])).toMatchObject({ workloads: ["TMLP", "L28", "S64-1", "S64"], quick: false, out: "bench-output", merge: null });
    expect(parseOptions(["--quick", "--runtimes", "deno,firefox"])).toMatchObject({ workloads: ["TMLP", "S64-1"], runtimes: ["deno", "firefox"] });
    expect(parseOptions(["--merge", "a.json", "b.json", "--out", "c"])).toMatchObject({ merge: ["a.json", "b.json"], out: "c" });
    expect(parseOptions(["--merge", "a.json"])).toMatchObject({ out: "bench-output/merged" });
    expect(parseOptions(["--limit", "2.5"])).toMatchObject({ limit: 2_500 });
    expect(parseOptions(["--help"])).toBeNull();
  });

  it.each([
    [["a.json"], /a\.json: expected options only/],
    [["--merge"], /--merge: expected the files/],
    [["--merge", "a.json", "--runtimes", "deno"], /--runtimes: expected none with --merge/],
    [["--merge", "a.json", "--workloads", "TMLP"], /--workloads: expected none with --merge/],
    [["--merge", "a.json", "--note", "x"], /--note: expected none with --merge/],
    [["--quick", "--merge", "a.json"], /--quick: expected none with --merge/],
    [["--merge", "a.json", "--limit", "180"], /--limit: expected none with --merge/],
    [["--merge", "a.json", "./a.json"], /--merge: expected each file once, got \.\/a\.json again/],
    [["--merge", "x/report.json", "--out", "x"], /--out: .* where x\/report\.json would be written over/],
    [["--out", "a", "--out", "b"], /--out: expected once/],
    [["--out", ""], /--out: expected a folder/],
    [["--note", "a\nb"], /--note: expected a text/],
    [["--runtimes", "deno,deno"], /--runtimes: expected each once, got deno again/],
    [["--limit", "0"], /--limit: expected 1 to 3600 seconds, got 0/],
    [["--limit", "soon"], /--limit: expected 1 to 3600 seconds, got soon/],
    [["--runtimes", "netscape"], /--runtimes: expected node, .*, got netscape/],
    [["--workloads", "GEMM"], /--workloads: expected TMLP, .*, got GEMM/],
    [["--wat"], /wat/],
  ])("refuses %j", (args, message) => expect(() => parseOptions(args)).toThrow(message));
});

describe("Ctrl-C", () => {
  it("ends once for what is finished, twice for good, and is the same one where npm passes it on", () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    try {
      const [source, exits]: [EventEmitter, number[]] = [new EventEmitter(), []];
      const signal = untilInterrupted(
        (code) => exits.push(code),
        () => {},
        source,
      );
      expect(signal.aborted).toBe(false);
      source.emit("SIGINT");
      expect(signal.aborted).toBe(true);
      vi.advanceTimersByTime(50);
      source.emit("SIGINT");
      expect(exits).toEqual([]);
      vi.advanceTimersByTime(1_000);
      source.emit("SIGINT");
      expect(exits).toEqual([130]);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe("names and words", () => {
  it.each([
    ["Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox 140.0"],
    ["Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0", "Edge 140.0.0.0"],
    ["Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36", "Chrome 140.0.0.0"],
    ["Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15", "Safari 26.0"],
  ])("of %s", (agent, name) => expect(browserName(agent)).toBe(name));

  it("are on one line and end somewhere", () => {
    expect(wordsOf(new Error("\u001b[31ma\u001b[0m\n b\u0000"))).toBe("a b");
    expect(wordsOf(new Error(""))).toBe("Error");
    expect(wordsOf("x".repeat(1000)).length).toBeLessThan(410);
  });
});
