import { expect, it } from "vitest";
import { resolveSpec } from "../../src/gan/spec.ts";
import { divergenceKind } from "../../src/objective/divergence.ts";

it.each([
  ["wasserstein-gp", undefined, false],
  ["wasserstein", undefined, true],
  // Its layers' slopes are bounded, but by more than 1: convolutions, residual sums and sums over pixels add to them.
  ["wasserstein", ["spectral-norm"], true],
  ["wasserstein", ["spectral-norm", "gradient-penalty"], false],
  ["hinge", ["spectral-norm"], false],
] as const)("the divergence of %s with %o is known up to a factor alone: %s", (objective, regularizers, upToFactor) => {
  const spec = resolveSpec({ shape: [8, 8, 1], architecture: "mlp", objective, ...(regularizers && { regularizers: [...regularizers] }) });
  expect(divergenceKind(spec).upToFactor).toBe(upToFactor);
});
