import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { ring } from "../../src/datasets.ts";
import { createGAN } from "../../src/index.ts";
import { CHROMIUM, FIREFOX, type Opened, openChromium, openFirefox, type Site, scratch, serve, Visit } from "./browser.ts";

/** A GPU that is computed by the processor. */
const GPU = ["--enable-unsafe-webgpu", "--enable-features=Vulkan", "--use-webgpu-adapter=swiftshader"];

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function visitOf(open: () => Promise<Opened>, isolated: boolean): Promise<Visit> {
  const site: Site = await serve(isolated);
  ends.push(site.close);
  const opened = await open();
  ends.push(opened.close);
  return Visit.begin(opened, site);
}

const PLACES = [
  ["Chromium", CHROMIUM, openChromium],
  ["Firefox", FIREFOX, openFirefox],
] as const;

for (const [browser, path, open] of PLACES) {
  const skipped = path ? "" : ` (skipped: ${browser} is not installed)`;
  describe.skipIf(!path)(`the playground in ${browser}${skipped}`, () => {
    it("says what is lost without cross-origin isolation, and trains in one thread", async () => {
      const visit = await visitOf(() => open(), false);
      await visit.page.select("#setting-data", "ring");
      await visit.choose("backend", "wasm");
      await visit.train(50);
      await visit.reads(".figures", "one thread");
      if (cpus().length > 1) await visit.reads(".figures .reason", "not cross-origin isolated");
      expect(visit.faults).toEqual([]);
    });

    it("trains the ring and faces for 50 steps with it, and draws both", async () => {
      const visit = await visitOf(() => open(), true);
      expect(await visit.page.evaluate(() => crossOriginIsolated)).toBe(true);
      await visit.page.select("#setting-data", "ring");
      expect(await visit.train(50)).toBeGreaterThanOrEqual(50);
      await visit.page.select("#setting-data", "faces32");
      await visit.choose("width", "8");
      await visit.choose("batchSize", "16");
      await visit.press(".settings .note button");
      await visit.figure(0);
      expect(await visit.train(50)).toBeGreaterThanOrEqual(50);
      // Eight by eight pictures of 32 pixels, with lines between them.
      expect(await visit.page.$eval("canvas.main", (canvas) => (canvas as HTMLCanvasElement).width)).toBe(8 * 33 - 1);
      expect(visit.faults).toEqual([]);
      expect(visit.strays).toEqual([]);
    });
  });
}

describe.skipIf(!FIREFOX)(`Firefox that is driven${FIREFOX ? "" : " (skipped: it is not installed)"}`, () => {
  it("watches no workers, as it does not for visitors: while it does, those in workers may never start", async () => {
    const visit = await visitOf(openFirefox, true);
    // One that says something, so that it is there whatever the page has.
    await visit.page.evaluate(
      () =>
        new Promise((resolve) => {
          new Worker(URL.createObjectURL(new Blob(["postMessage(0)"]))).onmessage = resolve;
        }),
    );
    expect(visit.page.workers()).toEqual([]);
  });
});

const name = CHROMIUM ? "the playground on WebGPU" : "the playground on WebGPU (skipped: Chromium is not installed)";
describe.skipIf(!CHROMIUM)(name, () => {
  /** Has the worker note the devices that it asks for; false where there is no adapter. */
  const noteDevices = async (visit: Visit): Promise<boolean> =>
    (await visit.worker()).evaluate(async () => {
      const adapter = await (navigator as Navigator).gpu?.requestAdapter();
      if (!adapter) return false;
      const scope = globalThis as unknown as { devices: GPUDevice[] };
      scope.devices = [];
      const request = GPUAdapter.prototype.requestDevice;
      GPUAdapter.prototype.requestDevice = async function (...options) {
        const device = await request.apply(this, options);
        scope.devices.push(device);
        return device;
      };
      return true;
    });
  const loseDevices = async (visit: Visit): Promise<void> =>
    (await visit.worker()).evaluate(() => {
      for (const device of (globalThis as unknown as { devices: GPUDevice[] }).devices) device.destroy();
    });

  it("goes on from a file where the device is lost before the first step", async ({ skip }) => {
    const visit = await visitOf(() => openChromium(GPU), true);
    if (!(await noteDevices(visit))) return skip("there is no adapter of WebGPU here");
    const gan = await createGAN({ shape: [2], width: 8, batchSize: 16, objective: "non-saturating", backend: "wasm", threads: 1 });
    await gan.train(ring({ count: 100 }), { steps: 12 });
    const file = join(scratch(), "model.safetensors");
    writeFileSync(file, await gan.save());
    gan.dispose();
    await visit.choose("backend", "webgpu");
    const input = (await visit.page.$("#load-file"))! as unknown as { uploadFile(...paths: string[]): Promise<void> };
    await input.uploadFile(file);
    await visit.figure(12);
    expect(await visit.text(".figures")).toContain("WebGPU");
    await loseDevices(visit);
    await visit.press("#play");
    await visit.reads(".message:not([hidden])", "from step 12");
    await visit.press(".message:not([hidden]) button");
    await visit.until(
      "steps after those of the file",
      (figure) => Number(document.querySelector(figure)!.textContent!.replace(/\D/g, "")) > 12,
      ".figures dd",
    );
    expect(await visit.text(".figures")).toContain("WebAssembly");
    await visit.press("#play");
    await visit.reads(".status", "Paused");
  });

  it("says that the device was lost, and goes on with WebAssembly", async ({ skip }) => {
    const visit = await visitOf(() => openChromium(GPU), true);
    if (!(await noteDevices(visit))) return skip("there is no adapter of WebGPU here");
    // What is done by the fewest programs: each takes a software GPU a while to translate.
    await visit.page.select("#setting-architecture", "mlp");
    await visit.page.select("#setting-objective", "non-saturating");
    await visit.choose("backend", "webgpu");
    await visit.choose("width", "8");
    await visit.choose("batchSize", "16");
    await visit.press("#play");
    await visit.until("steps", (figure) => Number(document.querySelector(figure)!.textContent!.replace(/\D/g, "")) >= 1, ".figures dd");
    expect(await visit.text(".figures")).toContain("WebGPU");
    await loseDevices(visit);
    await visit.reads(".message", "expected a device");
    await visit.reads(".status", "Failed");
    const lost = await visit.step();
    await visit.press(".message:not([hidden]) button");
    await visit.until("WebAssembly", (figures) => document.querySelector(figures)!.textContent!.includes("WebAssembly"), ".figures");
    await visit.until(
      "steps again",
      (figure, wanted) => Number(document.querySelector(figure)!.textContent!.replace(/\D/g, "")) > Number(wanted),
      ".figures dd",
      `${lost}`,
    );
    await visit.press("#play");
    await visit.reads(".status", "Paused");
  });
});
