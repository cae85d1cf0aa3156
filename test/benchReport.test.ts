import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { Contender, Entrant, Floats } from "../bench/contender.ts";
import { compete } from "../bench/contest.ts";
import { tensorsOf } from "../bench/data.ts";
import { decodeFloats, encodeFloats } from "../bench/portable/bytes.ts";
import { browserName } from "../bench/portable/here.ts";
import { openOurs } from "../bench/portable/ours.ts";
import { contestResult, type ReportTask, wordsOf } from "../bench/report/entries.ts";
import { readReport, writeReport } from "../bench/report/files.ts";
import { reportMarkdown } from "../bench/report/markdown.ts";
import { parseOptions } from "../bench/report/options.ts";
import { renderReport } from "../bench/report/render.ts";
import { checkReport, type Entry, FORMAT, type Machine, mergeReports, type Report } from "../bench/report/results.ts";
import { figure, figuresOf } from "../bench/report/statistics.ts";
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

const machine: Machine = {
  ...{ cpu: "A processor", cores: 2, memory: 8 * 2 ** 30, os: "Linux", gpu: null, made: "2026-01-02T03:04:05.678Z", ganvas: "0.1.0" },
  ...{ quick: true, turn: 60, notes: ["<b>shared</b>"] },
  runtimes: [
    { name: "Node 20", fault: null, notes: [], contests: [{ workload: "TMLP", kind: "train", batch: 256, gflop: 0.095, entries }] },
    { name: "Firefox", fault: "not here: apt-get install firefox-esr", notes: [], contests: [] },
  ],
};
const report: Report = { ...FORMAT, machines: [machine] };

describe("a contest", () => {
  const [task] = loadTasks("TMLP", [4]) as [ReportTask];
  const tensors = tensorsOf(task);
  const effort = { turn: 1, total: 2, turns: 2, patience: 1e6 };
  const ours: Entrant = { name: "ganvas", runtime: "here", threaded: false, open: (...args) => openOurs("wasm", ...args) };
  const wrong: Entrant = {
    ...{ name: "tfjs-cpu", runtime: "here", threaded: false },
    async open(...args): Promise<Contender> {
      const contender = await openOurs("wasm", ...args);
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
    expect(readReport(join(out, "report.json"))).toEqual(report);
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
    return () => readReport(file);
  };
  const but = (change: (copy: { machines: Record<string, unknown>[] }) => void) => {
    const copy = JSON.parse(JSON.stringify(report));
    change(copy);
    return JSON.stringify(copy);
  };

  it.each([
    ["no JSON", "{", /other\.json: expected a report as JSON, got/],
    ["another format", '{"format":"x","version":1,"machines":[]}', /other\.json: format: expected "ganvas-report"/],
    ["no machine", JSON.stringify({ ...FORMAT, machines: [] }), /other\.json: machines: expected a list of 1 to/],
    ["a processor that is no text", but(({ machines }) => (machines[0]!.cpu = 7)), /other\.json: machines\[0\]\.cpu: expected a text.*got 7/],
    ["what nobody knows", but(({ machines }) => (machines[0]!.script = "x")), /other\.json: machines\[0\]\.script: .*an unknown one/],
    [
      "times and a fault",
      JSON.stringify({
        ...report,
        machines: [
          {
            ...machine,
            runtimes: [{ ...machine.runtimes[0], contests: [{ ...machine.runtimes[0]!.contests[0], entries: [entry("a", 1, [1], "b")] }] }],
          },
        ],
      }),
      /other\.json: machines\[0\]\.runtimes\[0\]\.contests\[0\]\.entries\[0\]: expected either samples or a fault, got both/,
    ],
  ])("are refused for %s", (_, text, message) => expect(read(text)).toThrow(message));

  it("are refused where there is no file", () =>
    expect(() => readReport(join(folder, "none.json"))).toThrow(/none\.json: expected a report as JSON, got ENOENT/));
});

describe("the command line", () => {
  it("measures everything by default, and less when it has to be quick", () => {
    expect(parseOptions([])).toMatchObject({ workloads: ["TMLP", "L28", "S64-1", "S64"], quick: false, out: "bench-output", merge: null });
    expect(parseOptions(["--quick", "--runtimes", "deno,firefox"])).toMatchObject({ workloads: ["TMLP", "S64-1"], runtimes: ["deno", "firefox"] });
    expect(parseOptions(["--merge", "a.json", "b.json", "--out", "c"])).toMatchObject({ merge: ["a.json", "b.json"], out: "c" });
    expect(parseOptions(["--help"])).toBeNull();
  });

  it.each([
    [["a.json"], /a\.json: expected options only/],
    [["--merge"], /--merge: expected the files/],
    [["--merge", "a.json", "--runtimes", "deno"], /--runtimes: expected none with --merge/],
    [["--runtimes", "netscape"], /--runtimes: expected node, .*, got netscape/],
    [["--workloads", "GEMM"], /--workloads: expected TMLP, .*, got GEMM/],
    [["--wat"], /wat/],
  ])("refuses %j", (args, message) => expect(() => parseOptions(args)).toThrow(message));
});

describe("names and words", () => {
  it.each([
    ["Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox 140.0"],
    ["Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0", "Edge 140.0.0.0"],
    ["Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36", "Chrome 140.0.0.0"],
    ["Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15", "Safari 26.0"],
  ])("of %s", (agent, name) => expect(browserName(agent)).toBe(name));

  it("are on one line and end somewhere", () => {
    expect(wordsOf(new Error("a\n b"))).toBe("a b");
    expect(wordsOf(new Error(""))).toBe("Error");
    expect(wordsOf("x".repeat(1000)).length).toBeLessThan(410);
  });
});
