/** The table of layer kinds, and what follows from it for lists of layers. To add a kind: a row in the file of its family. */
import { type Check, list, optional, that, variant } from "../../core/check.ts";
import { type ErrorDetail, ShapeError } from "../../core/errors.ts";
import { type Shape, sameShape, showShape, sizeOf } from "../../core/shape.ts";
import { add } from "../../graph/build.ts";
import type { Node } from "../../graph/graph.ts";
import { ATTENTION } from "./attention.ts";
import { BASIS } from "./basis.ts";
import { LINEAR } from "./linear.ts";
import { NORMALISATION } from "./normalisation.ts";
import { type ActivationSpec, SHAPING } from "./shaping.ts";
import { STYLE } from "./style.ts";
import { ANY_NUMBER, type LayerParameter, type LayerRow, layer, NOT_TOLD, type Pass, type Range, type Told, vectorSize } from "./types.ts";

/** A residual block (He et al. 2016), layers(x) + shortcut(x), or layers(x) + x without a shortcut; up to 8 within one another. */
export interface ResidualSpec {
  /** The kind of the layer. */
  readonly type: "residual";
  /** The layers of the main path, at least one. */
  readonly layers: readonly LayerSpec[];
  /** The layers of the other path, which give what `layers` give. Default none: the identity. */
  readonly shortcut?: readonly LayerSpec[];
}

/** A residual block with every option filled in. */
export interface ResidualLayer extends Required<ResidualSpec> {
  /** The layers of the main path. */
  readonly layers: readonly Layer[];
  /** The layers of the other path; none for the identity. */
  readonly shortcut: readonly Layer[];
}

/** A network with a style (Karras, Laine & Aila 2019, section 2): `layers` see the same input as `mapping`, and within them `modulatedConv2d` what `mapping` makes of it. */
export interface StyledSpec {
  /** The kind of the layer. */
  readonly type: "styled";
  /** The layers that turn the input into a vector, the style. Default none: the input itself. */
  readonly mapping?: readonly LayerSpec[];
  /** The layers that are told the style, at least one. Where the first is a `constant`, all that they know of the input is its style. */
  readonly layers: readonly LayerSpec[];
}

/** A network with a style, every option filled in. */
export interface StyledLayer extends Required<StyledSpec> {
  /** The layers that turn the input into a style; none where it is one. */
  readonly mapping: readonly Layer[];
  /** The layers that are told the style. */
  readonly layers: readonly Layer[];
}

const PLAIN = { ...LINEAR, ...BASIS, ...NORMALISATION, ...SHAPING, ...ATTENTION, ...STYLE };

/** @inline */
type PlainSpec = { [T in keyof typeof PLAIN]: (typeof PLAIN)[T] extends LayerRow<infer S> ? S : never }[keyof typeof PLAIN];
type Full<S> = S extends unknown ? Required<S> : never;
/** @inline */
type PlainLayer = Full<PlainSpec>;

/** A layer as a user writes it: one of the kinds that `type` names. */
export type LayerSpec = PlainSpec | ResidualSpec | StyledSpec;

/** A layer with every option filled in. */
export type Layer = PlainLayer | ResidualLayer | StyledLayer;

const anyLayer: Check<Layer> = variant("type", () => Object.fromEntries(Object.entries(LAYERS).map(([type, row]) => [type, row.fields])));

/** Layers of a network in all. The deepest that can be trained here has a few dozen; what strangers send must not cost more than that. */
const MOST_LAYERS = 256;

/** Checks the layers of a network and fills in their options. */
export const checkLayers: Check<readonly Layer[]> = (value, path, faults) => {
  const layers = list(anyLayer, { min: 1 })(value, path, faults);
  if (!layers) return undefined;
  const before = faults.length;
  const count = countLayers(layers);
  if (count > MOST_LAYERS) faults.push({ path, expected: `at most ${MOST_LAYERS} layers, those within others included`, got: `${count}` });
  for (const { path: place, type } of findUnstyled(layers, path)) {
    faults.push({ path: place, expected: "a layer that needs no style outside of the layers of a styled one", got: type });
  }
  return faults.length > before ? undefined : layers;
};

/** Layers that are known to be right, with every option filled in. */
export const complete = (layers: readonly LayerSpec[]): readonly Layer[] => checkLayers(layers, "", [])!;

/** Layers within layers: deeper than anyone writes, shallow enough for any stack. */
const MAX_NESTING = 8;

const nested =
  (min: number): Check<readonly Layer[]> =>
  (value, path, faults) => {
    // Each level adds one index to the path.
    const check =
      path.split("[").length - 1 <= MAX_NESTING
        ? list(anyLayer, { min })
        : that<never>(`at most ${MAX_NESTING} levels of layers within layers`, () => false);
    return check(value, path, faults);
  };

const residual = layer<ResidualLayer>({
  fields: { layers: nested(1), shortcut: optional(nested(0), []) },
  weighted: true,
  lists: ({ layers, shortcut }) => ({ layers, shortcut }),
  output({ layers, shortcut }, input) {
    const main = outputShape(layers, input);
    const side = outputShape(shortcut, input);
    if (!sameShape(main, side)) {
      throw new ShapeError({ path: "shortcut", expected: `a shortcut that gives ${showShape(main)}, as the layers do`, got: showShape(side) });
    }
    return main;
  },
  range({ layers, shortcut }, input) {
    const [main, side] = [rangeAfter(layers, input), rangeAfter(shortcut, input)];
    return [main[0] + side[0], main[1] + side[1]];
  },
  parameters: ({ layers, shortcut }, input, told) =>
    byName([...parametersOf(layers, input, "", told), ...parametersOf(shortcut, input, "shortcut.", told)]),
  build: ({ layers, shortcut }, x, { path, pass }) =>
    add(applyLayers(layers, x, `${path}.`, pass), applyLayers(shortcut, x, `${path}.shortcut.`, pass)),
});

const styled = layer<StyledLayer>({
  fields: { mapping: optional(nested(0), []), layers: nested(1) },
  weighted: true,
  lists: ({ mapping, layers }) => ({ mapping, layers }),
  output({ mapping, layers }, input) {
    vectorSize(outputShape(mapping, input));
    return outputShape(layers, input);
  },
  range: ({ layers }, input) => rangeAfter(layers, input),
  parameters({ mapping, layers }, input, told) {
    const style = vectorSize(outputShape(mapping, input));
    return byName([...parametersOf(mapping, input, "mapping.", told), ...parametersOf(layers, input, "", { ...told, style })]);
  },
  build({ mapping, layers }, x, { path, pass }) {
    const style = applyLayers(mapping, x, `${path}.mapping.`, pass);
    return applyLayers(layers, x, `${path}.`, { ...pass, style });
  },
});

export const LAYERS = { ...PLAIN, residual, styled };

const byName = (parameters: readonly NamedParameter[]): Readonly<Record<string, NamedParameter>> =>
  Object.fromEntries(parameters.map((p) => [p.name, p]));

const rowOf = ({ type }: Layer): LayerRow<Layer> => LAYERS[type] as unknown as LayerRow<Layer>;

const tensorsOf = (l: Layer, input: Shape, told: Told): Readonly<Record<string, LayerParameter>> => rowOf(l).parameters?.(l, input, told) ?? {};

/** The most values of one example anywhere in a network: 4 GiB. */
const MOST_VALUES = 2 ** 30;

/** The shape of what a layer gives. @throws ShapeError */
function outputOf(l: Layer, input: Shape): Shape {
  const shape = rowOf(l).output(l, input);
  if (sizeOf(shape) <= MOST_VALUES) return shape;
  throw new ShapeError({ path: "output", expected: "an output of at most 2^30 values an example", got: showShape(shape) });
}

/** The lists of layers within a layer, with the fields they stand in. */
const listsOf = (l: Layer): [string, readonly Layer[]][] => Object.entries(rowOf(l).lists?.(l) ?? {}) as [string, readonly Layer[]][];

const countLayers = (layers: readonly Layer[]): number =>
  layers.reduce((count, l) => count + 1 + listsOf(l).reduce((inner, [, list]) => inner + countLayers(list), 0), 0);

/** The paths of all layers that need a style where there is none. */
function findUnstyled(layers: readonly Layer[], path: string): { readonly path: string; readonly type: string }[] {
  return layers.flatMap((l, i) => {
    const place = `${path}[${i}]`;
    if (rowOf(l).needsStyle) return [{ path: place, type: l.type }];
    const told = (field: string) => l.type === "styled" && field === "layers";
    return listsOf(l).flatMap(([field, list]) => (told(field) ? [] : findUnstyled(list, `${place}.${field}`)));
  });
}

/** The range of what a layer gives. */
export const rangeOf = (l: Layer, input: Range): Range => rowOf(l).range?.(l, input) ?? ANY_NUMBER;

/** The range of what is left after all layers. */
const rangeAfter = (layers: readonly Layer[], input: Range): Range => layers.reduce((range, l) => rangeOf(l, range), input);

/** Where a layer's output goes first: the activation that follows it before any other weighted sum, if there is one. */
function activationAfter(layers: readonly Layer[], i: number): Required<ActivationSpec> | null {
  for (const next of layers.slice(i + 1)) {
    if (next.type === "activation") return next;
    if (rowOf(next).weighted) return null;
  }
  return null;
}

/** A tensor of a list of layers under its name within the list, with the activation its layer's output goes through. */
export interface NamedParameter extends LayerParameter {
  readonly name: string;
  readonly activation: Required<ActivationSpec> | null;
}

/**
 * The tensors of a list of layers, in the order of the layers, named `${prefix}${index}.${name}`.
 *
 * @param told what the layers are told beside their input. Default: nothing
 * @throws ShapeError
 */
export function parametersOf(layers: readonly Layer[], input: Shape, prefix: string, told = NOT_TOLD): NamedParameter[] {
  let shape = input;
  return layers.flatMap((l, i) => {
    const parameters = Object.entries(tensorsOf(l, shape, told));
    shape = outputOf(l, shape);
    const following = activationAfter(layers, i);
    return parameters.map(([name, p]) => ({ activation: following, ...p, name: `${prefix}${i}.${name}` }));
  });
}

/** The shape an example has after all layers. @throws ShapeError */
export function outputShape(layers: readonly Layer[], input: Shape): Shape {
  return layers.reduce((shape, l) => outputOf(l, shape), input);
}

/** The shape an example has after all layers, or a fault at `path` for the first layer that cannot take its input. */
export function traceShapes(layers: readonly Layer[], input: Shape, path: string, faults: ErrorDetail[]): Shape | undefined {
  let shape = input;
  for (const [i, l] of layers.entries()) {
    try {
      shape = outputOf(l, shape);
    } catch (error) {
      if (!(error instanceof ShapeError)) throw error;
      faults.push({ path: `${path}[${i}] ${l.type}`, expected: error.expected, got: error.got });
      return undefined;
    }
  }
  return shape;
}

/** Whether there is a layer of this kind, those within others included. */
export const hasLayer = (layers: readonly Layer[], type: Layer["type"]): boolean =>
  layers.some((l) => l.type === type || listsOf(l).some(([, list]) => hasLayer(list, type)));

/** How many weighted sums of features a layer makes; null for one that is none. */
export const featureSums = (l: Layer): number | null => rowOf(l).features?.(l) ?? null;

/** The paths of all layers with which penalties on slopes do not go, as images meet in them, those within others included, with their types. */
export function findMixing(layers: readonly Layer[], path: string): { readonly path: string; readonly type: string }[] {
  return layers.flatMap((l, i) => {
    const own = rowOf(l).mixesImages ? [{ path: `${path}[${i}]`, type: l.type }] : [];
    return [...own, ...listsOf(l).flatMap(([field, list]) => findMixing(list, `${path}[${i}].${field}`))];
  });
}

/** The smallest batch that a layer needs in training, and which one it is. */
export interface LeastBatch {
  readonly size: number;
  readonly path: string;
  readonly type: string;
}

/** What each layer needs, those within others included. */
export function leastBatches(layers: readonly Layer[], input: Shape, path: string): LeastBatch[] {
  let shape = input;
  return layers.flatMap((l, i) => {
    const place = `${path}[${i}]`;
    const own = { size: rowOf(l).leastBatch?.(shape) ?? 1, path: place, type: l.type };
    const inner = listsOf(l).flatMap(([field, list]) => leastBatches(list, shape, `${place}.${field}`));
    shape = outputOf(l, shape);
    return [own, ...inner];
  });
}

/** What each layer gives when they are applied one after another to a batch [N, ...input], after the input itself. */
export function layerOutputs(layers: readonly Layer[], x: Node, prefix: string, pass: Pass): Node[] {
  const outputs = [x];
  const told: Told = { classes: pass.classes?.shape[1] ?? 0, style: pass.style?.shape[1] ?? 0 };
  for (const [i, l] of layers.entries()) {
    const input = outputs[i]!;
    const path = `${prefix}${i}`;
    const own = tensorsOf(l, input.shape.slice(1), told);
    outputs.push(rowOf(l).build(l, input, { path, pass, parameter: (name) => pass.value(`${path}.${name}`, own[name]!.shape) }));
  }
  return outputs;
}

/** The layers applied one after another to a batch [N, ...input]. */
export function applyLayers(layers: readonly Layer[], x: Node, prefix: string, pass: Pass): Node {
  return layerOutputs(layers, x, prefix, pass).at(-1)!;
}
