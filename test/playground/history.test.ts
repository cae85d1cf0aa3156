import { describe, expect, it } from "vitest";
import { History } from "../../playground/src/history.ts";

const series = (from: number, count: number) => {
  const steps = Array.from({ length: count }, (_, i) => from + i);
  return {
    steps,
    discriminator: steps,
    generator: steps.map((step) => -step),
    divergence: steps.map(() => 0.5),
    heldOut: steps.map(() => Number.NaN),
  };
};

describe("curves of bounded length", () => {
  it("have a point for each step while there are few", () => {
    const history = new History();
    history.add(series(1, 3));
    expect(history.steps).toEqual([1, 2, 3]);
    expect(history.values.generator).toEqual([-1, -2, -3]);
  });

  it("are means of as many steps each, however many there are", () => {
    const history = new History();
    for (let from = 1; from <= 100_000; from += 77) history.add(series(from, 77));
    const { steps, values } = history;
    expect(steps.length).toBeLessThan(800);
    expect(steps.length).toBeGreaterThan(350);
    const each = steps[0]!;
    expect(Math.log2(each) % 1).toBe(0);
    for (const [i, step] of steps.entries()) {
      expect(step).toBe(each * (i + 1));
      expect(values.discriminator[i]).toBe(step - (each - 1) / 2);
      expect(values.divergence[i]).toBe(0.5);
      expect(values.heldOut[i]).toBeNaN();
    }
  });

  it("begin anew", () => {
    const history = new History();
    history.add(series(1, 5000));
    history.clear();
    history.add(series(1, 2));
    expect(history.steps).toEqual([1, 2]);
  });
});
