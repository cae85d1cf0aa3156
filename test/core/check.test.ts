import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { checkOptions, type Fields, integer, optional } from "../../src/core/check.ts";
import { SpecError } from "../../src/core/errors.ts";
import { nearestName } from "../../src/core/nearest.ts";

const FIELDS: Fields<{ count: number; seed: number }> = { count: optional(integer(1, 9), 1), seed: optional(integer(0, 9), 0) };

describe("nearestName", () => {
  const names = ["count", "seed", "stddev", "batchSize", "gap"];
  it.each([
    ["sed", "seed"],
    ["seeed", "seed"],
    ["coutn", "count"],
    ["batch_size", "batchSize"],
    ["batchsize", "batchSize"],
    ["stdev", "stddev"],
    ["ga", "gap"],
  ])("takes %s for %s", (given, meant) => expect(nearestName(given, names)).toBe(meant));

  it.each(["size", "std", "colour", "g", "", "__proto__", "x".repeat(1e6)])("takes %s for none of them", (given) => {
    expect(nearestName(given, names)).toBeNull();
  });
});

describe("checkOptions", () => {
  it("takes the own fields of any object", () => {
    class Options {
      count = 3;
      get seed() {
        return 5;
      }
    }
    expect(checkOptions(FIELDS, new Options())).toEqual({ count: 3, seed: 0 });
    expect(checkOptions(FIELDS, Object.assign(Object.create(null), { seed: 2 }))).toEqual({ count: 1, seed: 2 });
    expect(checkOptions(FIELDS, Object.create(Object.create(null)))).toEqual({ count: 1, seed: 0 });
    expect(checkOptions(FIELDS, runInNewContext("({ seed: 4 })"))).toEqual({ count: 1, seed: 4 });
  });

  it("names every unknown option, whatever it is called, and a nearest one only where there is one", () => {
    const run = () => checkOptions(FIELDS, JSON.parse('{ "__proto__": 1, "sed": 2 }'));
    expect(run).toThrow(SpecError);
    expect(run).toThrow(
      '__proto__: expected one of the options count, seed, got an unknown one, "__proto__"\n' +
        'sed: expected one of the options count, seed, got an unknown one, "sed"; did you mean "seed"?',
    );
  });

  it("names a getter that throws, with what it throws", () => {
    const options = {
      get count() {
        throw new Error("not yet");
      },
      seed: 1,
    };
    expect(() => checkOptions(FIELDS, options)).toThrow('count: expected a value that can be read, got one that throws "not yet"');
  });

  it.each([
    null,
    4,
    "text",
    [],
    new Uint8Array(2),
    () => 1,
    Object.create(Object.create(null), { x: { enumerable: true, value: Object.create(Object.create(null)) } }),
  ])("answers %o with a SpecError", (options) => expect(() => checkOptions(FIELDS, options)).toThrow(SpecError));
});
