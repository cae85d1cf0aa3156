/** Graphs of trained networks at work: running statistics in place of batch statistics, nothing assigned. */
import { Graph } from "../graph/graph.ts";
import { conditionInput, discriminate, emaName, generate, openPass } from "./network.ts";
import type { GANSpec } from "./spec.ts";

/**
 * Inputs `latents` [count, latent] and, for a conditional model, `condition`; fetch `images` [count, ...shape].
 *
 * @param options.ema use the moving average of the generator; false where the model keeps none
 */
export function sampleGraph(spec: GANSpec, count: number, { ema = spec.ema !== false }: { readonly ema?: boolean } = {}): Graph {
  const graph = new Graph();
  const pass = openPass(graph, { training: false, ...(ema && { variable: emaName }) });
  const condition = conditionInput(spec, graph, count);
  graph.fetch("images", generate(spec, graph.input("latents", [count, spec.latent]), condition, pass));
  return graph;
}

/** Inputs `images` [count, ...shape] and, for a conditional model, `condition`; fetch `scores` [count], high where an image looks real. */
export function discriminateGraph(spec: GANSpec, count: number): Graph {
  const graph = new Graph();
  const condition = conditionInput(spec, graph, count);
  const images = graph.input("images", [count, ...spec.shape]);
  graph.fetch("scores", discriminate(spec, images, condition, openPass(graph, { training: false })));
  return graph;
}
