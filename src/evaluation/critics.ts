/** Discriminators that are trained to tell two sets of samples apart and for nothing else: free in their scores, or of a slope that their layers bound. */
import { type Shape, sizeOf } from "../core/shape.ts";
import { add, concat, matmul, maximum, minimum, mul, reshape, slice, sub } from "../graph/build.ts";
import type { Node } from "../graph/graph.ts";
import { type DiscriminatorSpec, discriminatorTensors, examine } from "../nn/discriminator.ts";
import { type Init, initOf } from "../nn/init.ts";
import { complete, type LayerSpec } from "../nn/layers/table.ts";
import { openPass } from "../nn/network.ts";

/** A tensor of a critic. */
export interface CriticTensor {
  readonly name: string;
  readonly shape: Shape;
  readonly init: Init;
}

/** A discriminator of samples [N, ...shape], and how it learns best. */
export interface Critic {
  readonly tensors: readonly CriticTensor[];
  /** The scores [N], with these tensors. */
  scores(samples: Node, values: ReadonlyMap<string, Node>): Node;
  /** The step size at the first step. */
  readonly learningRate: number;
  /** How much of a factor of weighted sums is lost at a step, in step sizes: weight decay (Loshchilov & Hutter 2019, algorithm 2). */
  readonly decay: number;
  /** Set where scores differ by no more than samples do. */
  readonly bound?: SlopeBound;
}

/** What holds a critic to slopes of at most 1. */
export interface SlopeBound {
  /** A tensor nearer to what it must be, so many times. */
  project(tensor: Node, times: number): Node;
  /** A number that no slope of the critic with these tensors is above. */
  slope(tensors: ReadonlyMap<string, Float32Array>): number;
}

/** Units of a hidden layer. */
const WIDTH = 64;
const HIDDEN_LAYERS = 3;
/** Images are halved until no side is longer. */
const MOST_SIDE = 7;
/** Filters of the first convolution; each further one has twice as many, up to MOST_FILTERS. */
const FIRST_FILTERS = 16;
const MOST_FILTERS = 128;

const leaky: LayerSpec = { type: "activation", name: "leakyRelu" };
const dense = (units: number): LayerSpec => ({ type: "dense", units });

/** Hidden layers for vectors [size]; convolutions and one hidden layer for images [height, width, channels]. Its weights decay: it is to find what the sets differ by, not which sample is of which. */
export function freeCritic(shape: Shape): Critic {
  const isImage = shape.length === 3;
  const layers = isImage ? [...convolutions(shape), dense(WIDTH), leaky] : Array.from({ length: HIDDEN_LAYERS }, () => [dense(WIDTH), leaky]).flat();
  const spec: DiscriminatorSpec = { shape, condition: null, architecture: { discriminator: complete([...layers, dense(1)]) } };
  return {
    tensors: discriminatorTensors(spec).map((tensor) => ({ name: tensor.name, shape: tensor.shape, init: initOf(tensor, "fan") })),
    scores: (samples, values) => examine(spec, samples, null, openPass(samples.graph, { training: true, values })).scores,
    learningRate: isImage ? 2e-3 : 1e-2,
    decay: 1,
  };
}

function convolutions(shape: Shape): LayerSpec[] {
  const layers: LayerSpec[] = [];
  let [side, filters] = [Math.max(shape[0]!, shape[1]!), FIRST_FILTERS];
  for (; side > MOST_SIDE; side = Math.ceil(side / 2)) {
    layers.push({ type: "conv2d", filters, kernel: 4, stride: 2 }, leaky);
    filters = Math.min(2 * filters, MOST_FILTERS);
  }
  return [...layers, { type: "flatten" }];
}

/**
 * Of slope 1 at most by its layers (Anil, Lucas & Grosse 2019): matrices whose rows or columns are orthonormal, with units sorted in pairs in between, which leaves lengths as they are. So
 * it may have a slope of 1 everywhere, as the best critic does where mass is to be moved. Images count as vectors.
 */
export function boundedCritic(shape: Shape): Critic {
  const sizes = [sizeOf(shape), ...Array.from({ length: HIDDEN_LAYERS }, () => WIDTH), 1];
  const layers = sizes
    .slice(1)
    .map((units, i) => ({ filter: matrix(`critic.${i}.filter`, sizes[i]!, units), bias: zeros(`critic.${i}.bias`, units) }));
  return {
    tensors: layers.flatMap(({ filter, bias }) => [filter, bias]),
    scores(samples, values) {
      const count = samples.shape[0]!;
      const sums = (x: Node, { filter, bias }: (typeof layers)[number]) => add(matmul(x, values.get(filter.name)!), values.get(bias.name)!);
      const [first, ...others] = layers;
      return reshape(
        others.reduce((x, layer) => sums(sortedInPairs(x), layer), sums(reshape(samples, [count, sizes[0]!]), first!)),
        [count],
      );
    },
    learningRate: 3e-3,
    decay: 0,
    bound: {
      project: (tensor, times) => (tensor.shape.length === 2 ? orthonormal(tensor, times) : tensor),
      slope: (tensors) => layers.reduce((product, { filter }) => product * greatestStretch(tensors.get(filter.name)!, filter.shape), 1),
    },
  };
}

/** Begins as normals of a length, as a whole, of about 1: no singular value is beyond what `orthonormal` takes. */
function matrix(name: string, rows: number, columns: number): CriticTensor {
  return { name, shape: [rows, columns], init: { kind: "normal", mean: 0, stdDev: 1 / Math.sqrt(rows * columns), draw: name } };
}

const zeros = (name: string, size: number): CriticTensor => ({ name, shape: [size], init: { kind: "constant", value: 0 } });

/** Each unit of the first half with one of the second: the greater, then the lesser. */
function sortedInPairs(x: Node): Node {
  const [count, size] = x.shape as [number, number];
  const [a, b] = [slice(x, [0, 0], [count, size / 2]), slice(x, [0, size / 2], [count, size / 2])];
  return concat([maximum(a, b), minimum(a, b)], 1);
}

/** W with each singular value s, up to √3, taken to (3 s - s³) / 2 so many times, by which it tends to 1: Björck & Bowie 1971, of order 1. */
function orthonormal(w: Node, times: number): Node {
  const [rows, columns] = w.shape as [number, number];
  let result = w;
  for (let i = 0; i < times; i++) {
    const gram = matmul(result, result, rows < columns ? { transposeB: true } : { transposeA: true });
    result = sub(mul(result, 1.5), mul(rows < columns ? matmul(gram, result) : matmul(result, gram), 0.5));
  }
  return result;
}

/** A number that no singular value of a matrix is above, and that is 1 where its rows or columns are orthonormal: the root of the greatest row sum of their products' magnitudes. */
function greatestStretch(w: Float32Array, shape: Shape): number {
  const [rows, columns] = shape as [number, number];
  // Vector i of the fewer ones, and its element k.
  const [vectors, length] = rows < columns ? [rows, columns] : [columns, rows];
  const at = (i: number, k: number): number => (rows < columns ? w[i * columns + k]! : w[k * columns + i]!);
  let greatest = 0;
  for (let i = 0; i < vectors; i++) {
    let sum = 0;
    for (let j = 0; j < vectors; j++) {
      let product = 0;
      for (let k = 0; k < length; k++) product += at(i, k) * at(j, k);
      sum += Math.abs(product);
    }
    greatest = Math.max(greatest, sum);
  }
  return Math.sqrt(greatest);
}
