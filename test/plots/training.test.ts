import { describe, expect, it } from "vitest";
import { fillNormals, Stream } from "../../src/core/random.ts";
import { ring } from "../../src/datasets.ts";
import { createGAN } from "../../src/index.ts";
import { DataError, plotTraining, SpecError, type TrainingReport } from "../../src/plots.ts";
import { boxesOf, overlaps, parse, textsOf } from "./svg.ts";

function noisy(count: number, seed: number): Float32Array {
  const values = new Float32Array(count);
  fillNormals(values, seed, Stream.data, 0);
  return values;
}

const report = (steps: number, rest: Partial<TrainingReport> = {}): TrainingReport => ({
  discriminatorLosses: noisy(steps, 1),
  generatorLosses: noisy(steps, 2),
  divergences: noisy(steps, 3).map((value) => Math.abs(value) / 10),
  ...rest,
});

const full = (steps: number): TrainingReport =>
  report(steps, {
    divergence: { name: "jensen-shannon", ceiling: Math.LN2 },
    probes: [0.25, 0.5, 1].map((part) => ({ step: part * steps, heldOut: 0.3 + part / 10 })),
    health: [
      { step: steps / 4, name: "discriminator-too-strong", state: "raised", evidence: "right in 99 %", remedy: "R1" },
      { step: steps / 2, name: "discriminator-too-strong", state: "cleared" },
      { step: steps / 2, name: "memorising", state: "raised" },
    ],
  });

describe("plotTraining", () => {
  it("takes what train gives", async () => {
    using gan = await createGAN({ shape: [2], latent: 2, width: 4, batchSize: 4, backend: "wasm", threads: 1 });
    const svg = plotTraining(await gan.train(ring({ count: 8 }), { steps: 3 }));
    expect(textsOf(svg)).toEqual(expect.arrayContaining(["Losses", "discriminator", "generator", "step"]));
  });

  it("shows both losses, the divergence under its ceiling, that of held-out data, and the spells in which something was not well", () => {
    const svg = plotTraining(full(1000), { title: "Faces" });
    expect(textsOf(svg)).toEqual(
      expect.arrayContaining(["Faces", "Losses", "Jensen-Shannon divergence, nats", "ceiling 0.6931", "held-out data", "Health", "memorising"]),
    );
    const spells = parse(svg).filter(({ name }) => name === "g");
    expect(spells.map(({ children }) => children[0]!.text)).toEqual([
      "discriminator-too-strong, step 250: right in 99 %: R1",
      "memorising, step 500",
    ]);
    // The first ends in the middle, the second lasts.
    const [first, second] = spells.map(({ children }) => /M([\d.]+),[\d.]+H([\d.]+)/.exec(children[1]!.attributes.d!)!.slice(1).map(Number));
    expect(second![0]).toBeCloseTo(first![1]!, 0);
    expect((first![1]! - first![0]!) * 2).toBeCloseTo(second![1]! - second![0]!, -0.5);
  });

  it("leaves out what the report has not", () => {
    expect(textsOf(plotTraining({ discriminatorLosses: [1, 2], generatorLosses: [2, 1] })).join()).not.toMatch(/[Dd]ivergence|Health|ceiling/);
    const unbounded = report(10, { divergence: { name: "wasserstein-1", ceiling: Number.POSITIVE_INFINITY }, probes: [{ step: 5 }], health: [] });
    const texts = textsOf(plotTraining(unbounded));
    expect(texts).toEqual(expect.arrayContaining(["Wasserstein-1 distance", "live", "Health: no warnings"]));
    expect(texts.join()).not.toMatch(/ceiling|held-out/);
  });

  it.each([0, 1, 2, 49, 100_000])("draws %i steps, in less than 100 kB, by finite numbers alone", (steps) => {
    const svg = plotTraining(steps > 2 ? full(steps) : report(steps));
    expect(svg.length).toBeLessThan(100_000);
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
    expect(svg.match(/<path/g)!.length).toBeGreaterThan(4);
  });

  it("numbers steps from where the report begins", () => {
    const texts = textsOf(plotTraining(report(100), { firstStep: 501 }));
    expect(texts).toEqual(expect.arrayContaining(["520", "600"]));
  });

  it("keeps a spike in view of a long training, without pressing the rest flat", () => {
    const discriminatorLosses = Float32Array.from(noisy(50_000, 4), (value) => 1 + value / 100);
    discriminatorLosses[12_345] = 100;
    const svg = plotTraining({ discriminatorLosses, generatorLosses: discriminatorLosses.map((value) => Math.min(value, 1)) });
    expect(textsOf(svg)).toContain("1 beyond the axis");
    const ticks = textsOf(svg)
      .map(Number)
      .filter((value) => value > 0 && value < 100);
    expect(Math.max(...ticks)).toBeLessThan(2);
    // It leaves the panel by the top.
    expect(svg).toMatch(/L[\d.]+,-\d{3,}/);
  });

  it("is the same text for the same report, in a theme of one's own or the onlooker's", () => {
    const [light, dark, auto] = (["light", "dark", "auto"] as const).map((theme) => plotTraining(full(60), { theme }));
    expect(plotTraining(full(60))).toBe(auto);
    expect(light).not.toContain("<style");
    expect(dark).toContain('fill="#0d1117"');
    expect(auto).toContain("@media (prefers-color-scheme:dark)");
    // Nothing but the colours' rules tells them apart, and every class has its rule.
    expect(auto!.replace(/<style>.*<\/style>\n/, "").replaceAll(/ class="[^"]*"/g, "")).toBe(light);
    for (const [, classes] of auto!.matchAll(/ class="([^"]*)"/g)) for (const name of classes!.split(" ")) expect(auto).toContain(`.${name}{`);
  });

  it("says what it shows to those who cannot see it", () => {
    const svg = plotTraining(full(40), { title: "A & B <1>" });
    const [root] = parse(svg);
    expect(root!.attributes.role).toBe("img");
    expect(root!.children[0]).toMatchObject({ name: "title", text: "A &amp; B &lt;1&gt;" });
    expect(root!.children[1]!.text).toMatch(/discriminator: from .* at 1 to .* at 40.*ceiling 0\.6931.*memorising raised at step 20/);
  });

  it("lets no text lie on another, nor out of the picture", () => {
    for (const svg of [plotTraining(full(1000)), plotTraining(full(100_000), { width: 400 }), plotTraining(report(30))]) {
      expect(overlaps(boxesOf(svg))).toEqual([]);
    }
  });

  it("takes what JSON makes of it: no ceiling is null there", () => {
    const { divergence, ...others } = full(40);
    const unbounded = { ...others, divergence: { name: divergence!.name, ceiling: Number.POSITIVE_INFINITY } };
    const stored = JSON.parse(JSON.stringify(unbounded, (_, value) => (ArrayBuffer.isView(value) ? Array.from(value as Float32Array) : value)));
    expect(stored.divergence.ceiling).toBeNull();
    expect(plotTraining(stored)).toBe(plotTraining(unbounded));
    const diverged = { ...unbounded, generatorLosses: Float32Array.from(others.generatorLosses, (loss, i) => (i > 30 ? Number.NaN : loss)) };
    const told = JSON.parse(JSON.stringify(diverged, (_, value) => (ArrayBuffer.isView(value) ? Array.from(value as Float32Array) : value)));
    expect(told.generatorLosses[39]).toBeNull();
    expect(plotTraining(told)).toBe(plotTraining(diverged));
    const nothingHeldOut = { ...others, probes: [{ step: 3, heldOut: null }] };
    expect(plotTraining(nothingHeldOut)).toBe(plotTraining({ ...others, probes: [{ step: 3 }] }));
  });

  it.each<[string, unknown, object, string]>([
    ["a divergence without a name", { ...report(2), divergence: {} }, {}, "report.divergence: expected an object with name"],
    ["a ceiling that is none", { ...report(2), divergence: { name: "x", ceiling: "a" } }, {}, "report.divergence: expected an object with name"],
    ["a probe that is none", { ...report(2), probes: [{ step: 1, heldOut: "0" }] }, {}, "report.probes[0]: expected an object with step"],
    ["no report", null, {}, "report: expected what train gives"],
    ["no losses", {}, {}, "report.discriminatorLosses: expected a list of numbers, got undefined"],
    ["lists of different lengths", { discriminatorLosses: [1], generatorLosses: [1, 2] }, {}, "report.generatorLosses: expected 1 numbers"],
    ["texts", { discriminatorLosses: ["1"], generatorLosses: [1] }, {}, 'report.discriminatorLosses[0]: expected a number, got "1"'],
    ["health that is no list", { ...report(2), health: {} }, {}, "report.health: expected a list"],
    ["a probe without a step", { ...report(2), probes: [{}] }, {}, "report.probes[0]: expected an object with step"],
    ["a theme that is none", report(2), { theme: "blue" }, 'theme: expected "light" or "dark" or "auto", got "blue"'],
    ["unknown options", report(2), { heigth: 3 }, "heigth: expected one of the options"],
  ])("refuses %s", (_, given, options, message) => {
    const call = () => plotTraining(given as TrainingReport, options);
    expect(call).toThrow(message);
    expect(call).toThrow(Object.keys(options).length > 0 ? SpecError : DataError);
  });
});
