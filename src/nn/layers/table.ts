/** The table of layer kinds, and what follows from it for lists of layers. To add a kind: its type in `layers/types.ts` and one row here. */

import { type Check, list, optional, that, variant } from "../../core/check.ts";
import { type ErrorDetail, ShapeError } from "../../core/errors.ts";
import { type Shape, sameShape, showShape } from "../../core/shape.ts";
import { add } from "../../graph/build.ts";
import type { Node } from "../../graph/graph.ts";
import { conv, convTranspose, dense } from "./linear.ts";
import { batchNorm, layerNorm } from "./normalisation.ts";
import { activation, avgPool, dropout, flatten, reshape, upsample } from "./shaping.ts";
import type { Layer, LayerOf, LayerParameter, LayerRow, LayerType, Pass } from "./types.ts";

const layer: Check<Layer> = variant("type", () => LAYER_FIELDS);

/** Checks a list of layers and fills in their options. */
export const checkLayers: Check<readonly Layer[]> = list(layer, { min: 1 });

/** Residual layers within residual layers: deeper than anyone writes, shallow enough for any stack. */
const MAX_NESTING = 8;

const nested =
  (min: number): Check<readonly Layer[]> =>
  (value, path, faults) => {
    // Each level adds one index to the path.
    const check =
      path.split("[").length - 1 <= MAX_NESTING ? list(layer, { min }) : that<never>(`at most ${MAX_NESTING} levels of residual layers`, () => false);
    return check(value, path, faults);
  };

const residual: LayerRow<LayerOf<"residual">> = {
  fields: { layers: nested(1), shortcut: optional(nested(0), []) },
  output({ layers, shortcut }, input) {
    const main = outputShape(layers, input);
    const side = outputShape(shortcut, input);
    if (!sameShape(main, side)) {
      throw new ShapeError({ path: "shortcut", expected: `a shortcut that gives ${showShape(main)}, as the layers do`, got: showShape(side) });
    }
    return main;
  },
  parameters: ({ layers, shortcut }, input) =>
    Object.fromEntries([...parametersOf(layers, input, ""), ...parametersOf(shortcut, input, "shortcut.")].map((p) => [p.name, p])),
  build: ({ layers, shortcut }, x, { path, pass }) =>
    add(applyLayers(layers, x, `${path}.`, pass), applyLayers(shortcut, x, `${path}.shortcut.`, pass)),
};

const LAYERS: { readonly [T in LayerType]: LayerRow<LayerOf<T>> } = {
  dense,
  conv2d: conv,
  conv2dTranspose: convTranspose,
  batchNorm,
  layerNorm,
  activation,
  reshape,
  flatten,
  upsample,
  avgPool,
  dropout,
  residual,
};

const LAYER_FIELDS = Object.fromEntries(Object.entries(LAYERS).map(([type, row]) => [type, row.fields]));

const rowOf = (type: LayerType) => LAYERS[type] as LayerRow<Layer>;

/** Where a layer's output goes first: the activation that follows it before any other weighted sum, if there is one. */
function activationAfter(layers: readonly Layer[], i: number): LayerOf<"activation"> | null {
  for (const next of layers.slice(i + 1)) {
    if (next.type === "activation") return next;
    if (["dense", "conv2d", "conv2dTranspose", "residual"].includes(next.type)) return null;
  }
  return null;
}

/** A tensor of a list of layers under its name within the list, with the activation its layer's output goes through. */
export interface NamedParameter extends LayerParameter {
  readonly name: string;
  readonly activation: LayerOf<"activation"> | null;
}

/** The tensors of a list of layers, in the order of the layers, named `${prefix}${index}.${name}`. @throws ShapeError */
export function parametersOf(layers: readonly Layer[], input: Shape, prefix: string): NamedParameter[] {
  let shape = input;
  return layers.flatMap((layer, i) => {
    const row = rowOf(layer.type);
    const parameters = Object.entries(row.parameters(layer, shape));
    shape = row.output(layer, shape);
    const following = activationAfter(layers, i);
    return parameters.map(([name, p]) => ({ activation: following, ...p, name: `${prefix}${i}.${name}` }));
  });
}

/** The shape an example has after all layers. @throws ShapeError */
export function outputShape(layers: readonly Layer[], input: Shape): Shape {
  return layers.reduce((shape, layer) => rowOf(layer.type).output(layer, shape), input);
}

/** The shape an example has after all layers, or a fault at `path` for the first layer that cannot take its input. */
export function traceShapes(layers: readonly Layer[], input: Shape, path: string, faults: ErrorDetail[]): Shape | undefined {
  let shape = input;
  for (const [i, layer] of layers.entries()) {
    try {
      shape = rowOf(layer.type).output(layer, shape);
    } catch (error) {
      if (!(error instanceof ShapeError)) throw error;
      faults.push({ path: `${path}[${i}] ${layer.type}`, expected: error.expected, got: error.got });
      return undefined;
    }
  }
  return shape;
}

/** What each layer gives when they are applied one after another to a batch [N, ...input], after the input itself. */
export function layerOutputs(layers: readonly Layer[], x: Node, prefix: string, pass: Pass): Node[] {
  const outputs = [x];
  for (const [i, layer] of layers.entries()) {
    const input = outputs[i]!;
    const row = rowOf(layer.type);
    const path = `${prefix}${i}`;
    const own = row.parameters(layer, input.shape.slice(1));
    outputs.push(row.build(layer, input, { path, pass, parameter: (name) => pass.value(`${path}.${name}`, own[name]!.shape) }));
  }
  return outputs;
}

/** The layers applied one after another to a batch [N, ...input]. */
export function applyLayers(layers: readonly Layer[], x: Node, prefix: string, pass: Pass): Node {
  return layerOutputs(layers, x, prefix, pass).at(-1)!;
}
