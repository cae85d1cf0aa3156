import { describe, expect, it } from "vitest";
import { expectSameBytes, sameBytes } from "./bytes.ts";

const nan = (payload: number): Float32Array => new Float32Array(Uint32Array.of(0x7fc00000 | payload).buffer);
const losses = Float32Array.of(1, 2, 3, 4);

describe("expectSameBytes", () => {
  it.each<[string, unknown, unknown]>([
    ["arrays", losses, losses.slice()],
    ["a view and what it shows", new Uint8Array(9).fill(7).subarray(3), new Uint8Array(6).fill(7)],
    ["the same NaN", nan(5), nan(5)],
    ["a file and bytes", Buffer.from([1, 2]), Uint8Array.of(1, 2)],
    [
      "records and lists of arrays",
      { a: [losses, { step: 1 }], error: new RangeError("x") },
      { a: [losses.slice(), { step: 1 }], error: new RangeError("x") },
    ],
    ["no elements", new Float32Array(0), new Float32Array(0)],
  ])("takes %s", (_, actual, expected) => expectSameBytes(actual, expected));

  it.each<[string, unknown, unknown, string]>([
    [
      "an element",
      Float32Array.of(1, 2.5, 3, 5),
      losses,
      "value: got Float32Array of 4, expected Float32Array of 4; 2 differ, first [1]: got 2.5 (bytes 00002040), expected 2 (bytes 00000040)",
    ],
    ["the sign of zero", Float64Array.of(-0), Float64Array.of(0), "first [0]: got 0 (bytes 0000000000000080), expected 0 (bytes 0000000000000000)"],
    ["the bits of NaN", nan(1), nan(2), "first [0]: got NaN (bytes 0100c07f), expected NaN (bytes 0200c07f)"],
    ["the length", losses.subarray(0, 3), losses, "got Float32Array of 3, expected Float32Array of 4; those that both have are the same"],
    ["length and element", Uint8Array.of(1, 9, 3), Uint8Array.of(1, 2), "Uint8Array of 3, expected Uint8Array of 2; 1 differ, first [1]: got 9"],
    ["the type, of the same bytes", new Uint8Array(8), new Float32Array(2), "got Uint8Array of 8, expected Float32Array of 2"],
    [
      "an array in a list in a record",
      { states: [losses, Uint8Array.of(1)] },
      { states: [losses, Uint8Array.of(2)] },
      "value.states[1]: got Uint8Array",
    ],
    ["a number beside arrays", { losses, step: 1 }, { losses, step: 2 }, "value.step: expected 1 to deeply equal 2"],
    ["a name", { losses }, { losses, step: 1 }, "value: keys"],
    ["the length of a list", [losses], [losses, losses], "value: length: expected 1 to be 2"],
    ["an array that is not there", { losses: undefined }, { losses }, "value.losses: expected undefined to deeply equal Float32Array"],
    ["an error's message", { error: new RangeError("x") }, { error: new RangeError("y") }, "value.error"],
  ])("says where they differ: %s", (_, actual, expected, message) => expect(() => expectSameBytes(actual, expected)).toThrow(message));

  it("calls them what it is told", () => expect(() => expectSameBytes(losses, losses.subarray(1), "losses")).toThrow("losses: got"));
});

describe("sameBytes", () => {
  it.each([
    [Float32Array.of(1, 2), Float32Array.of(1, 2), true],
    [Float32Array.of(1, 2), Float32Array.of(1, 3), false],
    [Float32Array.of(0), Float32Array.of(-0), false],
    [new Float32Array(1), new Uint32Array(1), false],
    [new Float32Array(1), new Float32Array(2), false],
  ])("of %o and %o: %o", (a, b, same) => expect(sameBytes(a, b)).toBe(same));
});
