/** The playground in a browser: built once, served from this machine, and looked at from outside. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { extname, join, normalize } from "node:path";
import { gzipSync } from "node:zlib";
import puppeteer, { type Browser, type ConsoleMessage, type Page, type WebWorker } from "puppeteer-core";
import { vi } from "vitest";
import { ROOT, run } from "../child.ts";
import { CHROMIUM, ISOLATED } from "../chromium.js";

export { CHROMIUM };

// Software GPUs and two browsers beside each other take a slow machine minutes.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

/** Where Firefox is; undefined where it is not. */
export const FIREFOX = [process.env.FIREFOX, "/usr/bin/firefox-esr", "/usr/bin/firefox"].find((path) => path && existsSync(path));

const TYPES: Readonly<Record<string, string>> = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".wasm": "application/wasm" };

const folders: string[] = [];
process.on("exit", () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
});

/** A folder that goes with this process. */
export function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), "ganvas-playground-"));
  folders.push(folder);
  return folder;
}

let building: Promise<string> | undefined;

/** The folder of the playground as it is built from the sources and `dist` as they are now. */
export function built(): Promise<string> {
  building ??= build();
  return building;
}

async function build(): Promise<string> {
  const folder = scratch();
  const vite = [join(ROOT, "node_modules/vite/bin/vite.js"), "build", "playground", "--config", "playground/vite.config.ts"];
  const { code, stderr } = await run(process.execPath, [...vite, "--outDir", folder]);
  if (code !== 0) throw new Error(`the playground was not built: ${stderr}`);
  return folder;
}

/** Where the playground is served, and what of it was asked for. */
export interface Site {
  readonly url: string;
  /** Bytes of the files that were served, as a host that compresses them sends them. */
  readonly sent: Map<string, number>;
  /** Has whoever asks for such a path wait until then. The browser could hold requests as well, but those of workers would pass through it too. */
  holdBack(path: RegExp, until: Promise<void>): void;
  close(): Promise<void>;
}

/** @param isolated whether it is served with the headers that allow memory to be shared */
export async function serve(isolated: boolean): Promise<Site> {
  const root = await built();
  const sent = new Map<string, number>();
  const held: { readonly path: RegExp; readonly until: Promise<void> }[] = [];
  const server = createServer(async ({ url }, response) => {
    const path = normalize(new URL(url!, "http://here").pathname).replace(/\/$/, "/index.html");
    await Promise.all(held.filter((each) => each.path.test(path)).map(({ until }) => until));
    try {
      const content = readFileSync(join(root, path));
      sent.set(path, gzipSync(content).length);
      response.writeHead(200, { "content-type": TYPES[extname(path)] ?? "application/octet-stream", ...(isolated ? ISOLATED : {}) }).end(content);
    } catch {
      response.writeHead(404).end();
    }
  });
  return { url: `${await listening(server)}/`, sent, holdBack: (path, until) => void held.push({ path, until }), close: () => closed(server) };
}

async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}

/** What Chromium asks its maker for by itself, about forms and updates. */
const MAKER = /^(https?:\/\/)?[\w-]+\.(google|googleapis|gstatic)\.com[:/]/;

/** A proxy that answers nothing and takes down who was asked for: whatever leaves this machine passes here, from workers too. */
async function gate(): Promise<{ readonly url: string; readonly hosts: string[]; close(): Promise<void> }> {
  const hosts: string[] = [];
  const note = (host: string): void => {
    if (!MAKER.test(host)) hosts.push(host);
  };
  const server = createServer(({ url }, response) => {
    note(url!);
    response.writeHead(403).end();
  });
  server.on("connect", ({ url }, socket) => {
    // It may hang up before it is answered, and nobody else listens.
    socket.on("error", () => {});
    note(url!);
    socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
  });
  return { url: await listening(server), hosts, close: () => closed(server) };
}

export interface Opened {
  readonly browser: Browser;
  /** Hosts beyond this machine that anything in the browser asked for; of Firefox nothing is known. */
  readonly hosts: readonly string[];
  close(): Promise<void>;
}

export async function openChromium(flags: readonly string[] = []): Promise<Opened> {
  const proxy = await gate();
  const folder = scratch();
  const browser = await puppeteer.launch({
    executablePath: CHROMIUM!,
    headless: true,
    userDataDir: join(folder, "profile"),
    args: ["--no-sandbox", "--disable-dev-shm-usage", `--proxy-server=${proxy.url}`, ...flags],
    env: { XDG_RUNTIME_DIR: folder, ...process.env },
  });
  return {
    browser,
    hosts: proxy.hosts,
    async close() {
      await browser.close();
      await proxy.close();
    },
  };
}

export async function openFirefox(): Promise<Opened> {
  const folder = scratch();
  const browser = await puppeteer.launch({
    browser: "firefox",
    executablePath: FIREFOX!,
    headless: true,
    args: ["--remote-allow-system-access"],
    env: { ...process.env, HOME: folder, XDG_RUNTIME_DIR: folder },
  });
  await leaveWorkersAlone(browser);
  return { browser, hosts: [], close: () => browser.close() };
}

/** What puppeteer has and does not tell of in its types: commands of WebDriver BiDi as they are. */
interface Driven {
  readonly connection: {
    send(
      method: "browsingContext.getTree",
      params: object,
    ): Promise<{ readonly result: { readonly contexts: readonly { readonly context: string }[] } }>;
    send(method: "script.evaluate", params: object): Promise<unknown>;
  };
}

/**
 * Has Firefox no longer watch workers, which it does for whoever drives it and for no visitor. While it does, `new Worker` in a worker waits until the main thread
 * has taken note of the new one, at times for ever: both workers sleep on one condition variable, of which a single waiter is woken (`SetIsDebuggerRegistered` of
 * `WorkerPrivate`). It was one worker in a hundred, and with it a training that waited for its threads, without an error as the thread that asked was blocked.
 * A Firefox without this module does not watch in this way; whether it does in another is told by the test that it watches none.
 */
async function leaveWorkersAlone(browser: Browser): Promise<void> {
  const { connection } = browser as unknown as Driven;
  const { result } = await connection.send("browsingContext.getTree", { "moz:scope": "chrome", maxDepth: 0 });
  const watching = "chrome://remote/content/shared/js-process-actors/WebDriverWorkerListenerActor.sys.mjs";
  await connection.send("script.evaluate", {
    expression: `ChromeUtils.importESModule("${watching}").unregisterWebDriverWorkerListenerActor()`,
    target: { context: result.contexts[0]!.context },
    awaitPromise: false,
  });
}

export interface Look {
  readonly width?: number;
  readonly height?: number;
  readonly scheme?: "light" | "dark";
  /** Of the page, with a query. */
  readonly path?: string;
}

/** What a trace of Chromium has of an event of which there is a beginning and an end. */
interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  /** Microseconds for which the thread had the processor. */
  readonly tdur?: number;
  readonly args: { readonly name?: string };
}

/** The figure that is the step. */
const STEP = ".figures dd:nth-of-type(1)";

/** The playground in a page of a browser, as a person has it. */
export class Visit {
  readonly page: Page;
  /** What the page said went wrong, on its console or by itself. */
  readonly faults: string[] = [];
  /** What it asked for beyond its own origin. */
  readonly strays: string[] = [];

  private constructor(page: Page) {
    this.page = page;
  }

  static async begin({ browser }: Opened, { url }: Pick<Site, "url">, look: Look = {}): Promise<Visit> {
    const { width = 1440, height = 1000, scheme = "light", path = "?lang=en" } = look;
    // Nothing of another visit is remembered.
    const context = await browser.createBrowserContext();
    const page = await context.newPage();
    const visit = new Visit(page);
    page.setDefaultTimeout(120_000);
    page.on("console", (message: ConsoleMessage) => {
      if (["error", "warn"].includes(message.type())) visit.faults.push(message.text());
    });
    page.on("pageerror", (error) => visit.faults.push(`${error}`));
    const own = new URL(url).origin;
    page.on("request", (request) => {
      const asked = request.url();
      if (!/^(data|blob|about):/.test(asked) && new URL(asked).origin !== own) visit.strays.push(asked);
    });
    await page.setViewport({ width, height });
    if (scheme === "dark") await page.evaluateOnNewDocument(() => localStorage.setItem("ganvas.theme", "dark"));
    await page.goto(new URL(path, url).href);
    await page.waitForSelector('#play:not([aria-disabled="true"])');
    return visit;
  }

  async end(): Promise<void> {
    await this.page.browserContext().close();
  }

  /** Where the GAN is, once the browser has told of it. */
  async worker(): Promise<WebWorker> {
    return this.page.workers()[0] ?? new Promise((resolve) => this.page.once("workercreated", resolve));
  }

  /** Presses what a selector finds, wherever it is on the page, once it can be pressed. */
  async press(selector: string): Promise<void> {
    await this.until(`${selector} to be pressed`, (what) => document.querySelector(what)?.ariaDisabled !== "true", selector);
    await this.page.locator(selector).click();
  }

  /** Waits until something on the page holds for a selector and what is looked for. @param what is said if it never does */
  async until(what: string, holds: (selector: string, wanted: string) => boolean, selector: string, wanted = ""): Promise<void> {
    await this.page.waitForFunction(holds, { polling: 50 }, selector, wanted).catch(async (error: Error) => {
      throw new Error(
        `never came: ${what} (${error.message}); the page says: ${await this.text(".status, .figures, .message:not([hidden])")} ${this.faults.join("; ")}`,
      );
    });
  }

  text(selector: string): Promise<string> {
    return this.page.$$eval(selector, (elements) => elements.map((element) => element.textContent).join(" "));
  }

  /** Waits until something has a text in it. */
  async reads(selector: string, text: string): Promise<void> {
    await this.until(
      `“${text}” in ${selector}`,
      (where, what) => [...document.querySelectorAll(where)].some((element) => (element.textContent ?? "").includes(what)),
      selector,
      text,
    );
  }

  /** Steps that the training has done. */
  async step(): Promise<number> {
    return Number((await this.text(STEP)).replace(/\D/g, ""));
  }

  /** Waits until so many steps are told, and nothing is under way. */
  async figure(step: number): Promise<void> {
    await this.until(
      `step ${step}`,
      (figure, wanted) =>
        document.querySelector(figure)!.textContent!.replace(/\D/g, "") === wanted && document.querySelector("#step")!.ariaDisabled !== "true",
      STEP,
      `${step}`,
    );
  }

  /**
   * The tasks of the main thread in the time to come, in Chromium: milliseconds for which each had the processor. How long they took by the clock would tell
   * of whatever else runs on this machine.
   */
  async tasks(milliseconds: number): Promise<number[]> {
    await this.page.tracing.start({ categories: ["toplevel"] });
    await new Promise((resolve) => setTimeout(resolve, milliseconds));
    const { traceEvents } = JSON.parse(Buffer.from((await this.page.tracing.stop())!).toString()) as { readonly traceEvents: readonly TraceEvent[] };
    const threadOf = ({ pid, tid }: TraceEvent): string => `${pid} ${tid}`;
    const main = new Set(traceEvents.filter(({ name, args }) => name === "thread_name" && args.name === "CrRendererMain").map(threadOf));
    const tasks = traceEvents.filter((event) => event.ph === "X" && event.name.endsWith("RunTask") && main.has(threadOf(event)));
    // Of those that were under way when the trace began it is not known.
    return tasks.flatMap(({ tdur }) => (tdur === undefined ? [] : tdur / 1000));
  }

  async choose(setting: string, value: string): Promise<void> {
    await this.page.$eval("details.more", (details) => {
      (details as HTMLDetailsElement).open = true;
    });
    await this.page.select(`#setting-${setting}`, value);
  }

  /** Plays until so many steps are done, and pauses. */
  async train(steps: number): Promise<number> {
    await this.press("#play");
    await this.until(
      `step ${steps}`,
      (figure, wanted) => Number(document.querySelector(figure)!.textContent!.replace(/\D/g, "")) >= Number(wanted),
      STEP,
      `${steps}`,
    );
    await this.press("#play");
    await this.reads(".status", "Paused");
    return this.step();
  }
}
