import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import puppeteer, { type Browser, type Page } from "puppeteer-core";
import { build, type Plugin, type PreviewServer, preview } from "vite";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { checkReport } from "../../bench/report/results.ts";
import { ROOT } from "../child.ts";
import { CHROMIUM, ISOLATED } from "../chromium.js";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
/** Without the benchmark's packages a page measures ours alone. */
const HAS_PEERS = existsSync(join(ROOT, "bench/node_modules"));
const configFile = join(ROOT, "playground/vite.config.ts");

/** Four processors, whatever there are: TensorFlow.js takes half as many threads. */
const FOUR = 'Object.defineProperty(navigator, "hardwareConcurrency", { value: 4 });\n';

/** Serves other files than there are; null is no answer, ever. */
const instead = (pattern: RegExp, content: (path: string) => string | null): Plugin => ({
  name: "instead",
  configurePreviewServer({ middlewares }) {
    middlewares.use((request, response, next) => {
      const path = new URL(request.url!, "http://page").pathname;
      if (!pattern.test(path)) return next();
      const text = content(path);
      if (text === null) return;
      for (const [name, value] of Object.entries(ISOLATED)) response.setHeader(name, value);
      response.setHeader("content-type", "text/javascript");
      response.end(text);
    });
  },
});

describe.skipIf(!CHROMIUM)("the page that measures the browser (needs Chromium)", () => {
  let scratch: string;
  let servers: PreviewServer[];
  let browser: Browser;
  let page: Page;
  /** What went wrong on a page, and where it asked for anything. */
  let faults: string[];
  let origins: Set<string>;

  beforeAll(async () => {
    scratch = mkdtempSync(join(tmpdir(), "ganvas-bench-page-"));
    const outDir = join(scratch, "site");
    await build({ configFile, logLevel: "error", build: { outDir, rollupOptions: { input: join(ROOT, "playground/bench.html") } } });
    const serve = (headers?: Record<string, string>, plugins: Plugin[] = []) =>
      preview({ configFile, logLevel: "error", plugins, build: { outDir }, preview: { host: "127.0.0.1", port: 0, ...(headers && { headers }) } });
    servers = [
      await serve(),
      await serve({ "Cross-Origin-Opener-Policy": "unsafe-none", "Cross-Origin-Embedder-Policy": "unsafe-none" }),
      await serve(undefined, [instead(/ort-wasm-[^/]*\.wasm$/, () => null)]),
      await serve(undefined, [instead(/contender\.worker-[^/]*\.js$/, (path) => `${FOUR}${readFileSync(join(outDir, path), "utf8")}`)]),
    ];
    const args = ["--no-sandbox", "--disable-dev-shm-usage"];
    browser = await puppeteer.launch({ executablePath: CHROMIUM!, headless: true, args, userDataDir: join(scratch, "profile") });
  });

  afterAll(async () => {
    await browser?.close();
    await Promise.all((servers ?? []).map((server) => server.close()));
    rmSync(scratch, { recursive: true, force: true, maxRetries: 10 });
  });

  afterEach(() => page.close());

  async function open(server: "isolated" | "alone" | "stalled" | "four", query = "lang=en"): Promise<void> {
    const url = servers[["isolated", "alone", "stalled", "four"].indexOf(server)]!.resolvedUrls!.local[0]!;
    faults = [];
    origins = new Set();
    page = await browser.newPage();
    await page.setViewport({ width: 390, height: 800 });
    page.on("console", (message) => message.type() === "error" && faults.push(message.text()));
    page.on("pageerror", (error) => faults.push(`${error}`));
    page.on("request", (request) => !/^(data|blob):/.test(request.url()) && origins.add(new URL(request.url()).origin));
    await browser.defaultBrowserContext().overridePermissions(new URL(url).origin, ["clipboard-read", "clipboard-sanitized-write"]);
    await page.goto(`${url}bench.html?${query}`);
    await page.waitForSelector("button.primary");
  }

  const button = (text: string) => page.waitForSelector(`::-p-xpath(//button[normalize-space()="${text}"])`);
  const press = async (text: string) => (await button(text))!.click();
  const status = () => page.$eval("[role=status]", ({ textContent }) => textContent);
  const says = (text: string) => page.waitForFunction((words) => document.querySelector("[role=status]")!.textContent === words, {}, text);
  const choose = (...names: string[]) =>
    page.$$eval(
      ".tasks input",
      (inputs, wanted) => {
        for (const input of inputs as HTMLInputElement[]) if (input.checked !== wanted.includes(input.name)) input.click();
      },
      names,
    );
  const focused = () => page.evaluate(() => document.activeElement!.id);
  const clipboard = () => page.evaluate(() => navigator.clipboard.readText());

  async function expectAccessible(): Promise<void> {
    for (const theme of ["light", "dark"] as const) {
      await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: theme }]);
      await page.waitForFunction((name) => document.documentElement.dataset.theme === name, {}, theme);
      await page.evaluate(AXE);
      const found = await page.evaluate(async () => {
        const { violations } = await (
          globalThis as unknown as { axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> } }
        ).axe.run();
        return violations.map(({ id, nodes }) => `${id}: ${nodes[0]!.html}`);
      });
      expect(found, theme).toEqual([]);
    }
  }

  /** Of the page's own address alone, with nothing on the console. */
  function expectQuiet(): void {
    expect(faults).toEqual([]);
    expect([...origins]).toEqual([new URL(page.url()).origin]);
  }

  it("measures, shows charts and copies them", async () => {
    await open("isolated");
    await choose("TMLP");
    await press("Measure");
    await says("Done.");
    expect(await page.$$eval(".report .chart tbody tr", (rows) => rows.length)).toBeGreaterThanOrEqual(2);
    expect(await page.$eval(".report .chart caption", ({ textContent }) => textContent)).toMatch(/^Chrome \d/);
    await press("Copy as JSON");
    await page.waitForFunction(() => document.querySelector(".results [role=status]")!.textContent === "Copied.");
    const [machine] = checkReport(JSON.parse(await clipboard())).machines;
    const [contest] = machine!.runtimes[0]!.contests;
    expect(contest!.workload).toBe("TMLP");
    const ours = contest!.entries.filter(({ contender, engine }) => contender === "ganvas" && engine === "wasm");
    expect(ours.map(({ fault }) => fault)).toEqual(ours.map(() => null));
    await press("Copy as Markdown");
    await page.waitForFunction(async () => (await navigator.clipboard.readText()).startsWith("**"));
    expect(await clipboard()).toMatch(/\| Chrome [\d.]+ \| ganvas wasm, 1 thread \|/);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
    await expectAccessible();
    expectQuiet();
  });

  it("ends when it is told to, and lets nobody change or lose anything meanwhile", async () => {
    await open("isolated");
    expect(await page.$eval("#cancel", ({ ariaDisabled }) => ariaDisabled)).toBe("true");
    await choose("L28");
    await press("Measure");
    await page.waitForFunction(() => document.querySelector(".doing")!.textContent!.startsWith("L28"));
    expect(await focused()).toBe("measure");
    expect(await page.$$eval("input:disabled", ({ length }) => length)).toBe(6);
    expect(await page.$eval("#measure", ({ ariaDisabled }) => ariaDisabled)).toBe("true");
    await press("Cancel");
    await says("Cancelled. Nothing was finished.");
    expect(await focused()).toBe("cancel");
    expect(await page.$eval("#measure", ({ ariaDisabled }) => ariaDisabled)).toBe("false");
    expect(await page.$$eval("input:disabled", ({ length }) => length)).toBe(0);
    expect(await page.$eval(".results", (element) => (element as HTMLElement).hidden)).toBe(true);
    await choose();
    await press("Measure");
    expect(await status()).toBe("Choose at least one task.");
    await expectAccessible();
    expectQuiet();
  });

  it("keeps what is finished when it is cancelled, in whichever language it is changed to meanwhile", async () => {
    await open("isolated");
    await choose("TMLP", "L28");
    await press("Measure");
    await page.waitForFunction(() => document.querySelector(".doing")!.textContent!.startsWith("L28"), { timeout: 120_000 });
    await page.focus("#language");
    await page.select("#language", "zh");
    await page.waitForFunction(() => document.documentElement.lang === "zh");
    expect(await focused()).toBe("language");
    expect(new URL(page.url()).search).toBe("");
    await page.waitForFunction(() => /^L28：/.test(document.querySelector(".doing")!.textContent!));
    expect(await page.$$eval(".tasks input:checked", (inputs) => inputs.map((input) => (input as HTMLInputElement).name))).toEqual(["TMLP", "L28"]);
    await press("取消");
    await says("已取消。已完成的在下面。");
    expect(await page.$eval(".report .note", ({ textContent }) => textContent)).toMatch(
      /^不完整。 测量提前结束，以下没有测量：Chrome [\d.]+ \(L28\)$/,
    );
    await page.select("#language", "en");
    await says("Cancelled. What was finished is below.");
    expect(await page.$eval(".report .note", ({ textContent }) => textContent)).toContain("Incomplete.");
    await press("Copy as JSON");
    await page.waitForFunction(() => document.querySelector(".results [role=status]")!.textContent === "Copied.");
    const [machine] = checkReport(JSON.parse(await clipboard())).machines;
    expect(machine!.runtimes[0]!.contests.map(({ workload }) => workload)).toEqual(["TMLP"]);
    expect(machine!.leftOut.map(({ workload }) => workload)).toEqual(["L28"]);
    expectQuiet();
  });

  it("has the theme that is chosen, at the next visit too", async () => {
    await open("isolated");
    const theme = () => page.evaluate(() => document.documentElement.dataset.theme);
    for (const name of ["dark", "light"]) {
      await page.select("#theme", name);
      expect(await theme()).toBe(name);
    }
    await page.reload();
    await page.waitForSelector("#theme");
    expect([await theme(), await page.$eval("#theme", (element) => (element as HTMLSelectElement).value)]).toEqual(["light", "light"]);
    await page.select("#theme", "auto");
    expectQuiet();
  });

  it.skipIf(!HAS_PEERS)("goes on without a contender that does not answer", async () => {
    await open("stalled", "lang=en&limit=20");
    await choose("S64-1");
    await press("Measure");
    await page.waitForFunction(() => document.querySelector("[role=status]")!.textContent === "Done.", { timeout: 150_000 });
    const said = await page.$$eval(".faults tbody tr", (rows) => rows.map(({ textContent }) => textContent!));
    expect(said.filter((text) => text.startsWith("onnxruntime-web"))[0]).toContain("did not answer in 20 s");
    expect(await page.$$eval(".chart tbody tr", (rows) => rows.some(({ textContent }) => textContent!.startsWith("ganvas")))).toBe(true);
  });

  it.skipIf(!HAS_PEERS)("has TensorFlow.js with threads, of which it takes half of the processors'", async () => {
    await open("four");
    const session = await page.createCDPSession();
    await session.send("Emulation.setHardwareConcurrencyOverride", { hardwareConcurrency: 4 });
    await choose("S64-1");
    await press("Measure");
    await says("Done.");
    await press("Copy as JSON");
    await page.waitForFunction(() => document.querySelector(".results [role=status]")!.textContent === "Copied.");
    const { entries, agreement } = checkReport(JSON.parse(await clipboard())).machines[0]!.runtimes[0]!.contests[0]!;
    const theirs = entries.filter(({ contender, engine }) => contender === "tfjs" && engine === "wasm");
    expect(theirs.map(({ threads, fault }) => [threads, fault])).toEqual([
      [1, null],
      [2, null],
    ]);
    expect(agreement!.libraries).toContain("TensorFlow.js");
    expectQuiet();
  });

  it("carries nothing that only readers of reports need", async () => {
    await open("isolated");
    const files = readdirSync(join(scratch, "site/assets")).filter((name) => name.endsWith(".js"));
    expect(files.filter((name) => readFileSync(join(scratch, "site/assets", name), "utf8").includes("~standard"))).toEqual([]);
  });

  it("says what is lost without isolation, in Chinese too", async () => {
    await open("alone", "lang=zh");
    expect(await page.$eval(".bench .note", ({ textContent }) => textContent)).toContain("本页不是跨源隔离的");
    await choose("TMLP");
    await press("测量");
    await says("完成。");
    await press("复制为 JSON");
    await page.waitForFunction(() => document.querySelector(".results [role=status]")!.textContent === "已复制。");
    const { entries } = checkReport(JSON.parse(await clipboard())).machines[0]!.runtimes[0]!.contests[0]!;
    const ours = entries.filter(({ contender, engine }) => contender === "ganvas" && engine === "wasm");
    expect(ours.map(({ threads, fault }) => [threads === 1, fault === null])).toEqual(ours.map(({ threads }) => [threads === 1, threads === 1]));
    expectQuiet();
  });
});
