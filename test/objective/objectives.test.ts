import { describe, expect, it } from "vitest";
import { evaluate } from "../../src/exec/reference/evaluate.ts";
import { type GANOptions, resolveSpec } from "../../src/gan/spec.ts";
import { Graph } from "../../src/graph/graph.ts";
import { type ObjectiveName, objectiveRow } from "../../src/objective/objectives.ts";
import { REPORTS } from "../../src/objective/reports.ts";

/** The values of an objective at given scores. */
function at(objective: NonNullable<GANOptions["objective"]>, real: readonly number[], fake: readonly number[]) {
  const graph = new Graph();
  const spec = resolveSpec({ shape: [1], objective }).objective;
  const { discriminatorLoss, generatorLoss, divergence, relabelled } = objectiveRow(spec);
  const [r, f] = [graph.input("real", [real.length]), graph.input("fake", [fake.length])];
  graph.fetch("discriminator", discriminatorLoss(r, f, spec));
  graph.fetch("generator", generatorLoss(r, f, spec));
  graph.fetch("divergence", divergence(r, f, spec));
  graph.fetch("relabelled", relabelled?.(r, f, spec) ?? graph.constant(0));
  const { fetches } = evaluate(graph, { real, fake });
  return {
    relabelled: fetches.relabelled![0]!,
    discriminator: fetches.discriminator![0]!,
    generator: fetches.generator![0]!,
    divergence: fetches.divergence![0]!,
  };
}

// Constants of a graph are float32: log 2 is known to half a unit in its 24th bit.
const DIGITS = 6;
const logit = (d: number) => Math.log(d / (1 - d));

describe.each(["minimax", "non-saturating"] as const)("%s", (name) => {
  it("estimates a JS divergence of 0 where D is 1/2 everywhere", () => {
    const { discriminator, divergence } = at(name, [0, 0], [0, 0]);
    expect(discriminator).toBeCloseTo(2 * Math.LN2, DIGITS);
    expect(divergence).toBeCloseTo(0, DIGITS);
  });

  it("estimates log 2 where D tells the two apart without fail", () => {
    expect(at(name, [60, 80], [-60, -80]).divergence).toBeCloseTo(Math.LN2, DIGITS);
  });

  it("estimates the JS divergence of two coins at the best D = p / (p + q)", () => {
    // Data: 3/4 heads; generator: 1/4 heads. Four flips of each stand for their distributions.
    const [heads, tails] = [logit(0.75), logit(0.25)];
    const kl = (p: number, m: number) => p * Math.log(p / m);
    const divergence = kl(0.75, 0.5) + kl(0.25, 0.5);
    expect(at(name, [heads, heads, heads, tails], [heads, tails, tails, tails]).divergence).toBeCloseTo(divergence, DIGITS);
  });

  it("stays finite at scores of ±1000", () => {
    const worst = at(name, [-1000], [1000]);
    expect(worst.discriminator).toBeCloseTo(2000, 3);
    expect(Number.isFinite(worst.generator)).toBe(true);
  });
});

describe("minimax", () => {
  it("gives the generator E log(1 - D), which is flat where D rejects", () => {
    expect(at("minimax", [0], [logit(0.2)]).generator).toBeCloseTo(Math.log(0.8), DIGITS);
    expect(at("minimax", [0], [-50]).generator).toBeCloseTo(0, 15);
  });
});

describe("non-saturating", () => {
  it("gives the generator -E log D, which is steep where D rejects", () => {
    expect(at("non-saturating", [0], [logit(0.2)]).generator).toBeCloseTo(-Math.log(0.2), DIGITS);
    expect(at("non-saturating", [0], [-50]).generator).toBeCloseTo(50, 10);
  });
});

describe("least-squares", () => {
  it("estimates a triangular discrimination of 0 at D = 1/2 and of 2 without overlap", () => {
    expect(at("least-squares", [0.5], [0.5]).divergence).toBeCloseTo(0, 12);
    expect(at("least-squares", [1], [0]).divergence).toBeCloseTo(2, 12);
  });

  it("estimates Σ (p - q)² / (p + q) of two coins at the best D", () => {
    expect(at("least-squares", [0.75, 0.75, 0.75, 0.25], [0.75, 0.25, 0.25, 0.25]).divergence).toBeCloseTo(0.5, 12);
  });

  it("pulls generated scores to 1", () => {
    expect(at("least-squares", [0], [1, 1]).generator).toBe(0);
    expect(at("least-squares", [0], [0, 3]).generator).toBeCloseTo(0.5 * (1 + 4) * 0.5, 12);
  });
});

describe("wasserstein", () => {
  it("estimates the distance of two points by the critic f(x) = x", () => {
    const { discriminator, generator, divergence } = at("wasserstein", [3, 5], [1, 0]);
    expect(divergence).toBeCloseTo(3.5, 12);
    expect(discriminator).toBeCloseTo(-3.5, 12);
    expect(generator).toBeCloseTo(-0.5, 12);
  });
});

describe("hinge", () => {
  it("estimates the total variation distance of two coins at the best f = ±1", () => {
    expect(at("hinge", [1, 1, 1, -1], [1, -1, -1, -1]).divergence).toBeCloseTo(0.5, 12);
    expect(at("hinge", [7], [-7]).divergence).toBe(1);
  });

  it("gives the discriminator E max(0, 1 - f(x)) + E max(0, 1 + f(G(z))), and the generator -E f(G(z))", () => {
    const { discriminator, generator } = at("hinge", [0.5, 3], [-0.25, 2]);
    expect(discriminator).toBeCloseTo(0.25 + (0.75 + 3) / 2, 12);
    expect(generator).toBeCloseTo(-0.875, 12);
  });
});

describe("relativistic", () => {
  it("compares in pairs: scores that move together change nothing", () => {
    const [a, b] = [at("relativistic", [1, 2], [0, -1]), at("relativistic", [101, 52], [100, 49])];
    for (const key of ["discriminator", "generator", "divergence"] as const) expect(a[key]).toBeCloseTo(b[key], 12);
    expect(a.discriminator).toBeCloseTo((Math.log1p(Math.exp(-1)) + Math.log1p(Math.exp(-3))) / 2, 12);
    expect(a.generator).toBeCloseTo((Math.log1p(Math.exp(1)) + Math.log1p(Math.exp(3))) / 2, 12);
  });

  it("estimates the JS divergence of pairs of two coins at the best difference", () => {
    // p = (3/4, 1/4), q = (1/4, 3/4): of all 16 pairs of four flips each, 9 are (heads, tails), 1 (tails, heads), 6 alike.
    const score = { heads: Math.log(3), tails: -Math.log(3) };
    const flips = [score.heads, score.heads, score.heads, score.tails];
    const real = flips.flatMap((r) => flips.map(() => r));
    const fake = flips.flatMap(() => flips.map((f) => -f));
    const divergence = Math.LN2 + (9 * Math.log(9 / 10) + Math.log(1 / 10) + 6 * Math.log(1 / 2)) / 16;
    expect(at("relativistic", real, fake).divergence).toBeCloseTo(divergence, DIGITS);
  });
});

describe("least-squares with labels -1, 1 and 0", () => {
  const labels = { name: "least-squares", realLabel: 1, fakeLabel: -1, generatorLabel: 0 } as const;

  it("estimates the same as with 1 and 0", () => {
    expect(at(labels, [0.5, 0.5, 0.5, -0.5], [0.5, -0.5, -0.5, -0.5]).divergence).toBeCloseTo(0.5, 12);
    expect(at(labels, [0], [2]).generator).toBe(2);
  });

  it("is refused with one label for both", () => {
    expect(() => resolveSpec({ shape: [1], objective: { ...labels, fakeLabel: 1 } })).toThrow(
      "objective.fakeLabel: expected a number at least a thousandth away from realLabel, 1, got 1",
    );
  });
});

describe("relabelled", () => {
  const gain = (name: ObjectiveName, real: number, fake: number): number => at(name, [real], [fake]).relabelled;

  it.each(["minimax", "non-saturating", "least-squares", "hinge"] as const)("%s: is the loss as generated less the loss as real", (name) => {
    // Of a loss A(real) + B(fake): B(s) - A(s) less the same at t is what changing places makes of it.
    for (const [s, t] of [
      [-2, 0.25],
      [3, -0.5],
    ] as const) {
      const turned = at(name, [t], [s]).discriminator - at(name, [s], [t]).discriminator;
      expect(gain(name, s, t) - gain(name, t, s)).toBeCloseTo(turned, 9);
    }
  });

  it("relativistic: is the loss with the pairs turned round less the loss", () => {
    expect(gain("relativistic", 2, -1)).toBeCloseTo(at("relativistic", [-1], [2]).discriminator - at("relativistic", [2], [-1]).discriminator, 12);
  });
});

describe("discriminatorAccuracy", () => {
  function accuracy(objective: NonNullable<GANOptions["objective"]>, real: readonly number[], fake: readonly number[]): number {
    const graph = new Graph();
    const spec = resolveSpec({ shape: [1], objective });
    const [realScores, fakeScores] = [graph.input("real", [real.length]), graph.input("fake", [fake.length])];
    graph.fetch("accuracy", REPORTS.discriminatorAccuracy.of({ spec, realScores, fakeScores, loss: graph.constant(0), adaptation: null }));
    return evaluate(graph, { real, fake }).fetches.accuracy![0]!;
  }

  it.each(["minimax", "non-saturating", "hinge"] as const)("%s: counts scores on their side of 0, where a tie is wrong", (name) => {
    expect(accuracy(name, [1, 2, -1, 0], [-3, -1, -2, 5])).toBe((2 + 3) / 8);
  });

  it("least-squares: counts scores on the side of their label, whichever that is", () => {
    expect(accuracy("least-squares", [0.6, 0.4, 2, 0.5], [0.1, 0.7, -4, 0.2])).toBe((2 + 3) / 8);
    expect(accuracy({ name: "least-squares", realLabel: -1, fakeLabel: 3 }, [0.5, 2], [1.5, 0.5])).toBe(2 / 4);
  });

  it.each(["relativistic", "wasserstein"] as const)("%s: counts pairs in the right order, where a tie is wrong", (name) => {
    expect(accuracy(name, [11, 12, 13, 14], [10, 13, 13, -2])).toBe(2 / 4);
  });
});
