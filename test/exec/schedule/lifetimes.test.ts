import { describe, expect, it } from "vitest";
import { mostLive, spansOf } from "../../../src/exec/schedule/lifetimes.ts";

describe("spansOf", () => {
  it("reaches from the first step that touches a value to the last, and beyond for what is fed or given back", () => {
    const spans = spansOf([["x", "a"], ["a", "b"], ["b", "a"], ["y"]], ["x", "unread"], ["y", "x"]);
    expect(Object.fromEntries(spans)).toEqual({
      x: { first: -1, last: 4 },
      unread: { first: -1, last: -1 },
      a: { first: 0, last: 2 },
      b: { first: 1, last: 2 },
      y: { first: 3, last: 4 },
    });
    expect([...spans.keys()]).toEqual(["x", "unread", "a", "b", "y"]);
  });
});

describe("mostLive", () => {
  it("is the sum at the worst time", () => {
    expect(mostLive([])).toBe(0);
    expect(
      mostLive([
        { bytes: 4, first: -1, last: 0 },
        { bytes: 8, first: 1, last: 2 },
        { bytes: 16, first: 2, last: 9 },
        { bytes: 20, first: 3, last: 3 },
      ]),
    ).toBe(36);
  });
});
