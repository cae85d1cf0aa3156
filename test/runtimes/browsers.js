/** Browsers of this machine, without a window. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, request } from "node:http";
import { extname, join, normalize } from "node:path";
import { CHROMIUM, openChromium } from "../chromium.js";
import { visit } from "../pages.js";
import { start } from "../processes.js";
import { Missing } from "./consumers.js";

const PAGE_MS = 90_000;

const find = (...paths) => paths.find((path) => path && existsSync(path));

const LIBRARIES = `/usr/lib/${process.arch === "arm64" ? "aarch64" : "x86_64"}-linux-gnu`;
const FIREFOX = find(process.env.FIREFOX, "/usr/bin/firefox-esr", "/usr/bin/firefox");
const WEBKIT = {
  driver: find("/usr/bin/WebKitWebDriver"),
  browser: find(`${LIBRARIES}/webkit2gtk-4.1/MiniBrowser`, `${LIBRARIES}/webkitgtk-6.0/MiniBrowser`),
  display: find("/usr/bin/Xvfb"),
};

/** No welcome, no updates, nothing sent anywhere. */
const FIREFOX_SETTINGS = {
  "browser.aboutwelcome.enabled": false,
  "browser.shell.checkDefaultBrowser": false,
  "browser.startup.homepage_override.mstone": "ignore",
  "datareporting.policy.dataSubmissionEnabled": false,
  "toolkit.telemetry.reportingpolicy.firstRun": false,
  "app.update.enabled": false,
  "network.captive-portal-service.enabled": false,
  "network.connectivity-service.enabled": false,
};

function openFirefox(url, scratch) {
  const settings = Object.entries(FIREFOX_SETTINGS).map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});`);
  writeFileSync(join(scratch, "user.js"), settings.join("\n"));
  return start(FIREFOX, ["--headless", "--no-remote", "--profile", scratch, url], {
    env: { ...process.env, HOME: scratch, XDG_RUNTIME_DIR: scratch },
  });
}

/** The first line that a program writes to its fourth stream. */
function firstLine(program) {
  return new Promise((resolve, reject) => {
    program.stdio[3].setEncoding("utf8").once("data", (text) => resolve(text.trim()));
    program.ended.then((code) => reject(new Error(`it ended: ${code} ${program.said()}`)));
  });
}

/** A port that nothing listens to. */
export async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Waits until an address of a program is answered. @throws what the program said when it ends, or the signal ends the wait */
export async function answered(url, program, signal) {
  let ended = false;
  program.ended.then(() => {
    ended = true;
  });
  for (;;) {
    try {
      return await fetch(url, { signal });
    } catch (error) {
      if (ended || signal.aborted) throw new Error(`${error.message}: ${program.said()}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

/** A screen that is not there, and on it a browser that is told by WebDriver what to open. */
const openWebKit = (engine) => (url, scratch) => {
  const programs = [];
  const stop = new AbortController();
  const begin = async () => {
    const display = start(WEBKIT.display, ["-displayfd", "3", "-screen", "0", "800x600x24", "-nolisten", "tcp", "-terminate"], {
      stdio: ["ignore", "pipe", "pipe", "pipe"],
    });
    programs.push(display);
    const number = await firstLine(display);
    const port = await freePort();
    const env = {
      ...process.env,
      DISPLAY: `:${number}`,
      HOME: scratch,
      XDG_RUNTIME_DIR: scratch,
      WEBKIT_DISABLE_COMPOSITING_MODE: "1",
      GDK_BACKEND: "x11",
      NO_AT_BRIDGE: "1",
      ...engine,
    };
    const driver = start(WEBKIT.driver, [`--port=${port}`, "--host=127.0.0.1"], { env });
    programs.push(driver);
    const post = async (path, body) => {
      const response = await fetch(`http://127.0.0.1:${port}/session${path}`, { method: "POST", body: JSON.stringify(body), signal: stop.signal });
      const { value } = await response.json();
      if (!response.ok) throw new Error(`${value.error}: ${value.message}`);
      return value;
    };
    await answered(`http://127.0.0.1:${port}/status`, driver, stop.signal);
    const options = { binary: WEBKIT.browser, args: ["--automation"] };
    const { sessionId } = await post("", { capabilities: { alwaysMatch: { "webkitgtk:browserOptions": options } } });
    await post(`/${sessionId}/url`, { url });
    return driver.ended;
  };
  const begun = begin();
  return {
    ended: begun.catch((error) => error.message),
    async kill() {
      stop.abort();
      const [display, driver] = programs;
      await driver?.kill();
      // By itself, as its last client is gone: it then removes its files.
      await Promise.race([display.ended, new Promise((resolve) => setTimeout(resolve, 2000))]);
      await display.kill();
    },
  };
};

const WEBKIT_PACKAGES = Object.values(WEBKIT).every(Boolean) ? null : "webkit2gtk-driver xvfb";

const BROWSERS = {
  chromium: { packages: CHROMIUM ? null : "chromium", open: openChromium, flags: ["--enable-logging=stderr"] },
  firefox: { packages: FIREFOX ? null : "firefox-esr", open: openFirefox },
  webkit: { packages: WEBKIT_PACKAGES, open: openWebKit({}) },
  // WebKitGTK keeps shared memory from all pages, isolated or not; its engine has it.
  webkitShared: { packages: WEBKIT_PACKAGES, open: openWebKit({ JSC_useSharedArrayBuffer: "1" }) },
};

/** What a page posts as its last word, from a browser that is served by `serve`. @throws Missing without the browser */
export async function inBrowser(name, { serve, headers, log, limit = PAGE_MS, signal }) {
  const { packages, open, flags } = BROWSERS[name];
  if (packages) throw new Missing(`not here: apt-get install ${packages}`);
  const complaints = [];
  const hear = (text) => {
    for (const [, words] of text.matchAll(/CONSOLE[:(]\d+\)?\]? "(.*)", source/g))
      if (/error|fail|refused|blocked/i.test(words)) complaints.push(words);
  };
  const outcome = await visit({
    serve,
    headers,
    ...(log && { log }),
    open: (url, scratch) => open(url, scratch, flags && { flags, hear }),
    limit,
    signal,
  });
  const result = outcome.posted ? JSON.parse(outcome.posted) : outcome;
  return result.fault && complaints.length > 0 ? { ...result, fault: [...new Set([result.fault, ...complaints])].join("; ") } : result;
}

/** Tells the server of scripts that do not load or throw before the program's own word. */
const TELL_FAULTS = `<script>
addEventListener("error", ({ message, target }) => {
  const fault = message || "did not load: " + (target.src || target.href);
  fetch("/done", { method: "POST", body: JSON.stringify({ fault }) });
}, true);
</script>`;

/** A page by hand. @param head what it has besides */
export const pageOf = (head) => `<!doctype html>\n<html>\n<head>\n<meta charset="utf-8">\n${TELL_FAULTS}\n${head}\n</head>\n<body></body>\n</html>\n`;

const TYPES = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".wasm": "application/wasm",
  ".json": "application/json",
  ".css": "text/css",
};

/** Serves the files of a folder. */
export function serveFolder(folder) {
  return ({ url }, response, headers) => {
    const path = normalize(decodeURIComponent(new URL(url, "http://page").pathname));
    const file = join(folder, path.endsWith("/") ? `${path}index.html` : path);
    try {
      const content = readFileSync(file);
      response.writeHead(200, { "content-type": TYPES[extname(file)] ?? "application/octet-stream", ...headers }).end(content);
    } catch {
      response.writeHead(404).end();
    }
  };
}

/** Serves what another server of this machine serves, with more headers. */
export function servePort(port) {
  return ({ url, method, headers: { host, "accept-encoding": _, ...asked } }, response, headers) => {
    const forward = request({ host: "127.0.0.1", port, path: url, method, headers: asked }, (answer) => {
      response.writeHead(answer.statusCode, { ...answer.headers, ...headers });
      answer.pipe(response);
    });
    forward.on("error", () => response.writeHead(502).end());
    forward.end();
  };
}
