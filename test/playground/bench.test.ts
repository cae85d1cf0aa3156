import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import puppeteer, { type Browser, type Page } from "puppeteer-core";
import { build, type PreviewServer, preview } from "vite";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { checkReport } from "../../bench/report/results.ts";
import { ROOT } from "../child.ts";
import { CHROMIUM } from "../chromium.js";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const configFile = join(ROOT, "playground/vite.config.ts");

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
    const serve = (headers?: Record<string, string>) =>
      preview({ configFile, logLevel: "error", build: { outDir }, preview: { host: "127.0.0.1", port: 0, ...(headers && { headers }) } });
    servers = [await serve(), await serve({ "Cross-Origin-Opener-Policy": "unsafe-none", "Cross-Origin-Embedder-Policy": "unsafe-none" })];
    const args = ["--no-sandbox", "--disable-dev-shm-usage"];
    browser = await puppeteer.launch({ executablePath: CHROMIUM!, headless: true, args, userDataDir: join(scratch, "profile") });
  });

  afterAll(async () => {
    await browser?.close();
    await Promise.all((servers ?? []).map((server) => server.close()));
    rmSync(scratch, { recursive: true, force: true, maxRetries: 10 });
  });

  afterEach(() => page.close());

  async function open(isolated: boolean, language = "en"): Promise<void> {
    const url = servers[isolated ? 0 : 1]!.resolvedUrls!.local[0]!;
    faults = [];
    origins = new Set();
    page = await browser.newPage();
    await page.setViewport({ width: 390, height: 800 });
    page.on("console", (message) => message.type() === "error" && faults.push(message.text()));
    page.on("pageerror", (error) => faults.push(`${error}`));
    page.on("request", (request) => !/^(data|blob):/.test(request.url()) && origins.add(new URL(request.url()).origin));
    await browser.defaultBrowserContext().overridePermissions(new URL(url).origin, ["clipboard-read", "clipboard-sanitized-write"]);
    await page.goto(`${url}bench.html?lang=${language}`);
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
    await open(true);
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

  it("ends when it is told to", async () => {
    await open(true);
    await choose("L28");
    await press("Measure");
    await page.waitForFunction(() => document.querySelector(".doing")!.textContent!.startsWith("L28"));
    await press("Cancel");
    await says("Cancelled. Nothing was kept.");
    expect(await page.$eval("button.primary", (element) => (element as HTMLButtonElement).disabled)).toBe(false);
    expect(await page.$eval(".results", (element) => (element as HTMLElement).hidden)).toBe(true);
    await choose();
    await press("Measure");
    expect(await status()).toBe("Choose at least one task.");
    await expectAccessible();
    expectQuiet();
  });

  it("says what is lost without isolation, in Chinese too", async () => {
    await open(false, "zh");
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
