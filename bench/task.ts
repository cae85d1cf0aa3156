/** What there is to compute, as plain data: every implementation, in whatever process or language, is given the same task. */

/** A layer with its shapes worked out. `input` and `output` leave out the batch; parameters are named by the tensors that hold them. */
export type Layer =
  | {
      readonly type: "dense";
      readonly input: readonly number[];
      readonly output: readonly number[];
      /** [in, out] */
      readonly filter: string;
      readonly bias: string | null;
    }
  | {
      readonly type: "conv2d" | "conv2dTranspose";
      readonly input: readonly number[];
      readonly output: readonly number[];
      readonly kernel: number;
      readonly stride: number;
      /** Pixels on each side. */
      readonly pad: number;
      /** conv2d: [kh, kw, in, out]; conv2dTranspose: [kh, kw, out, in], the filter of the convolution whose input gradient it is. */
      readonly filter: string;
      readonly bias: string | null;
    }
  | {
      readonly type: "batchNorm";
      readonly input: readonly number[];
      readonly output: readonly number[];
      readonly gamma: string;
      readonly beta: string;
    }
  | {
      readonly type: "activation";
      readonly input: readonly number[];
      readonly output: readonly number[];
      readonly name: "relu" | "leakyRelu" | "tanh";
      readonly alpha: number;
    }
  | {
      /** Nearest-neighbour enlargement, or the means of windows side by side. */
      readonly type: "upsample" | "avgPool";
      readonly input: readonly number[];
      readonly output: readonly number[];
      readonly factor: number;
    }
  | {
      /** layers(x) + shortcut(x); no shortcut is the identity. */
      readonly type: "residual";
      readonly input: readonly number[];
      readonly output: readonly number[];
      readonly layers: readonly Layer[];
      readonly shortcut: readonly Layer[];
    }
  /** sumPool: each channel's sum over all pixels. */
  | { readonly type: "reshape" | "flatten" | "sumPool"; readonly input: readonly number[]; readonly output: readonly number[] };

export interface Adam {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
}

interface Common {
  /** As printed: "S64", "T28", "GEMM 512×512×512". */
  readonly workload: string;
  readonly batch: number;
  /** Arithmetic of one run in 10^9 floating-point operations; contractions only, nothing counted for zeros inserted or recomputation. */
  readonly gflop: number;
}

/** One op on the tensors `a` and `b`, giving `y`. */
export interface KernelTask extends Common {
  readonly kind: "kernel";
  readonly op: "matmul" | "conv2d" | "conv2dInputGrad" | "conv2dFilterGrad";
  readonly a: readonly number[];
  readonly b: readonly number[];
  readonly y: readonly number[];
  readonly stride: number;
  readonly pad: number;
}

/** The generator on the latents `z`, giving `images`; its batch norms have means of 0 and variances of 1. */
export interface SampleTask extends Common {
  readonly kind: "sample";
  readonly latent: number;
  readonly generator: readonly Layer[];
}

/** One step on the latents `z` and the pictures `real`, giving the losses and the updated parameters. */
export interface TrainTask extends Common {
  /** "train": discriminator, then generator. "critic": one critic step, with the points `mix` [batch] between real and generated pictures. */
  readonly kind: "train" | "critic";
  readonly objective: "non-saturating" | "wasserstein-gp" | "hinge";
  /** Whether the discriminator's filters are divided by their largest singular values, from the vectors `spectralState`. */
  readonly spectralNorm: boolean;
  /** Weight of the gradient penalty. */
  readonly penalty: number;
  readonly latent: number;
  readonly image: readonly number[];
  readonly adam: Adam;
  /** Steps from one look at the losses to the next, for peers that gain by more than one: as many as in ours on a GPU. */
  readonly reportEvery: number;
  readonly generator: readonly Layer[];
  readonly discriminator: readonly Layer[];
}

export type Task = KernelTask | SampleTask | TrainTask;

export interface Tensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

export interface Parameter {
  readonly name: string;
  readonly shape: readonly number[];
  /** 0 of what is no filter. */
  readonly fanIn: number;
}

/** What power iteration on a filter begins from: [out, 1], kept from step to step. */
export const spectralState = (filter: string): string => `${filter}/spectral.u`;

/** Parameters of a network with their shapes, in order. */
export function parameters(layers: readonly Layer[]): Parameter[] {
  return flat(layers).flatMap((layer) => {
    const channels = layer.output[layer.output.length - 1]!;
    const [from, to] = [layer.input[layer.input.length - 1]!, channels];
    const bias = (name: string | null) => (name === null ? [] : [{ name, shape: [to], fanIn: 0 }]);
    switch (layer.type) {
      case "dense":
        return [{ name: layer.filter, shape: [from, to], fanIn: from }, ...bias(layer.bias)];
      case "conv2d":
        return [{ name: layer.filter, shape: [layer.kernel, layer.kernel, from, to], fanIn: layer.kernel ** 2 * from }, ...bias(layer.bias)];
      case "conv2dTranspose":
        return [
          { name: layer.filter, shape: [layer.kernel, layer.kernel, to, from], fanIn: (layer.kernel / layer.stride) ** 2 * from },
          ...bias(layer.bias),
        ];
      case "batchNorm":
        return [
          { name: layer.gamma, shape: [to], fanIn: 0 },
          { name: layer.beta, shape: [to], fanIn: 0 },
        ];
      default:
        return [];
    }
  });
}

/** Layers with those that are within them. */
export const flat = (layers: readonly Layer[]): Layer[] =>
  layers.flatMap((layer) => (layer.type === "residual" ? [...flat(layer.layers), ...flat(layer.shortcut)] : [layer]));

/** Floating-point operations of one picture's forward pass, multiplication and addition counted separately. */
export function forwardFlop(layers: readonly Layer[]): number {
  return flat(layers).reduce((sum, layer) => {
    const channels = layer.output[layer.output.length - 1]!;
    switch (layer.type) {
      case "dense":
        return sum + 2 * layer.input[0]! * channels;
      case "conv2d":
        return sum + 2 * layer.output[0]! * layer.output[1]! * layer.kernel ** 2 * layer.input[2]! * channels;
      case "conv2dTranspose":
        return sum + 2 * layer.input[0]! * layer.input[1]! * layer.kernel ** 2 * layer.input[2]! * channels;
      default:
        return sum;
    }
  }, 0);
}
