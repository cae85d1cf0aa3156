import { describe, expect, it } from "vitest";
import { ring } from "../../src/datasets.ts";
import { apart, heightsOf, linear, tickTexts } from "../../src/plots/panel.ts";
import { band, evenly, runningMean, thinned } from "../../src/plots/series.ts";
import { type Curve, DataError, plotCurves, plotPoints, ShapeError, SpecError } from "../../src/plots.ts";
import { boxesOf, overlaps, textsOf } from "./svg.ts";

describe("plotCurves", () => {
  it("draws curves with their names, levels and both axes", () => {
    const svg = plotCurves(
      [
        { name: "up", values: [0, 1, 2, 3] },
        { name: "down", values: [3, 2, 1, 0], dashed: true, dots: true },
      ],
      {
        title: "Both ways",
        xLabel: "x",
        yLabel: "height",
        levels: [{ name: "most", value: 3 }],
      },
    );
    expect(textsOf(svg)).toEqual(expect.arrayContaining(["Both ways", "height", "x", "up", "down", "most", "1.0", "4.0"]));
    expect(overlaps(boxesOf(svg))).toEqual([]);
  });

  it("keeps names apart where curves end together", () => {
    const curves = Array.from({ length: 12 }, (_, i) => ({ name: `curve ${i}`, values: [i, 1] }));
    expect(overlaps(boxesOf(plotCurves(curves)))).toEqual([]);
  });

  it("breaks off where a number is not finite, and marks one that stands alone", () => {
    const svg = plotCurves([{ name: "a", values: [1, Number.NaN, 2, Number.POSITIVE_INFINITY, 3, 1] }]);
    expect(svg).toMatch(/d="M[\d.]+,[\d.]+h0M[\d.]+,[\d.]+h0M[\d.]+,[\d.]+h0L[\d.]+,[\d.]+"/);
  });

  it.each([[[0, 0, 0]], [[1e30, 1e30]], [[-3e38, 3e38]], [[1e-30, 2e-30]], [[5, 5.0000001]], [[]], [[Number.NaN]]])(
    "draws %j by finite numbers",
    (values) => {
      const svg = plotCurves([{ name: "a", values }]);
      expect(svg.replace("nothing to draw", "")).not.toMatch(/NaN|Infinity|undefined/);
      expect(overlaps(boxesOf(svg))).toEqual([]);
    },
  );

  it.each<[string, unknown, object, new (...args: never) => Error, string]>([
    ["no curves", [], {}, DataError, "curves: expected a list of 1 to 12 curves"],
    ["a curve without a name", [{ values: [] }], {}, DataError, "curves[0]: expected { name, values }"],
    [
      "places that go back",
      [{ name: "a", values: [1, 2, 3], at: [1, 3, 2] }],
      {},
      DataError,
      "curves[0].at[2]: expected a finite number, at least 3, got 2",
    ],
    ["too few places", [{ name: "a", values: [1, 2], at: [1] }], {}, DataError, "curves[0].at: expected 2 numbers, one for each value, got 1"],
    ["big integers", [{ name: "a", values: new BigInt64Array(2) }], {}, DataError, "curves[0].values[0]: expected a number, got 0n"],
    [
      "a range turned round",
      [{ name: "a", values: [1] }],
      { yRange: [2, 1] },
      SpecError,
      "yRange: expected [low, high], the second above the first, got [2, 1]",
    ],
    ["a level without a value", [{ name: "a", values: [1] }], { levels: [{ name: "a" }] }, SpecError, "levels[0].value: expected a finite number"],
  ])("refuses %s", (_, curves, options, type, message) => {
    const call = () => plotCurves(curves as Curve[], options);
    expect(call).toThrow(type);
    expect(call).toThrow(message);
  });
});

describe("plotPoints", () => {
  it("takes bytes for what they stand for in data, and leaves out points that are not finite", () => {
    const about = (points: { data: ArrayLike<number>; shape: readonly number[] }) => /<desc>([^<]*)/.exec(plotPoints([{ name: "a", points }]))![1];
    expect(about({ data: Uint8Array.of(0, 0, 255, 255, 0, 255, 255, 0), shape: [4, 2] })).toBe("a: 4 points, around (0.00, 0.00).");
    expect(about({ data: [Number.NaN, 0, 1, 1, 3, Number.POSITIVE_INFINITY], shape: [3, 2] })).toBe("a: 1 points, around (1.00, 1.00).");
    const axes = (data: number[]) => plotPoints([{ name: "a", points: { data, shape: [data.length / 2, 2] } }]);
    expect(axes([0, 0, 1, 1, 1e6, Number.NaN])).toBe(axes([0, 0, 1, 1]));
    const hole = new Array(1);
    expect(() => plotPoints(hole)).toThrow(DataError);
    expect(() => plotCurves(hole)).toThrow(DataError);
  });

  it("draws points to the same scale in both directions, with a legend", () => {
    const flat = { data: [0, 0, 10, 1], shape: [2, 2] };
    const svg = plotPoints([
      { name: "flat", points: flat },
      { name: "ring", points: ring({ count: 16 }) },
    ]);
    expect(textsOf(svg)).toEqual(expect.arrayContaining(["flat", "ring"]));
    const [[x0, y0], [x1, y1]] = [...svg.matchAll(/M([\d.]+),([\d.]+)h0/g)].slice(2, 4).map(([, x, y]) => [Number(x), Number(y)]) as [
      [number, number],
      [number, number],
    ];
    expect((y0 - y1) * 10).toBeCloseTo(x1 - x0, -0.5);
    expect(overlaps(boxesOf(svg))).toEqual([]);
  });

  it("draws of many points some of each kind, by whatever turns they come", () => {
    const points = ring({ count: 20_000, modes: 8, stddev: 0 }); // the modes in turns
    const svg = plotPoints([{ name: "ring", points }]);
    const places = [...svg.matchAll(/M[\d.]+,[\d.]+h0/g)].map(([place]) => place);
    const counts = new Map(places.slice(1).map((place) => [place, places.filter((other) => other === place).length]));
    expect(counts.size).toBe(8);
    expect(Math.min(...counts.values())).toBeGreaterThan(200);
  });

  it("stays small, and draws no points at all as well", () => {
    expect(plotPoints([{ name: "many", points: ring({ count: 30_000 }) }]).length).toBeLessThan(60_000);
    expect(plotPoints([{ name: "none", points: { data: [], shape: [0, 2] } }])).not.toMatch(/NaN|Infinity/);
  });

  it("refuses what are no points in a plane", () => {
    const draw = (shape: number[]) => plotPoints([{ name: "a", points: { data: [1, 2, 3, 4], shape } }]);
    expect(() => draw([4, 1])).toThrow(ShapeError);
    expect(() => draw([3, 2])).toThrow("groups[0].points.shape: expected [2, 2], as there are 4 numbers, got [3, 2]");
    expect(() => plotPoints([{ name: "a" } as never])).toThrow(DataError);
  });
});

describe("series", () => {
  const values = Float64Array.from({ length: 1003 }, (_, i) => ((i * 7919) % 1009) / 10);

  it("have running means as by definition, also after a spike and over gaps", () => {
    const odd = Float64Array.from(values);
    odd[100] = 1e20;
    odd[500] = Number.NaN;
    const means = runningMean(odd)!;
    for (const i of [0, 5, 19, 20, 21, 499, 500, 510, 777, 1002]) {
      const window = [...odd.subarray(Math.max(0, i - 19), i + 1)].filter((value) => !Number.isNaN(value));
      expect(means[i], `${i}`).toBeCloseTo(window.reduce((sum, value) => sum + value) / window.length, 9);
    }
    expect(runningMean(values.subarray(0, 74))).toBeNull();
  });

  it("keep the ends, the lowest and the highest of every stretch when thinned", () => {
    const points = thinned(evenly(values), 50);
    expect(points.length).toBeLessThanOrEqual(102);
    expect([points[0], points.at(-1)]).toEqual([
      [1, values[0]],
      [1003, values[1002]],
    ]);
    expect(points.map(([x]) => x)).toEqual(points.map(([x]) => x).sort((a, b) => a - b));
    const kept = new Set(points.map(([, y]) => y));
    for (let s = 0; s < 50; s++) {
      const stretch = values.subarray(Math.floor((s * 1003) / 50), Math.floor(((s + 1) * 1003) / 50));
      expect([kept.has(Math.min(...stretch)), kept.has(Math.max(...stretch))]).toEqual([true, true]);
    }
  });

  it("stay in their bands, which end at gaps", () => {
    const gap = values.map((value, i) => (i >= 400 && i < 500 ? Number.NaN : value));
    const [before, after] = band(evenly(gap), 50)!;
    expect([before![0]!.at, after!.at(-1)!.at]).toEqual([1, 1003]);
    expect(before!.at(-1)!.at).toBeLessThan(420);
    expect(after![0]!.at).toBeGreaterThan(480);
    expect(Math.max(...[...before!, ...after!].map(({ high }) => high))).toBe(Math.max(...gap.filter((value) => value >= 0)));
    expect(band(evenly(values), 600)).toBeNull();
  });
});

describe("an axis", () => {
  it.each([
    [{ low: 0, high: 0.7 }, ["0.0", "0.2", "0.4", "0.6"]],
    [{ low: 1, high: 100_000 }, ["50,000", "100,000"]],
    [{ low: -2, high: 2 }, ["−2", "−1", "0", "1", "2"]],
    [{ low: 0, high: 4e8 }, ["0e+0", "1e+8", "2e+8", "3e+8", "4e+8"]],
    [{ low: 0, high: 3e-5 }, ["0e+0", "1e-5", "2e-5", "3e-5"]],
  ])("from %j has the numbers %j", (domain, texts) => {
    expect(tickTexts(linear(domain, 0, 1), texts.length === 2 ? 2 : 4).map(({ text }) => text.replace("e−", "e-"))).toEqual(texts);
  });
});

describe("the vertical axis", () => {
  const curve = (y: ArrayLike<number>, each?: ArrayLike<number>) => ({
    name: "",
    role: "series0" as const,
    points: evenly(y),
    ...(each && { each: evenly(each) }),
  });

  it("covers curves and levels by round numbers, and no tick more for a 0 that was rounded", () => {
    expect(heightsOf([curve([0.1, 0.93])], [{ name: "", value: 1.31 }])).toEqual({ low: 0, high: 1.4 });
    expect(heightsOf([curve([-1e-17, 0.69])], [])).toEqual({ low: 0, high: 0.7 });
  });

  it("leaves out rare spikes of noisy curves, but nothing of others", () => {
    const spike = Float64Array.from({ length: 1000 }, (_, i) => (i === 500 ? 1000 : i % 10));
    expect(heightsOf([curve(spike)], []).high).toBe(1000);
    expect(heightsOf([curve(runningMean(spike)!, spike)], []).high).toBeLessThan(100);
    expect(heightsOf([curve([0, 1], [0, 9])], [])).toEqual({ low: 0, high: 10 });
  });
});

describe("names", () => {
  it("stay where they are wanted while there is room, and else are moved as little as needed", () => {
    expect(apart([10, 90, 50], 15, 100)).toEqual([10, 90, 50]);
    expect(apart([50, 50, 100], 15, 100)).toEqual([50, 65, 100]);
    expect(apart([98, 99, 100], 15, 100)).toEqual([70, 85, 100]);
    expect(apart([0, 0, 0], 60, 100)).toEqual([0, 50, 100]);
  });
});
