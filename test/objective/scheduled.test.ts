import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { positive, real } from "../../src/core/check.ts";
import { describe as describeFault, type ErrorDetail } from "../../src/core/errors.ts";
import { evaluate } from "../../src/exec/reference/evaluate.ts";
import { resolveSpec } from "../../src/gan/spec.ts";
import { div, maximum, minimum } from "../../src/graph/build.ts";
import { REGULARIZERS, type Regularizer } from "../../src/objective/regularizers.ts";
import { type Curve, isScheduled, type Schedule, scheduleOf, valueAt } from "../../src/objective/scheduled.ts";
import { stepScalars, trainStep } from "../../src/objective/steps.ts";
import { expectSameBytes } from "../bytes.ts";
import { drawNoise, firstState } from "./harness.ts";

const curves: fc.Arbitrary<Curve> = fc.record({
  curve: fc.constantFrom("linear", "cosine"),
  from: fc.double({ min: 0, max: 1e30, noNaN: true }),
  to: fc.double({ min: 0, max: 1e30, noNaN: true }),
  images: fc.oneof(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 1e6 })),
});

describe("valueAt", () => {
  it("goes from one end to the other without ever turning back, and stays", () => {
    fc.assert(
      fc.property(curves, fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 20 }), (curve, shares) => {
        const { from, to, images } = curve;
        const places = [...new Set(shares.map((share) => Math.floor(share * images)))].sort((a, b) => a - b);
        const values = [0, ...places.flatMap((at) => [at, at + 1]), images].map((at) => valueAt(curve, at));
        expect(values[0]).toBe(from);
        expect(values.at(-1)).toBe(to);
        const turned = values.slice(1).filter((value, i) => (to >= from ? value < values[i]! : value > values[i]!));
        expect(turned).toEqual([]);
        expect([images + 1, 2 ** 48].map((at) => valueAt(curve, at))).toEqual([to, to]);
      }),
    );
  });

  it("goes on with what follows from where a curve ends", () => {
    fc.assert(
      fc.property(curves, curves, fc.nat(2e6), (first, second, at) => {
        const joined: Curve = { ...first, next: { ...second, next: 3 } };
        const expected = at < first.images ? valueAt(first, at) : at - first.images < second.images ? valueAt(second, at - first.images) : 3;
        expect(valueAt(joined, at)).toBe(expected);
        expect(valueAt(joined, first.images)).toBe(second.from);
        expect(valueAt(joined, first.images + second.images)).toBe(3);
      }),
    );
  });

  it("is a straight line, or half a wave", () => {
    const [linear, cosine] = (["linear", "cosine"] as const).map((curve): Curve => ({ curve, from: 2, to: 6, images: 8 }));
    expect([0, 2, 4, 6, 8].map((at) => valueAt(linear!, at))).toEqual([2, 3, 4, 5, 6]);
    for (const at of [1, 2, 3, 4, 5, 6, 7]) expect(valueAt(cosine!, at)).toBeCloseTo(6 + 0.5 * (2 - 6) * (1 + Math.cos((Math.PI * at) / 8)), 14);
    expect(valueAt(0.5, 1e9)).toBe(0.5);
  });
});

describe("scheduleOf", () => {
  const faultsOf = (value: unknown): string[] => {
    const faults: ErrorDetail[] = [];
    scheduleOf(positive, real(0))(value, "rate", faults);
    return faults.map(describeFault);
  };
  const curve = { curve: "linear", from: 0, to: 1, images: 10 };
  /** So many curves, one after the other. */
  const chain = (count: number): object => (count > 1 ? { ...curve, next: chain(count - 1) } : curve);

  it("takes curves, eight of them one after the other", () => {
    for (const value of [2, curve, { ...curve, next: 0 }, chain(8)]) expect(faultsOf(value)).toEqual([]);
  });

  it.each<[unknown, string[]]>([
    [0, ["rate: expected a number above 0, or a schedule, got 0"]],
    ["cosine", ['rate: expected a number above 0, or a schedule, got "cosine"']],
    [{ ...curve, curve: "step" }, ['rate.curve: expected "linear" or "cosine", got "step"']],
    [
      { ...curve, from: -1, images: 0.5 },
      ["rate.from: expected a number of at least 0, got -1", "rate.images: expected an integer from 1 to 2^53 - 1, got 0.5"],
    ],
    [{ ...curve, next: { ...curve, next: Number.NaN } }, ["rate.next.next: expected a number of at least 0, got NaN"]],
    [{ ...curve, steps: 3 }, ['rate.steps: expected one of the options curve, from, to, images, next, got an unknown one, "steps"']],
    [chain(9), [`rate${".next".repeat(8)}: expected a number, as 8 curves at most follow one another, got one more`]],
  ])("refuses %j", (value, faults) => expect(faultsOf(value)).toEqual(faults));
});

describe("a graph", () => {
  const changing: Schedule = { curve: "linear", from: 0.25, to: 0.75, images: 100 };
  const options = (value: Schedule) =>
    resolveSpec({
      shape: [2],
      latent: 2,
      width: 4,
      optimizer: { generator: { learningRate: value, betas: [0.5, value] }, discriminator: { name: "rmsprop", learningRate: value } },
      regularizers: [
        { name: "gradient-penalty", lambda: value },
        { name: "r1", gamma: value },
        { name: "r2", gamma: value },
        { name: "dragan", lambda: value },
      ],
      ema: { halfLife: value },
    });
  const inputsOf = (spec: ReturnType<typeof options>) =>
    trainStep(spec, 4)
      .graph.leaves("input")
      .map(({ attrs }) => attrs.name);

  it("has what changes as inputs, and what stays as constants", () => {
    const added = ["generator/secondRate", "gradient-penalty/lambda", "r1/gamma", "r2/gamma", "dragan/lambda"];
    const [still, moving] = [inputsOf(options(0.5)), inputsOf(options(changing))];
    expect(moving.filter((name) => !still.includes(name)).sort()).toEqual([...added].sort());
    const scalars = stepScalars(options(changing), { discriminator: 4, generator: 4, images: 50 }, { before: 50, shown: 4 });
    for (const name of added) expect(scalars[name]).toBe(0.5);
    expect(scalars["discriminator/learningRate"]).toBe(0.5);
    expect(scalars["generator/stepSize"]).toBe(0.5 / (1 - 0.5 ** 5));
    expect(scalars["generator/scale"]).toBe(1 / Math.sqrt(1 - 0.5 ** 5));
    for (const name of moving.filter((name) => name.includes("/") && !name.startsWith("between"))) expect(scalars).toHaveProperty([name]);
  });

  it("does at each point of a schedule what it does with that number", () => {
    const images = Float32Array.from({ length: 8 }, (_, i) => Math.sin(i));
    const [stepOfCurve, stepOfNumber] = [changing, 0.5].map((value) => {
      const spec = options(value);
      const { graph, noise, scalars } = trainStep(spec, 4);
      return evaluate(graph, { images, ...drawNoise(noise, 1), ...scalars({ discriminator: 4, generator: 4, images: 50 }) }, firstState(spec));
    });
    expectSameBytes(stepOfCurve!.fetches, stepOfNumber!.fetches);
    expectSameBytes(stepOfCurve!.assigns, stepOfNumber!.assigns);
    expect(stepOfCurve!.fetches.finite![0]).toBe(1);
  });

  it("has what changes in what bounds gradients and weights too", () => {
    const fields = { limit: scheduleOf(positive) };
    const bounding: Record<string, Regularizer<{ readonly limit: Schedule }>> = {
      scaling: { fields, gradientScale: (norm, { limit }) => div(limit, maximum(norm, limit)) },
      projecting: { fields, project: (weight, { limit }) => minimum(weight, limit) },
    };
    const images = Float32Array.from({ length: 8 }, (_, i) => Math.sin(i));
    Object.assign(REGULARIZERS, bounding);
    try {
      for (const name of Object.keys(bounding)) {
        const [ofCurve, ofNumber] = [changing, 0.5].map((limit) => {
          const spec = resolveSpec({ shape: [2], latent: 2, width: 4, regularizers: [{ name, limit } as never] });
          const { graph, noise, scalars } = trainStep(spec, 4);
          return evaluate(graph, { images, ...drawNoise(noise, 1), ...scalars({ discriminator: 4, generator: 4, images: 50 }) }, firstState(spec));
        });
        expectSameBytes(ofCurve!.assigns, ofNumber!.assigns, name);
      }
    } finally {
      for (const name of Object.keys(bounding)) delete (REGULARIZERS as Record<string, unknown>)[name];
    }
  });

  it("has the scalars of its number for a curve that stands still", () => {
    const still: Schedule = { curve: "cosine", from: 0.5, to: 0.5, images: 10 };
    const counters = { discriminator: 2, generator: 2, images: 7 };
    const [a, b] = [still, 0.5].map((value) => stepScalars(options(value), counters, { before: 7, shown: 4 }));
    expect(a).toMatchObject(b!);
    expect(isScheduled(options(still).ema)).toBe(false);
  });
});
