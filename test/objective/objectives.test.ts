import { describe, expect, it } from "vitest";
import { evaluate } from "../../src/exec/reference/evaluate.ts";
import { Graph } from "../../src/graph/graph.ts";
import { type ObjectiveName, objectiveRow } from "../../src/objective/objectives.ts";

/** The three values of an objective at given scores. */
function at(name: ObjectiveName, real: readonly number[], fake: readonly number[]) {
  const graph = new Graph();
  const spec = { name, discriminatorSteps: 1 } as const;
  const { discriminatorLoss, generatorLoss, divergence } = objectiveRow(spec);
  const [r, f] = [graph.input("real", [real.length]), graph.input("fake", [fake.length])];
  graph.fetch("discriminator", discriminatorLoss(r, f, spec));
  graph.fetch("generator", generatorLoss(r, f, spec));
  graph.fetch("divergence", divergence(r, f, spec));
  const { fetches } = evaluate(graph, { real, fake });
  return { discriminator: fetches.discriminator![0]!, generator: fetches.generator![0]!, divergence: fetches.divergence![0]! };
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
