/** Pictures of the pages as people see them: `npm run playground:pictures -- [folder]`, once the playground is built. Chromium draws them. */
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import puppeteer from "puppeteer-core";
import { preview } from "vite";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const out = process.argv[2] ?? here("../bench-output");
const executablePath = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(
  (path) => path && existsSync(path),
);
if (!executablePath) throw new Error("Chromium is not installed: CHROMIUM names one that is elsewhere");

const WINDOWS = [
  ["wide", 1440, 1000],
  ["phone", 390, 844],
];
const THEMES = ["light", "dark"];

/** Plays until so many steps are done, and pauses. */
async function train(page, steps) {
  await page.locator("#play").click();
  await page.waitForFunction(
    (wanted) => Number(document.querySelector(".figures dd").textContent.replace(/\D/g, "")) >= wanted,
    { timeout: 300_000 },
    steps,
  );
  await page.locator("#play").click();
  await page.waitForSelector('#step:not([aria-disabled="true"])');
}

/** What is to be seen of each page, by name. */
const PAGES = {
  start: { path: "", async show() {} },
  faces: {
    path: "",
    async show(page) {
      await train(page, 300);
      await page.locator(".explore summary").click();
      await page.locator("#explore-show").click();
      await page.waitForFunction(() => document.querySelector("#explore-hash").textContent.length === 64);
    },
  },
  ring: {
    path: "?lang=en",
    async show(page) {
      await page.locator("#tour-button").click();
      await page.waitForSelector("#station-heading");
      await train(page, 400);
    },
  },
  bench: { path: "bench.html", async show() {} },
};

mkdirSync(out, { recursive: true });
const server = await preview({ root: here("."), configFile: here("vite.config.ts"), preview: { port: 0, host: "127.0.0.1" }, logLevel: "error" });
const { port } = server.httpServer.address();
const profile = mkdtempSync(join(tmpdir(), "ganvas-pictures-"));
const browser = await puppeteer.launch({
  executablePath,
  headless: true,
  userDataDir: profile,
  args: ["--no-sandbox", "--disable-dev-shm-usage"],
  env: { XDG_RUNTIME_DIR: profile, ...process.env },
});
try {
  for (const [name, { path, show }] of Object.entries(PAGES)) {
    // One training for all pictures of a page: only how it is looked at is another.
    const page = await browser.newPage();
    page.setDefaultTimeout(60_000);
    const [file] = path.split("?");
    if (file && !existsSync(here(`../dist-playground/${file}`))) continue;
    await page.goto(`http://127.0.0.1:${port}/${path || "?lang=en"}`, { waitUntil: "networkidle0" });
    await show(page);
    for (const theme of THEMES) {
      await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: theme }]);
      for (const [window, width, height] of WINDOWS) {
        await page.setViewport({ width, height });
        // The window is as long as the page before it is drawn: one that grows while it is may lack a part.
        const whole = await page.evaluate(() => document.documentElement.scrollHeight);
        await page.setViewport({ width, height: Math.max(height, whole) });
        await new Promise((resolve) => setTimeout(resolve, 600));
        const picture = join(out, `playground-${name}-${theme}-${window}.png`);
        await page.screenshot({ path: picture });
        console.log(picture);
      }
    }
    await page.close();
  }
} finally {
  await browser.close();
  await server.close();
  rmSync(profile, { recursive: true, force: true, maxRetries: 3 });
}
