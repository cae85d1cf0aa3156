import { describe, expect, it } from "vitest";
import { describe as describeFault, SpecError } from "../../src/core/errors.ts";
import { resolveSpec } from "../../src/gan/spec.ts";
import { type AveragingOptions, decayOf } from "../../src/objective/averaging.ts";

const resolved = (ema: unknown) => resolveSpec({ shape: [2], ema: ema as AveragingOptions }).ema;

function faultsOf(ema: unknown): string[] {
  try {
    resolved(ema);
  } catch (error) {
    if (error instanceof SpecError) return error.faults.map(describeFault);
    throw error;
  }
  return [];
}

/** After so many updates of the generator, and so many images; the next step has 32. */
const decayAt = (ema: AveragingOptions, generator: number, images: number): number =>
  decayOf(resolved(ema) as never, { discriminator: generator, generator, images }, { before: images, shown: 32 });

describe("decayOf", () => {
  it("goes by the updates, where a decay is given, and follows the first of them faster", () => {
    expect([0, 1, 8990, 8992].map((t) => decayAt({ decay: 0.999 }, t, 0))).toEqual([1 / 10, 2 / 11, 8991 / 9000, 0.999]);
  });

  it("halves the average's memory in a half-life of images", () => {
    expect(decayAt({ halfLife: 32, rampUp: null }, 0, 0)).toBe(0.5);
    expect(decayAt({ halfLife: 1000, rampUp: 0 }, 0, 0) ** (1000 / 32)).toBeCloseTo(0.5, 12);
    expect(decayAt({ halfLife: 1000 }, 1e6, 20_000)).toBeCloseTo(0.5 ** (32 / 1000), 14);
  });

  it("has a half-life of no more than a share of the images seen", () => {
    expect(decayAt({ halfLife: 1000 }, 0, 0)).toBe(0);
    expect(decayAt({ halfLife: 1000 }, 1, 640)).toBe(0.5);
    expect(decayAt({ halfLife: 1000, rampUp: 0.1 }, 1, 640)).toBeCloseTo(Math.SQRT1_2, 14);
  });

  it("takes a half-life that grows from nothing", () => {
    const ema = { halfLife: { curve: "linear", from: 0, to: 64, images: 100 }, rampUp: null } as const;
    expect([0, 50, 100].map((images) => decayAt(ema, 1, images))).toEqual([0, 0.5, expect.closeTo(Math.SQRT1_2, 14)]);
  });
});

describe("the option ema", () => {
  it("is filled in", () => {
    expect(resolved({ halfLife: 500 })).toEqual({ halfLife: 500, rampUp: 0.05 });
    expect(resolved({ halfLife: 500, rampUp: null })).toEqual({ halfLife: 500, rampUp: 0 });
    expect(resolved({ decay: 0.9 })).toEqual({ decay: 0.9 });
    expect(resolved(false)).toBe(false);
  });

  it.each<[unknown, string]>([
    [{ decay: 0.9, halfLife: 500 }, "ema: expected either decay or halfLife, got both"],
    [{}, "ema: expected either decay or halfLife, got neither"],
    [{ decay: 0.9, rampUp: 0.1 }, "ema.rampUp: expected none beside decay, got 0.1"],
    [{ decay: 0.9, rampUp: null }, "ema.rampUp: expected none beside decay, got null"],
    [{ halfLife: 0 }, "ema.halfLife: expected a number above 0, or a schedule, got 0"],
    [{ halfLife: 9, rampUp: -1 }, "ema.rampUp: expected a number of at least 0, got -1"],
    [{ halflife: 9 }, 'ema.halflife: expected one of the options decay, halfLife, rampUp, got an unknown one, "halflife"; did you mean "halfLife"?'],
    [true, "ema: expected an object with decay, halfLife, rampUp, got true"],
  ])("refuses %j", (ema, fault) => expect(faultsOf(ema)).toEqual([fault]));
});
