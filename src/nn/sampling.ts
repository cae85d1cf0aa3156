/** Graphs of trained networks at work: running statistics in place of batch statistics, nothing assigned. */
import { Graph, type Node } from "../graph/graph.ts";
import { discriminate, isTold } from "./discriminator.ts";
import type { GeneratorSpec } from "./generator.ts";
import { conditionInput, generate, openPass } from "./network.ts";
import type { NetworkSpec } from "./spec.ts";

/**
 * Inputs `latents` [count, latent] and, for a conditional model, `condition`; fetch `images` [count, ...shape].
 *
 * @param variable the name of the variable that holds a tensor of the generator. Default: the tensor's own
 */
export function sampleGraph(spec: GeneratorSpec, count: number, variable: (name: string) => string = (name) => name): Graph {
  const graph = new Graph();
  const pass = openPass(graph, { training: false, variable });
  const condition = conditionInput(spec, graph, count);
  graph.fetch("images", generate(spec, graph.input("latents", [count, spec.latent]), condition, pass));
  return graph;
}

/**
 * Inputs `images` [count, ...shape] and, where the discriminator is told of it, `condition`; fetch `scores` [count], high where an image looks real.
 *
 * @param values what stands in for variables of the discriminator in this graph, by their names. Default: nothing
 */
export function discriminateGraph(spec: NetworkSpec, count: number, values?: (graph: Graph) => ReadonlyMap<string, Node>): Graph {
  const graph = new Graph();
  const condition = isTold(spec.condition) ? conditionInput(spec, graph, count) : null;
  const images = graph.input("images", [count, ...spec.shape]);
  graph.fetch("scores", discriminate(spec, images, condition, openPass(graph, { training: false, ...(values && { values: values(graph) }) })));
  return graph;
}
