/** The discriminator's weights as its layers see them: regularizers may put something else in their place. */
import type { Graph, Node } from "../graph/graph.ts";
import { type ParameterSpec, parameters } from "../nn/network.ts";
import type { NetworkSpec } from "../nn/spec.ts";
import { type RegularizerSpec, regularizerRow } from "./regularizers.ts";
import type { LearningSpec } from "./spec.ts";

/** What it takes to judge images. */
export interface JudgeSpec extends NetworkSpec, Pick<LearningSpec, "regularizers"> {}

/** The discriminator's tensors in a graph. */
export interface WeightsInUse {
  /** What stands in for its variables, by their names. */
  readonly values: ReadonlyMap<string, Node>;
  /** New values of what regularizers keep beside the weights, by name. */
  readonly updates: ReadonlyMap<string, Node>;
  /** Nodes of the weights that everything in `values` is differentiated with respect to, by name; for a weight that is not here, its variable. */
  readonly leaves: ReadonlyMap<string, Node>;
}

/** One tensor beside a weight. */
interface Kept {
  readonly regularizer: RegularizerSpec;
  readonly weight: ParameterSpec;
  readonly state: ParameterSpec;
}

function kept(spec: JudgeSpec): Kept[] {
  return spec.regularizers.flatMap((regularizer) => {
    const row = regularizerRow(regularizer).reparameterisation;
    if (!row) return [];
    return parameters(spec, "discriminator").flatMap((weight) => {
      const shape = row.shape(weight);
      if (!shape) return [];
      const name = `${weight.name}/${row.state}`;
      return [{ regularizer, weight, state: { name, shape, role: "statistic", init: { kind: "normal", mean: 0, stdDev: 1, draw: name } } }];
    });
  });
}

/** The tensors that regularizers keep beside the discriminator's weights. */
export const weightStates = (spec: JudgeSpec): ParameterSpec[] => kept(spec).map(({ state }) => state);

/** @param values what stands in for variables of this graph already */
export function weightsInUse(spec: JudgeSpec, graph: Graph, values: ReadonlyMap<string, Node> = new Map()): WeightsInUse {
  const inUse = new Map(values);
  const [updates, leaves] = [new Map<string, Node>(), new Map<string, Node>()];
  for (const { regularizer, weight, state } of kept(spec)) {
    const { name, shape } = weight;
    const constant = values.get(name) ?? graph.variable(name, shape);
    const leaf = alias(constant);
    const current = values.get(state.name) ?? graph.variable(state.name, state.shape);
    const used = regularizerRow(regularizer).reparameterisation!.apply(leaf, constant, current, weight);
    leaves.set(name, leaf);
    inUse.set(name, used.value);
    updates.set(state.name, used.state);
  }
  return { values: inUse, updates, leaves };
}

/** The same value as a node of its own, with respect to which one can differentiate apart from `x`. */
export const alias = (x: Node): Node => x.graph.apply("reshape", [x], { shape: x.shape });
