import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import axe from "axe-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { resolveSpec } from "../../src/gan/spec.ts";
import { createGAN, type GANOptions, loadGAN } from "../../src/index.ts";
import { ROOT, run } from "../child.ts";
import { CHROMIUM, type Look, type Opened, openChromium, type Site, scratch, serve, Visit } from "./browser.ts";

/** Files that a person drops: drawn by the page itself, but for those that are given as they are. */
async function drop(visit: Visit, pictures: number, others: Readonly<Record<string, string | readonly number[]>> = {}): Promise<void> {
  await visit.page.evaluate(
    async (count, rest) => {
      const transfer = new DataTransfer();
      for (let i = 0; i < count; i++) {
        const canvas = new OffscreenCanvas(60, 40 + i);
        const context = canvas.getContext("2d")!;
        context.fillStyle = `hsl(${60 * i} 80% 50%)`;
        context.fillRect(0, 0, 60, 40 + i);
        transfer.items.add(new File([await canvas.convertToBlob()], `picture-${i}.png`, { type: "image/png" }));
      }
      for (const [name, content] of Object.entries(rest))
        transfer.items.add(
          new File([typeof content === "string" ? content : new Uint8Array(content)], name, { type: name.endsWith(".png") ? "image/png" : "" }),
        );
      // Of an empty folder.
      if (transfer.items.length === 0) Object.defineProperty(transfer, "types", { value: ["Files"] });
      window.dispatchEvent(new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true }));
    },
    pictures,
    others,
  );
}

/** Has what the page gives to be kept put into a folder. */
async function keepDownloads({ page }: Visit): Promise<string> {
  const folder = scratch();
  const session = await page.browser().target().createCDPSession();
  const { browserContextId } = (await session.send("Target.getTargetInfo", { targetId: await targetOf(page) })).targetInfo;
  await session.send("Browser.setDownloadBehavior", { behavior: "allow", downloadPath: folder, ...(browserContextId && { browserContextId }) });
  return folder;
}

async function targetOf(page: Visit["page"]): Promise<string> {
  const session = await page.createCDPSession();
  const { targetInfo } = await session.send("Target.getTargetInfo");
  await session.detach();
  return targetInfo.targetId;
}

/** Chromium puts an empty file where another one, written whole, will take its place. */
const kept = (folder: string, name: string): Promise<Buffer> =>
  expect
    .poll(() => statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0, { timeout: 20_000 })
    .toBeGreaterThan(0)
    .then(() => readFileSync(join(folder, name)));

/** What axe finds against WCAG 2.2 AA, as lines that name the place. */
async function violations({ page }: Visit): Promise<string[]> {
  await page.evaluate(axe.source);
  const found = await page.evaluate(async () => {
    const { axe } = window as unknown as { axe: typeof import("axe-core") };
    const { violations } = await axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] });
    return violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 160)} ${failureSummary}`));
  });
  return found;
}

const name = CHROMIUM ? "the playground in Chromium" : "the playground in Chromium (skipped: Chromium is not installed)";

describe.skipIf(!CHROMIUM)(name, () => {
  let opened: Opened;
  let site: Site;
  let visit: Visit;
  let strangers = 0;

  beforeAll(async () => {
    site = await serve(true);
    opened = await openChromium();
  });
  afterAll(async () => {
    await opened?.close();
    await site?.close();
  });
  const open = async (look?: Look): Promise<Visit> => {
    visit = await Visit.begin(opened, site, look);
    strangers = opened.hosts.length;
    return visit;
  };
  /** Whatever a test does, nothing is said on the console, and nothing asked for beyond the page's origin. */
  afterEach(async () => {
    await visit.end();
    expect(visit.faults).toEqual([]);
    expect(visit.strays).toEqual([]);
    expect(opened.hosts.slice(strangers)).toEqual([]);
  });

  /** Gives it a model that was made elsewhere. */
  const load = async (models: Readonly<Record<string, GANOptions>>): Promise<void> => {
    const folder = scratch();
    const input = (await visit.page.$("#load-file"))! as unknown as { uploadFile(...paths: string[]): Promise<void> };
    for (const [file, options] of Object.entries(models)) {
      const gan = await createGAN({ ...options, backend: "wasm", threads: 1 });
      writeFileSync(join(folder, file), await gan.save());
      gan.dispose();
      await input.uploadFile(join(folder, file));
      await visit.reads(".status", "Paused");
    }
  };

  it("sends at most 150 kB before anybody trains", async () => {
    site.sent.clear();
    await open();
    await visit.until("a preview", (canvas) => document.querySelector<HTMLCanvasElement>(canvas)!.width > 100, "canvas.main");
    const total = [...site.sent.values()].reduce((sum, bytes) => sum + bytes, 0);
    expect(total, JSON.stringify([...site.sent])).toBeLessThan(150_000);
  });

  it("trains the ring, pauses, goes on by one step, starts over and brings back what there was", async () => {
    await open();
    await visit.page.select("#setting-data", "ring");
    const step = await visit.train(50);
    expect(step).toBeGreaterThanOrEqual(50);
    await visit.press("#step");
    await visit.figure(step + 1);
    await visit.reads(".status", "Paused");
    await visit.press("#reset");
    await visit.figure(0);
    await visit.press("#bring-back");
    await visit.figure(step + 1);
    expect(await visit.text(".message:not([hidden])")).toBe("");
  });

  it("keeps the focus, whatever its keys do", async () => {
    await open();
    const { page } = visit;
    const focused = (): Promise<string> => page.evaluate(() => document.activeElement!.id || document.activeElement!.tagName);
    const key = async (selector: string, key: "Enter" | "Space" = "Enter"): Promise<void> => {
      await visit.until(`${selector} to be pressed`, (what) => document.querySelector(what)?.ariaDisabled !== "true", selector);
      await page.focus(selector);
      await page.keyboard.press(key);
    };
    await page.select("#setting-data", "ring");
    for (const name of ["Enter", "Space"] as const) {
      const step = await visit.step();
      await key("#step", name);
      await visit.figure(step + 1);
      expect(await focused()).toBe("step");
    }
    await key("#reset");
    await visit.figure(0);
    expect(await focused()).toBe("reset");
    // What is gone when it was pressed leaves it to Play.
    await key("#bring-back");
    await visit.figure(2);
    expect(await focused()).toBe("play");
    await visit.choose("width", "8");
    await key(".settings .note button");
    await visit.figure(0);
    expect(await focused()).toBe("play");
    await visit.choose("width", "16");
    await key("#defaults");
    await visit.until("the default", (width) => document.querySelector<HTMLSelectElement>(width)!.value === "128", "#setting-width");
    expect(await focused()).toBe("defaults");
    await drop(visit, 0, { "notes.txt": "text" });
    await visit.reads(".message", "notes.txt");
    await key(".message:not([hidden]) button:last-child");
    expect(await focused()).toBe("play");
  });

  it("says the same in another language, and shows what it showed", async () => {
    await open();
    const { page } = visit;
    await visit.choose("width", "8");
    await visit.choose("batchSize", "16");
    await visit.train(2);
    await visit.press(".explore summary");
    await page.focus("#explore-place");
    await page.keyboard.press("End");
    await page.$eval("#explore-from", (input) => {
      (input as HTMLInputElement).value = "41";
      input.dispatchEvent(new Event("input", { bubbles: true }));
    });
    await drop(visit, 0, { "notes.txt": "text" });
    await visit.reads(".message", "neither a model");
    await page.focus("#language");
    await page.select("#language", "zh");
    await visit.reads(".message", "notes.txt");
    await visit.reads(".message", "既不是");
    await visit.until("the seed that was set", (from) => document.querySelector<HTMLInputElement>(from)?.value === "41", "#explore-from");
    expect(await page.$eval("#explore-place", (slider) => (slider as HTMLInputElement).value)).toBe("64");
    expect(await page.$eval("details.more", (details) => (details as HTMLDetailsElement).open)).toBe(true);
    expect(await page.$eval(".explore details", (details) => (details as HTMLDetailsElement).open)).toBe(true);
    await visit.until("the focus where it was", () => document.activeElement?.id === "language", "");
    await page.select("#language", "en");
    await visit.reads(".message", "neither a model");
  });

  it("trains what the page says, whatever is changed while its curves are fetched", async () => {
    await open();
    const { page } = visit;
    await drop(visit, 3);
    await visit.reads(".figures", "3");
    await visit.choose("width", "8");
    await drop(visit, 3);
    await visit.reads(".figures", "3");
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    site.holdBack(/curves/, held);
    await visit.press("#play");
    await page.select("#setting-objective", "hinge");
    release();
    await visit.until("step 2", (figure) => Number(document.querySelector(figure)!.textContent!.replace(/\D/g, "")) >= 2, ".figures dd");
    await visit.press("#play");
    await visit.reads(".status", "Paused");
    const step = await visit.step();
    await visit.press("#step");
    await visit.figure(step + 1);
    expect(await page.$eval("#save", ({ ariaDisabled }) => ariaDisabled)).toBe("false");
    await visit.reads(".settings .note:not([hidden])", "next start");
  });

  it("stays paused, and at one step, when something else fails", async () => {
    await open();
    await visit.choose("width", "8");
    await visit.choose("batchSize", "16");
    await visit.press("#play");
    await visit.until("step 2", (figure) => Number(document.querySelector(figure)!.textContent!.replace(/\D/g, "")) >= 2, ".figures dd");
    await visit.press("#play");
    await drop(visit, 0, { "broken.safetensors": "this is no model" });
    await visit.reads(".message", "broken.safetensors");
    await visit.reads(".status", "Paused");
    const step = await visit.step();
    await visit.page.evaluate(() => document.querySelector<HTMLButtonElement>("#step")!.click());
    await drop(visit, 0, { "worse.safetensors": "this is no model" });
    await visit.reads(".message", "worse.safetensors");
    await visit.figure(step + 1);
    await visit.reads(".status", "Paused");
  });

  it("leaves alone what somebody types, and who has left", async () => {
    await open();
    const { page } = visit;
    await page.$eval("details.more", (details) => details.setAttribute("open", ""));
    await visit.press("#step");
    await visit.figure(1);
    await page.evaluate(() => document.querySelector<HTMLButtonElement>("#reset")!.click());
    await page.$eval("#setting-seed", (input) => (input as HTMLInputElement).select());
    await page.type("#setting-seed", "4321");
    await visit.figure(0);
    expect(await page.$eval("#setting-seed", (input) => (input as HTMLInputElement).value)).toBe("4321");
    // What it is left for is still there.
    await page.focus("#setting-width");
    expect(await page.evaluate(() => document.activeElement!.id)).toBe("setting-width");
    await page.focus("#more-settings");
    await page.select("#setting-width", "8");
    await visit.until("the focus where it was", () => document.activeElement?.id === "more-settings", "");
    // A click on the ground.
    await page.mouse.click(720, 995);
    expect(await page.evaluate(() => document.activeElement === document.body)).toBe(true);
    await page.select("#setting-width", "16");
    expect(await page.evaluate(() => document.activeElement === document.body)).toBe(true);
  });

  it("computes where it is set to, however often that is changed", async () => {
    await open();
    await visit.page.select("#setting-data", "ring");
    await visit.press("#step");
    await visit.figure(1);
    await visit.page.evaluate(() => {
      for (const value of ["wasm", "auto"]) {
        const select = document.querySelector<HTMLSelectElement>("#setting-backend")!;
        select.value = value;
        select.dispatchEvent(new Event("change", { bubbles: true }));
      }
    });
    await visit.press("#step");
    await visit.figure(2);
    expect(await visit.text(".settings .note:not([hidden])")).toBe("");
  });

  it("keeps to whole numbers for the seed", async () => {
    await open();
    const { page } = visit;
    await page.$eval("details.more", (details) => details.setAttribute("open", ""));
    const type = async (text: string): Promise<void> => {
      await page.$eval("#setting-seed", (input) => (input as HTMLInputElement).select());
      await page.type("#setting-seed", text);
      await page.keyboard.press("Enter");
    };
    await type("1.5");
    expect(await page.$eval("#setting-seed", (input) => (input as HTMLInputElement).validity.valid)).toBe(false);
    await type("12");
    await visit.press("#code");
    await visit.reads("dialog pre", "seed: 12");
    await visit.press("dialog button");
  });

  it("gives code that runs in Node as it stands", async () => {
    await open();
    await visit.page
      .browserContext()
      .overridePermissions(new URL(site.url).origin, ["clipboard-read", "clipboard-write", "clipboard-sanitized-write"]);
    await visit.page.select("#setting-data", "ring");
    const step = await visit.train(20);
    await visit.press("#code");
    await visit.reads("dialog", "Copied");
    const code = await visit.page.evaluate(() => navigator.clipboard.readText());
    expect(code).toBe(await visit.text("dialog pre"));
    expect(code).toContain(`steps: ${step}`);
    await visit.press("dialog button");
    const folder = scratch();
    mkdirSync(join(folder, "node_modules"));
    symlinkSync(ROOT, join(folder, "node_modules/ganvas"));
    writeFileSync(join(folder, "program.mjs"), code);
    const { code: exit, stderr } = await run(process.execPath, ["program.mjs"], { cwd: folder });
    expect(exit, stderr).toBe(0);
    expect(readdirSync(folder)).toEqual(expect.arrayContaining(["model.safetensors", "points.svg"]));
  });

  it("trains faces, saves, loads and exports", async () => {
    await open();
    const folder = await keepDownloads(visit);
    await visit.choose("width", "8");
    await visit.choose("batchSize", "16");
    const step = await visit.train(50);
    expect(step).toBeGreaterThanOrEqual(50);
    await visit.press("#png");
    const png = await kept(folder, "samples.png");
    expect(png.subarray(1, 4).toString()).toBe("PNG");
    await visit.press("#save");
    const model = await kept(folder, "model.safetensors");
    expect(model.length).toBeGreaterThan(10_000);
    await visit.press("#reset");
    await visit.figure(0);
    const input = (await visit.page.$("#load-file"))! as unknown as { uploadFile(...paths: string[]): Promise<void> };
    await input.uploadFile(join(folder, "model.safetensors"));
    await visit.figure(step);
    // A file that is none is refused, and what there was stays.
    const broken = join(folder, "broken.safetensors");
    writeFileSync(broken, "this is no model");
    await input.uploadFile(broken);
    await visit.reads(".message", "broken.safetensors");
    expect(await visit.step()).toBe(step);
  });

  it("takes a model of points of classes, and of what it has no data for", async () => {
    await open();
    await load({ "classes.safetensors": { shape: [2], width: 16, condition: { classes: 8 } } });
    await visit.until("the ring", (data) => document.querySelector<HTMLSelectElement>(data)!.value === "ring", "#setting-data");
    const step = await visit.train(20);
    await load({ "wide.safetensors": { shape: [32, 64, 3], width: 8 } });
    await visit.reads(".message", "32 × 64 × 3");
    const { width, height } = (await (await visit.page.$("canvas.main"))!.boundingBox())!;
    expect(width / height).toBeCloseTo((8 * 65 - 1) / (8 * 33 - 1), 1);
    await visit.press("#code");
    await visit.reads("dialog pre", "loadGAN(");
    expect(await visit.text("dialog pre")).not.toContain("train");
    await visit.press("dialog button");
    await visit.press("#bring-back");
    await visit.figure(step);
    await visit.reads("figcaption", "Blue: the data, where");
    // A station of the tour is what is trained, whatever was loaded.
    await load({ "new.safetensors": { shape: [32, 32, 3], width: 8 } });
    await visit.press("#tour-button");
    await visit.until("points", (canvas) => document.querySelector<HTMLCanvasElement>(canvas)!.classList.contains("plane"), "canvas.main");
    await visit.press("#tour-button");
    for (const [file, caption] of [
      [{ "line.safetensors": { shape: [1], width: 8 } }, "along a line"],
      [{ "five.safetensors": { shape: [5], width: 8 } }, "first two of the 5 numbers"],
    ] as const) {
      await load(file);
      await visit.reads("figcaption", caption);
    }
  });

  it("says what a model from a file is, and starts over as that", async () => {
    await open();
    const folder = await keepDownloads(visit);
    const options = { shape: [32, 32, 3], width: 12, batchSize: 12, optimizer: { generator: { learningRate: 3.3e-4 } }, seed: 3, latent: 20 };
    await load({ "own.safetensors": options });
    const chosen = (setting: string): Promise<string> =>
      visit.page.$eval(`#setting-${setting}`, (select) => (select as HTMLSelectElement).selectedOptions[0]!.textContent!);
    expect(await Promise.all(["architecture", "objective", "learningRate", "batchSize"].map(chosen))).toEqual([
      "as in the file",
      "as in the file: non-saturating",
      "as in the file: 0.00033",
      "12",
    ]);
    expect(await visit.page.$("#setting-width")).toBeNull();
    await visit.press("#reset");
    await visit.figure(0);
    await visit.press("#save");
    const again = await loadGAN(await kept(folder, "model.safetensors"), { threads: 1 });
    const { seed, ...wanted } = resolveSpec(options);
    expect(again.spec).toEqual({ ...wanted, seed });
    again.dispose();
  });

  it("learns from five pictures that were dropped, and says which file is none", async () => {
    await open();
    await drop(visit, 5, { "broken.png": "not a picture at all" });
    await visit.reads(".message", "broken.png");
    await visit.reads(".figures", "5");
    expect(await visit.text(".message")).toContain("picture that this browser can");
    await visit.train(2);
    // None of them a picture: what is trained stays.
    const step = await visit.step();
    await drop(visit, 0, { "broken.png": "not a picture at all", "other.png": "" });
    await visit.reads(".message", "other.png");
    expect(await visit.step()).toBe(step);
    await drop(visit, 0, { "notes.txt": "text" });
    await visit.reads(".message", "notes.txt");
    await drop(visit, 0);
    await visit.reads(".message", "no files");
    // Those that are trained on are there still, and those of what is brought back with it.
    expect(await visit.text(".drop")).toContain("Files given: 6");
    await visit.page.select("#setting-data", "ring");
    await visit.page.select("#setting-data", "pictures");
    expect(await visit.text(".drop")).toContain("Files given: 6");
    await drop(visit, 3);
    await visit.reads(".drop", "Files given: 3");
    await visit.figure(0);
    await visit.press("#bring-back");
    await visit.figure(step);
    await visit.reads(".drop", "Files given: 6");
    await visit.reads(".figures", "5");
    await visit.press("#step");
    await visit.figure(step + 1);
  });

  it("tells how far reading many pictures has come, and leaves it when asked", async () => {
    await open();
    await (await visit.worker()).evaluate(() => {
      const create = createImageBitmap;
      globalThis.createImageBitmap = (async (...given: Parameters<typeof create>) => {
        await new Promise((resolve) => setTimeout(resolve, 100));
        return create(...given);
      }) as typeof create;
    });
    await drop(visit, 40);
    await visit.reads(".reading:not([hidden])", "of 40");
    await visit.press("#cancel-reading");
    await visit.until("it to be left", (box) => document.querySelector<HTMLElement>(box)!.hidden, ".reading");
    expect(await visit.page.$eval("#setting-data", (data) => (data as HTMLSelectElement).value)).toBe("faces32");
    expect(await visit.text(".message:not([hidden])")).toBe("");
    await drop(visit, 4);
    await visit.reads(".drop", "Files given: 4");
  });

  const big = (...sizes: number[]): number[] => sizes.flatMap((size) => [0, 0, size >> 8, size & 255]);
  const IMAGES = [0, 0, 8, 3, ...big(20, 28, 28), ...Array.from({ length: 20 * 28 * 28 }, (_, i) => i % 251)];
  const LABELS = [0, 0, 8, 1, ...big(20), ...Array.from({ length: 20 }, (_, i) => i % 10)];

  it("learns digits from a file of images, whatever lies beside it", async () => {
    await open();
    await drop(visit, 0, { "other-labels-idx1-ubyte": [0, 0, 8, 1, ...big(3), 1, 2, 3], "t10k-images-idx3-ubyte": IMAGES });
    await visit.reads(".message", "other-labels-idx1-ubyte");
    await visit.reads(".figures", "20");
    await visit.choose("width", "8");
    await visit.train(2);
    await drop(visit, 0, { "train-images-idx3-ubyte": IMAGES.slice(0, 100) });
    await visit.reads(".message", "train-images-idx3-ubyte");
    expect(await visit.step()).toBeGreaterThanOrEqual(2);
    await visit.press("#code");
    await visit.reads("dialog pre", 'mnist({ images: await readFile("t10k-images-idx3-ubyte") })');
    await visit.press("dialog button");
  });

  it("tells files apart by what they are", async () => {
    await open();
    await drop(visit, 3, { "notes.gz": "text" });
    await visit.reads(".message", "notes.gz");
    await visit.reads(".figures", "3");
    const few = [0, 0, 8, 3, ...big(10, 28, 28), ...IMAGES.slice(16, 16 + 7840)];
    await drop(visit, 0, { "a-images-idx3-ubyte": few, "b-labels-idx1-ubyte": LABELS, "b-images-idx3-ubyte": IMAGES });
    await visit.reads(".message", "a-images-idx3-ubyte (an array of 10 × 28 × 28: b-images-idx3-ubyte is learned from)");
    await visit.reads(".figures", "20");
    const gan = await createGAN({ shape: [2], width: 8, backend: "wasm", threads: 1 });
    await drop(visit, 1, { "model.safetensors": [...(await gan.save())] });
    gan.dispose();
    await visit.reads(".message", "picture-0.png");
    await drop(visit, 1, { "broken.safetensors": "this is no model" });
    await visit.reads(".message.error", "broken.safetensors");
    await visit.until("points", (data) => document.querySelector<HTMLSelectElement>(data)!.value === "ring", "#setting-data");
  });

  it("has a model of classes learn from digits that have their labels", async () => {
    await open();
    await load({ "digits.safetensors": { shape: [28, 28, 1], width: 8, condition: { classes: 10 }, batchSize: 16 } });
    await visit.reads(".message", "such labels");
    await drop(visit, 0, { "t10k-images-idx3-ubyte": IMAGES });
    await visit.reads(".message.error", "such labels");
    await visit.press("#reset");
    await visit.reads(".message.error", "no labels that fit");
    expect(await visit.text(".drop")).toContain("Files given: 1");
    await drop(visit, 0, { "t10k-images-idx3-ubyte": IMAGES, "t10k-labels-idx1-ubyte": LABELS });
    await visit.reads(".figures", "20");
    expect(await visit.text(".message:not([hidden])")).toBe("");
    expect(await visit.train(2)).toBeGreaterThanOrEqual(2);
  });

  it("says what is wrong, and starts over with what helps", async () => {
    await open();
    const folder = await keepDownloads(visit);
    await visit.press("#tour-button");
    await visit.press('#tour button[aria-label^="4:"]');
    await visit.reads("#tour .position", "4 of 6");
    await visit.press("#play");
    await visit.reads(".health", "vanishing-gradient");
    await visit.press(".health button");
    await visit.figure(0);
    expect(await visit.page.$eval("#setting-objective", (select) => (select as HTMLSelectElement).value)).toBe("non-saturating-r1");
    expect(await visit.text(".health")).toBe("");
    await visit.page.select("#setting-data", "grid");
    await visit.press("#step");
    await visit.figure(1);
    await visit.press("#png");
    expect((await kept(folder, "points.png")).subarray(1, 4).toString()).toBe("PNG");
  });

  it("goes through the tour by the keyboard alone", async () => {
    await open();
    await visit.page.focus("#tour-button");
    await visit.page.keyboard.press("Enter");
    const stations = 6;
    for (let station = 1; station <= stations; station++) {
      await visit.reads("#tour .position", `${station} of ${stations}`);
      await visit.until("the focus at the heading", () => document.activeElement?.id === "station-heading", "");
      expect(await visit.page.$$eval("#tour [aria-current]", (marks) => marks.map(({ textContent }) => textContent))).toEqual([`${station}`]);
      if (station === stations) break;
      await visit.page.focus("#tour .steps button:last-child");
      await visit.page.keyboard.press("Enter");
    }
    expect(await visit.page.$eval("#setting-objective", (select) => (select as HTMLSelectElement).value)).toBe("wasserstein");
    expect(await visit.page.$eval("#tour .steps button:last-child", (next) => (next as HTMLButtonElement).disabled)).toBe(true);
    // In another language it is where it was.
    await visit.page.select("#language", "zh");
    await visit.reads("#tour .position", "第 6 站");
    await visit.press("#tour-button");
    await visit.until("the tour to close", (tour) => document.querySelector(tour)!.childElementCount === 0, "#tour");
  });

  it("explores what was learned, by keys and by dragging", async () => {
    await open();
    await visit.choose("width", "8");
    await visit.choose("batchSize", "16");
    await visit.train(2);
    await visit.press(".explore summary");
    const drawn = (tool: string): Promise<string> =>
      visit.page.$eval(`[aria-labelledby="explore-${tool}-heading"] canvas`, (canvas) => (canvas as HTMLCanvasElement).toDataURL());
    const labelled = (tool: string, label: string): Promise<void> =>
      visit.until(
        label,
        (canvas, text) => (document.querySelector(canvas)!.getAttribute("aria-label") ?? "").includes(text),
        `[aria-labelledby="explore-${tool}-heading"] canvas`,
        label,
      );
    await labelled("between", "50 %");
    const middle = await drawn("between");
    await visit.page.focus("#explore-place");
    await visit.page.keyboard.press("End");
    await labelled("between", "100 %");
    const end = await drawn("between");
    expect(end).not.toBe(middle);

    await labelled("walk", "0° and 0°");
    const start = await drawn("walk");
    await visit.page.focus("#explore-pad");
    for (const key of ["ArrowRight", "ArrowRight", "ArrowUp"] as const) await visit.page.keyboard.press(key);
    await labelled("walk", "10° and 5°");
    expect(await drawn("walk")).not.toBe(start);
    await visit.page.keyboard.press("Home");
    await labelled("walk", "0° and 0°");
    expect(await drawn("walk")).toBe(start);
    const pad = (await (await visit.page.$("#explore-pad"))!.boundingBox())!;
    await visit.page.mouse.move(pad.x + pad.width / 2, pad.y + pad.height / 2);
    await visit.page.mouse.down();
    await visit.page.mouse.move(pad.x + pad.width + 50, pad.y + pad.height / 2, { steps: 5 });
    await visit.page.mouse.up();
    await labelled("walk", "90° and ");
    await visit.press("#explore-other");
    await labelled("walk", "0° and 0°");
    expect(await drawn("walk")).not.toBe(start);

    await labelled("truncation", "off");
    await visit.page.focus("#explore-truncation");
    await visit.page.keyboard.press("Home");
    await labelled("truncation", "0.1");

    await visit.page.keyboard.press("End");
    await labelled("truncation", "off");
    await visit.press("#explore-show");
    await visit.until("a hash", (hash) => /^[0-9a-f]{64}$/.test(document.querySelector(hash)!.textContent!), "#explore-hash");
    const hash = await visit.text("#explore-hash");
    await visit.press("#explore-show");
    await visit.until("the hash again", (copy) => document.querySelector(copy)!.ariaDisabled !== "true", "#explore-copy");
    expect(await visit.text("#explore-hash")).toBe(hash);
    expect(await visit.text(".explore .failed")).toBe("");
  });

  it("keeps the main thread free while it trains", async () => {
    await open();
    await visit.page.select("#setting-data", "ring");
    await visit.press("#play");
    await visit.until("the curves", (canvas) => document.querySelector(canvas) !== null, "#divergence canvas");
    await visit.until(
      "step 20",
      (figure) => Number(document.querySelector(figure)!.textContent!.replace(/\D/g, "")) >= 20,
      ".figures dd:nth-of-type(1)",
    );
    // Those above 50 ms are long: https://www.w3.org/TR/longtasks-1/. What the page does itself, it does in every window; other programs only get in its way in some.
    const long: number[][] = [];
    for (let i = 0; i < 4 && !long.some((tasks) => tasks.length === 0); i++) {
      const before = await visit.step();
      const tasks = await visit.tasks(3000);
      expect(await visit.step()).toBeGreaterThan(before);
      expect(tasks.length).toBeGreaterThan(10);
      long.push(tasks.filter((milliseconds) => milliseconds > 50));
    }
    expect(long).toContainEqual([]);
    await visit.press("#play");
    await visit.reads(".status", "Paused");
  });

  describe.each([
    ["wide", 1440, "light"],
    ["wide", 1440, "dark"],
    ["of a phone", 390, "light"],
    ["of a phone", 390, "dark"],
  ] as const)("in a window %s (%i pixels), %s", (_, width, scheme) => {
    it("can be read and used by everyone, and fits", async () => {
      await open({ width, scheme });
      await visit.press("#tour-button");
      await visit.reads("#tour .position", "1 of 6");
      await visit.train(5);
      await visit.press(".explore summary");
      await visit.page.$eval("details.more", (details) => {
        (details as HTMLDetailsElement).open = true;
      });
      expect(await violations(visit)).toEqual([]);
      const ids = await visit.page.$$eval("[id]", (elements) => elements.map(({ id }) => id));
      expect(ids).toEqual([...new Set(ids)]);
      expect(await visit.page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    });
  });

  it("takes every choice of every setting without a word", async () => {
    await open();
    await visit.page.$eval("details.more", (details) => {
      (details as HTMLDetailsElement).open = true;
    });
    const selects = await visit.page.$$eval("select", (elements) =>
      elements.map(({ id, options }) => ({ id, values: [...options].map(({ value }) => value) })),
    );
    expect(selects.map(({ id }) => id)).toEqual(
      expect.arrayContaining(["setting-data", "setting-objective", "setting-backend", "language", "theme"]),
    );
    for (const { id, values } of selects) {
      for (const value of [...values, values[0]!]) {
        await visit.page.select(`#${id}`, value);
        await visit.until(
          `${value} in ${id}`,
          (select, chosen) => document.querySelector<HTMLSelectElement>(select)?.value === chosen,
          `#${id}`,
          value,
        );
        // The page is made anew then, and what was found on it before is none of it.
        if (id === "language") await visit.until(`a page in ${value}`, (_, lang) => document.documentElement.lang === lang, "", value);
        if (id === "setting-data") await visit.page.$eval("details.more", (details) => details.setAttribute("open", ""));
      }
    }
    await visit.page.select("#language", "en");
    await visit.reads(".settings", "Back to the defaults");
    await visit.page.$eval("details.more", (details) => details.setAttribute("open", ""));
    const boxes = await visit.page.$$eval("input[type=checkbox]", (elements) => elements.map(({ id }) => id));
    expect(boxes.length).toBeGreaterThan(5);
    for (const box of boxes) await visit.press(`#${box}`);
    expect(await visit.text(".message:not([hidden])")).toBe("");
  });
});
