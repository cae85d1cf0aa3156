/** The panel that explores, by itself in a page: what it asks of a session, and what it shows of the answers. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import type { Page } from "puppeteer-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Pictures, type Plane, REACH } from "../../playground/src/views/view.ts";
import { ROOT } from "../child.ts";
import { CHROMIUM, type Opened, openChromium } from "./browser.ts";

const words = (language: string): object => JSON.parse(readFileSync(join(ROOT, `playground/text/explore.${language}.json`), "utf8")) as object;

interface Request {
  readonly count?: number;
  readonly seed?: number;
  readonly truncation?: number;
  readonly latents?: Float32Array;
}

/** What is set in the panel, as a page can give it. */
interface State {
  readonly isOpen: boolean;
  readonly between: { readonly from: number; readonly to: number; readonly place: number };
  readonly walk: { readonly seed: number; readonly x: number; readonly y: number };
  readonly truncation: number | undefined;
  readonly fingerprint: { readonly seed: number; readonly shown: Request | undefined };
}

interface Panel {
  readonly state: State;
  refresh(): void;
}

declare global {
  interface Window {
    playground: {
      mountExplore(options: object): Panel;
      drawPictures(canvas: HTMLCanvasElement, pictures: Pictures): void;
      drawPlane(canvas: HTMLCanvasElement, plane: Plane, bounded: boolean): void;
    };
    panel: Panel;
    /** Seeds of all latents and hashes that were asked for. */
    seeds: number[];
    /** One of what the generator makes: all that it makes are alike. */
    made: { readonly data: readonly number[]; readonly shape: readonly number[] };
    /** What is said instead of a hash, where there is none. */
    noHash: string | undefined;
    mount(words: object, from?: State): void;
  }
}

/** A session of which all latents of a seed are that seed. */
function prepare(): void {
  [window.seeds, window.made, window.noHash] = [[], { data: [0, 0], shape: [2] }, undefined];
  const session = {
    async latents({ count, seed }: { count: number; seed: number }) {
      window.seeds.push(seed);
      return new Float32Array(4 * count).fill(seed);
    },
    interpolate: async (a: Float32Array, _b: Float32Array, steps: number) => new Float32Array(steps * a.length),
    async sample({ latents, count = latents ? latents.length / 4 : 1 }: Request) {
      const { data, shape } = window.made;
      return { data: Float32Array.from({ length: count * data.length }, (_, i) => data[i % data.length]!), shape: [count, ...shape] };
    },
    async fingerprint({ seed }: { seed: number }) {
      window.seeds.push(seed);
      if (window.noHash) throw new Error(window.noHash);
      return { hash: `${seed}`.padStart(64, "0") };
    },
  };
  window.mount = (explore, from) => {
    window.panel = window.playground.mountExplore({ root: document.querySelector("main"), words: { explore }, session, from });
  };
}

const TOOLS = ["between", "walk", "truncation", "seed"] as const;
const canvasOf = (tool: (typeof TOOLS)[number]): string => `[aria-labelledby="explore-${tool}-heading"] canvas`;
const hashOf = (seed: number): string => `${seed}`.padStart(64, "0");

const name = CHROMIUM ? "the panel that explores" : "the panel that explores (skipped: Chromium is not installed)";

describe.skipIf(!CHROMIUM)(name, () => {
  let opened: Opened;
  let page: Page;
  let script: string;

  beforeAll(async () => {
    const { outputFiles } = await build({
      stdin: {
        contents: 'export * from "./explore.ts"; export * from "./views/pictures.ts"; export * from "./views/plane.ts";',
        resolveDir: join(ROOT, "playground/src"),
      },
      bundle: true,
      format: "iife",
      globalName: "playground",
      loader: { ".css": "empty" },
      write: false,
    });
    script = outputFiles[0]!.text;
    opened = await openChromium();
  });
  afterAll(() => opened?.close());
  const faults: string[] = [];
  beforeEach(async () => {
    page = await opened.browser.newPage();
    page.on("pageerror", (error) => faults.push(`${error}`));
    await page.setContent(
      "<!doctype html><style>:root { --generated: #ff0000; --muted: #00ff00; --line: #0000ff } canvas { width: 100px }</style><main></main>",
    );
    await page.addScriptTag({ content: script });
    await page.evaluate(prepare);
  });
  afterEach(async () => {
    await page.close();
    expect(faults.splice(0)).toEqual([]);
  });

  const mount = (language = "en", from?: State): Promise<void> =>
    page.evaluate((words, from) => window.mount(words, from ?? undefined), words(language), from ?? null);
  const open = async (): Promise<void> => {
    await mount();
    await page.click("summary");
  };
  const state = (): Promise<State> => page.evaluate(() => window.panel.state);
  const refresh = (): Promise<void> => page.evaluate(() => window.panel.refresh());
  const seeds = (): Promise<number[]> => page.evaluate(() => window.seeds.splice(0));
  const label = (tool: (typeof TOOLS)[number]): Promise<string> => page.$eval(canvasOf(tool), (canvas) => canvas.getAttribute("aria-label")!);
  const hash = (): Promise<string> => page.$eval("#explore-hash", ({ textContent }) => textContent!);
  const focused = (): Promise<string> => page.evaluate(() => document.activeElement!.id || document.activeElement!.tagName);
  /** Writes into a field as a person does, and leaves it. */
  const fill = async (field: string, text: string): Promise<void> => {
    await page.$eval(field, (input) => (input as HTMLInputElement).select());
    await page.keyboard.press("Backspace");
    await page.type(field, text);
    await page.keyboard.press("Tab");
  };
  const drawn = async (): Promise<void> => {
    await expect.poll(() => label("truncation")).toContain("Sixteen samples");
    await expect.poll(() => label("walk")).toContain("°");
    await expect.poll(() => label("between")).toContain("50 %");
  };
  const make = (data: readonly number[], shape: readonly number[]): Promise<void> =>
    page.evaluate(
      (data, shape) => {
        window.made = { data, shape };
      },
      data,
      shape,
    );
  /** Where a canvas is red, as shares of its sides: left, right, top, bottom. */
  const red = (tool: (typeof TOOLS)[number]): Promise<number[]> =>
    page.$eval(canvasOf(tool), (element) => {
      const canvas = element as HTMLCanvasElement;
      const { data } = canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height);
      const [xs, ys]: [number[], number[]] = [[], []];
      for (let i = 0; i < data.length / 4; i++)
        if (data[4 * i] === 255 && data[4 * i + 3] === 255) {
          xs.push((i % canvas.width) / canvas.width);
          ys.push(Math.floor(i / canvas.width) / canvas.height);
        }
      return [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
    });

  it("asks nothing of the session until it is opened", async () => {
    await mount();
    await refresh();
    expect(await seeds()).toEqual([]);
    await page.click("summary");
    await drawn();
    expect(await seeds()).toContain(2);
  });

  it.each([
    ["one number on the horizontal axis", [-0.8], 0],
    ["two numbers", [-0.8, 0.4], 0.4],
    ["five numbers where the first two say", [-0.8, 0.4, 1.2, -1.2, 0], 0.4],
  ] as const)("shows points of %s, in the plane of the main view", async (_, data, y) => {
    await make(data, [data.length]);
    await open();
    await drawn();
    for (const tool of ["between", "walk", "truncation"] as const) {
      const [left, right, top, bottom] = (await red(tool)) as [number, number, number, number];
      // One dot, as all of them are there.
      expect((left + right) / 2).toBeCloseTo((data[0] + REACH) / (2 * REACH), 2);
      expect((top + bottom) / 2).toBeCloseTo((REACH - y) / (2 * REACH), 2);
      expect(right - left).toBeLessThan(0.06);
    }
  });

  it("shows images as the main view does, with a line between two", async () => {
    await make(
      Array.from({ length: 2 * 4 * 3 }, (_, i) => (i % 3 === 0 ? 1 : -1)),
      [2, 4, 3],
    );
    await open();
    await drawn();
    const size = (tool: "walk" | "truncation"): Promise<number[]> =>
      page.$eval(canvasOf(tool), (canvas) => [(canvas as HTMLCanvasElement).width, (canvas as HTMLCanvasElement).height]);
    expect(await size("walk")).toEqual([4, 2]);
    expect(await size("truncation")).toEqual([4 * 5 - 1, 4 * 3 - 1]);
    expect(await red("walk")).toEqual([0, 0.75, 0, 0.5]);
  });

  it("paints points of one number over axes, those darker that lie over each other", async () => {
    const [once, twice, axis] = await page.evaluate((reach) => {
      const canvas = document.createElement("canvas");
      canvas.width = canvas.height = 640;
      document.body.append(canvas);
      const none = new Float32Array(0);
      const generated = Float32Array.of(0.5, 0, 1, 0, 1, 0);
      window.playground.drawPlane(canvas, { kind: "plane", dimensions: 1, real: none, generated, slopes: none, landscape: none, side: 48 }, true);
      const at = (x: number, y: number): number[] => {
        const unit = canvas.width / (2 * reach);
        return [...canvas.getContext("2d")!.getImageData((reach + x) * unit, (reach - y) * unit, 1, 1).data];
      };
      return [at(0.5, 0), at(1, 0), at(0, 1)];
    }, REACH);
    // The blue axis is behind them.
    expect(twice![0]! - once![0]!).toBeGreaterThan(35);
    expect(axis!.slice(0, 3)).toEqual([0, 0, 255]);
  });

  it("leaves nothing of the images before where there are fewer", async () => {
    const alphas = await page.evaluate(() => {
      const canvas = document.createElement("canvas");
      for (const count of [4, 3])
        window.playground.drawPictures(canvas, { kind: "pictures", height: 1, width: 1, count, rgba: new Uint8ClampedArray(4 * count).fill(255) });
      return [...canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height).data].filter((_, i) => i % 4 === 3);
    });
    expect(alphas).toEqual([255, 0, 255, 0, 0, 0, 255, 0, 0]);
  });

  it("goes on in another language with everything as it was", async () => {
    await open();
    const initial = await state();
    expect(initial).toEqual({
      isOpen: true,
      between: { from: 1, to: 2, place: 0.5 },
      walk: { seed: 1, x: 0, y: 0 },
      truncation: undefined,
      fingerprint: { seed: 7, shown: undefined },
    });
    await fill("#explore-from", "11");
    await fill("#explore-to", "12");
    await page.focus("#explore-place");
    await page.keyboard.press("End");
    await page.click("#explore-other");
    await page.focus("#explore-pad");
    for (const key of ["ArrowRight", "ArrowUp", "ArrowUp"] as const) await page.keyboard.press(key);
    await page.focus("#explore-truncation");
    await page.keyboard.press("Home");
    await fill("#explore-seed", "5");
    await page.click("#explore-show");
    await expect.poll(hash).toBe(hashOf(5));
    await fill("#explore-seed", "6");
    const before = await state();
    expect(before).toEqual({
      isOpen: true,
      between: { from: 11, to: 12, place: 1 },
      walk: { seed: 2, x: expect.closeTo(Math.PI / 36), y: expect.closeTo(Math.PI / 18) },
      truncation: 0.1,
      fingerprint: { seed: 6, shown: { seed: 5, truncation: 0.1 } },
    });
    await mount("zh", before);
    expect(await state()).toEqual(before);
    await expect.poll(() => label("between")).toBe("从种子 11 到种子 12 走了 100% 时生成器所画的图");
    await expect.poll(() => label("walk")).toBe("潜变量转过 5° 和 10° 时生成器所画的图");
    await expect.poll(() => label("truncation")).toBe("截断为 0.1 时的十六个样本");
    await expect.poll(() => label("seed")).toBe("种子 5 的图");
    expect(await hash()).toBe(hashOf(5));
    const values = await page.$$eval("input[type=number]", (inputs) => inputs.map((input) => (input as HTMLInputElement).value));
    expect(values).toEqual(["11", "12", "6"]);
    await page.click("summary");
    await mount("en", await state());
    expect((await state()).isOpen).toBe(false);
  });

  it("says what is no seed, and keeps the last that was one", async () => {
    await open();
    await drawn();
    await page.evaluate(() => document.addEventListener("invalid", ({ target }) => target instanceof Element && target.classList.add("told"), true));
    const message = (): Promise<string> =>
      page.$eval("#explore-from", (input) => (input.classList.contains("told") ? (input as HTMLInputElement).validationMessage : ""));
    const untold = (): Promise<void> => page.$eval("#explore-from", (input) => input.classList.remove("told"));
    await fill("#explore-from", "9007199254740991");
    expect(await message()).toBe("");
    await expect.poll(() => label("between")).toContain("9007199254740991");
    await fill("#explore-from", "3");
    await expect.poll(() => label("between")).toContain("seed 3 to");
    await seeds();
    for (const text of ["1.5", "-1", "9007199254740992", "9007199254740993", ""]) {
      await untold();
      await fill("#explore-from", text);
      // What begins as a seed was one while it was written.
      const { from } = (await state()).between;
      expect(Number.isSafeInteger(from) && from >= 0).toBe(true);
      expect(await message(), text).toBe(`A seed is a whole number from 0 to 2⁵³ − 1. Until there is one, ${from} is used.`);
    }
    expect((await seeds()).every((seed) => Number.isSafeInteger(seed) && seed >= 0)).toBe(true);
    await untold();
    await fill("#explore-from", "4");
    expect(await message()).toBe("");
    expect((await state()).between.from).toBe(4);
  });

  it("shows no picture of what is no seed", async () => {
    await open();
    await fill("#explore-seed", "-1");
    await page.click("#explore-show");
    expect((await state()).fingerprint).toEqual({ seed: 7, shown: undefined });
    expect(await hash()).toBe("");
  });

  it("copies the hash, and leaves the focus where it is while there is none", async () => {
    await page.evaluate(() => {
      const clipboard = { writeText: async (text: string) => document.body.setAttribute("data-copied", text) };
      Object.defineProperty(navigator, "clipboard", { value: clipboard });
    });
    const copied = (): Promise<string | null> => page.$eval("body", (body) => body.getAttribute("data-copied"));
    const disabled = (): Promise<string | null> => page.$eval("#explore-copy", (copy) => copy.getAttribute("aria-disabled"));
    await open();
    await page.focus("#explore-copy");
    expect(await focused()).toBe("explore-copy");
    expect(await disabled()).toBe("true");
    await page.keyboard.press("Enter");
    expect(await copied()).toBeNull();
    await page.click("#explore-show");
    await expect.poll(hash).toBe(hashOf(7));
    expect(await disabled()).toBe("false");
    await page.focus("#explore-copy");
    await page.keyboard.press("Enter");
    await expect.poll(copied).toBe(hashOf(7));
    // The generator has become another, of which there is no hash.
    await page.evaluate(() => {
      window.noHash = "gone";
    });
    await refresh();
    await expect.poll(disabled).toBe("true");
    expect(await focused()).toBe("explore-copy");
  });

  it("keeps a hash while that of the same picture is made anew, and none of another", async () => {
    await open();
    await page.click("#explore-show");
    await expect.poll(hash).toBe(hashOf(7));
    await fill("#explore-seed", "8");
    await page.evaluate(() => {
      const texts: string[] = [];
      new MutationObserver(() => texts.push(document.querySelector("#explore-hash")!.textContent!)).observe(
        document.querySelector("#explore-hash")!,
        {
          childList: true,
        },
      );
      Object.assign(window, { texts });
    });
    const texts = (): Promise<string[]> => page.evaluate(() => (window as unknown as { texts: string[] }).texts);
    await seeds();
    await refresh();
    await expect.poll(seeds).toContain(7);
    await refresh();
    await expect.poll(seeds).toContain(7);
    expect(await texts()).toEqual([]);
    await page.click("#explore-show");
    await expect.poll(hash).toBe(hashOf(8));
    expect(await texts()).toEqual(["", hashOf(8)]);
  });

  it("shows the picture where there is no hash, and says why", async () => {
    await open();
    await drawn();
    await page.evaluate(() => {
      window.noHash = "no hashes here";
    });
    await page.click("#explore-show");
    await expect.poll(() => page.$eval(".failed", ({ textContent }) => textContent)).toContain("no hashes here");
    expect(await label("seed")).toBe("The picture of seed 7");
    expect(await hash()).toBe("");
  });
});
