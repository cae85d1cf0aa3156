/** What every executor refuses, and how it says so. */
import { BackendError, ShapeError, StateError, show } from "../core/errors.ts";
import { type Shape, sameShape, showShape, sizeOf } from "../core/shape.ts";
import type { Graph } from "../graph/graph.ts";
import type { Feeds, Fill } from "./executor.ts";

const UNKNOWN = "an unknown name";

/** The variable of this name. @throws ShapeError when there is none */
export function variableNamed<T>(variables: ReadonlyMap<string, T>, name: string): T {
  const variable = variables.get(name);
  if (variable === undefined) throw new ShapeError({ path: name, expected: "a variable of this session", got: UNKNOWN });
  return variable;
}

/** @throws ShapeError when `graph` names a variable that is not among `variables`, or is of another shape there */
export function checkVariables(graph: Graph, variables: ReadonlyMap<string, { readonly shape: Shape }>): void {
  for (const { attrs, shape } of graph.leaves("variable")) {
    const known = variableNamed(variables, attrs.name).shape;
    if (!sameShape(known, shape)) {
      throw new ShapeError({ path: attrs.name, expected: `the variable's shape ${showShape(known)}`, got: showShape(shape) });
    }
  }
}

/** @throws ShapeError when `value` is not as long as a variable of this shape */
export function checkValue(name: string, value: Float32Array, shape: Shape): void {
  if (value.length !== sizeOf(shape)) throw new ShapeError({ path: name, expected: `${sizeOf(shape)} values`, got: `${value.length}` });
}

/** The value of a variable of this shape. @throws ShapeError when it is not as long */
export function writtenValue(name: string, value: Float32Array | Fill, shape: Shape): Float32Array {
  if (typeof value !== "function") {
    checkValue(name, value, shape);
    return value;
  }
  const values = new Float32Array(sizeOf(shape));
  value(values);
  return values;
}

/** How many values each input of `graph` takes, by name. */
export function inputSizes(graph: Graph): Map<string, number> {
  return new Map(graph.leaves("input").map(({ attrs, shape }) => [attrs.name, sizeOf(shape)]));
}

/** The values of every input. @throws ShapeError when one is missing, of another length, or not an input's */
export function feedValues(feeds: Feeds, inputs: ReadonlyMap<string, number>): Map<string, Float32Array> {
  for (const name of Object.keys(feeds)) {
    if (inputs.has(name)) continue;
    throw new ShapeError({ path: `feeds.${name}`, expected: inputs.size > 0 ? `one of ${[...inputs.keys()].join(", ")}` : "no feeds", got: UNKNOWN });
  }
  return new Map(Array.from(inputs, ([name, size]) => [name, feedValue(name, feeds[name], size)]));
}

function feedValue(name: string, feed: Float32Array | number | undefined, size: number): Float32Array {
  const values = typeof feed === "number" ? Float32Array.of(feed) : feed;
  if (values?.length === size) return values;
  throw new ShapeError({ path: `feeds.${name}`, expected: `${size} values`, got: values ? `${values.length}` : show(feed) });
}

/** @throws StateError when a session or a program is no longer `inUse` */
export function checkUse(what: "session" | "program", inUse: boolean): void {
  if (!inUse) throw disposed(what);
}

/** What a session or a program that is no longer in use says. */
export function disposed(what: "session" | "program"): StateError {
  return new StateError({ path: what, expected: `a ${what} in use`, got: "one that was disposed" });
}

/** @throws BackendError when the `needed` bytes are more than the caller allows */
export function checkMemory(needed: number, maxMemory: number): void {
  if (needed > maxMemory) throw outOfMemory("maxMemory", `at least ${needed} bytes`, `${maxMemory}`);
}

/** @throws BackendError when the `needed` bytes are more than there are, whatever the caller allows. @param limit as "all that WebAssembly has" */
export function checkLimit(needed: number, { bytes, limit }: { bytes: number; limit: string }): void {
  if (needed > bytes) throw outOfMemory("memory", `at most ${bytes} bytes, ${limit}`, `a need of ${needed}`);
}

/** The runtime has no more memory to give. */
export function memoryRefused(cause: unknown): BackendError {
  return outOfMemory("memory", "more memory", "a refusal by the runtime", cause);
}

function outOfMemory(path: string, expected: string, got: string, cause?: unknown): BackendError {
  return new BackendError({ path, expected, got: `${got}; a smaller batchSize, width or image shape needs less` }, { cause });
}
