import { fillNormals, fillUniforms, Stream } from "../../src/core/random.ts";
import { sizeOf } from "../../src/core/shape.ts";
import { type Evaluation, evaluatePrimitives } from "../../src/exec/reference/evaluate.ts";
import type { GANSpec } from "../../src/gan/spec.ts";
import { expandComposites } from "../../src/graph/composites.ts";
import type { Graph } from "../../src/graph/graph.ts";
import { initialValue } from "../../src/nn/init.ts";
import type { LayerSpec } from "../../src/nn/layers/table.ts";
import type { NoiseSpec } from "../../src/nn/network.ts";
import type { Counters } from "../../src/objective/counters.ts";
import { criticStep, type StepGraph, trainStep } from "../../src/objective/steps.ts";
import { variables } from "../../src/objective/variables.ts";

export type State = Record<string, Float64Array>;
export type Values = Record<string, ArrayLike<number>>;

/** Every variable of a session as it begins. */
export function firstState(spec: GANSpec): State {
  return Object.fromEntries(variables(spec).map((v) => [v.name, Float64Array.from(initialValue(v, spec.seed))]));
}

/** Fresh numbers for every noise input, a function of `item`. */
export function drawNoise(noise: readonly NoiseSpec[], item: number): Values {
  return Object.fromEntries(
    noise.map(({ name, shape, distribution }, i) => {
      const values = new Float32Array(sizeOf(shape));
      (distribution === "normal" ? fillNormals : fillUniforms)(values, 1, Stream.noise + 100 * i, item);
      return [name, values];
    }),
  );
}

/** A GAN on the float64 reference, trained step by step on whatever batches it is given. */
export class Trainer {
  readonly spec: GANSpec;
  readonly batch: number;
  readonly train: StepGraph;
  readonly critic: StepGraph;
  /** The graphs of both, as they are run. */
  readonly #primitives: { readonly train: Graph; readonly critic: Graph };
  state: State;
  done: Counters = { discriminator: 0, generator: 0, images: 0 };

  constructor(spec: GANSpec, batch: number) {
    this.spec = spec;
    this.batch = batch;
    this.train = trainStep(spec, batch);
    this.critic = criticStep(spec, batch);
    this.#primitives = { train: expandComposites(this.train.graph), critic: expandComposites(this.critic.graph) };
    this.state = firstState(spec);
  }

  /** Runs one step and keeps what it assigns. */
  step(kind: "train" | "critic", images: ArrayLike<number>, extra: Values = {}): Evaluation {
    const { noise, scalars } = this[kind];
    const item = 1 + this.done.discriminator;
    const result = evaluatePrimitives(this.#primitives[kind], { images, ...drawNoise(noise, item), ...scalars(this.done), ...extra }, this.state);
    this.state = { ...this.state, ...result.assigns };
    this.done = { discriminator: item, generator: this.done.generator + (kind === "train" ? 1 : 0), images: this.done.images + this.batch };
    return result;
  }
}

/** A conditional, normalised, small image GAN with every kind of layer that has state. */
export const TINY_LAYERS: { generator: LayerSpec[]; discriminator: LayerSpec[] } = {
  generator: [
    { type: "dense", units: 12, bias: false },
    { type: "reshape", shape: [2, 2, 3] },
    { type: "batchNorm" },
    { type: "activation", name: "relu" },
    { type: "conv2dTranspose", filters: 1, kernel: 4, stride: 2 },
    { type: "activation", name: "tanh" },
  ],
  discriminator: [
    { type: "conv2d", filters: 3, kernel: 4, stride: 2 },
    { type: "batchNorm" },
    { type: "activation", name: "leakyRelu" },
    { type: "dropout", rate: 0.25 },
    { type: "flatten" },
    { type: "dense", units: 1 },
  ],
};
