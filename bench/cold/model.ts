/** One generator in the format of everyone who starts: DCGAN's for 64 × 64 pixels, of width 64. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fillNormals, Stream } from "../../src/core/random.ts";
import { sizeOf } from "../../src/core/shape.ts";
import { evaluate } from "../../src/exec/reference/evaluate.ts";
import { encodeCheckpoint } from "../../src/gan/checkpoint.ts";
import { decodeGenerator } from "../../src/gan/generatorFile.ts";
import { encodeGenerator, type WeightType } from "../../src/gan/generatorWriter.ts";
import { drawLatents } from "../../src/gan/latents.ts";
import { checkpointOf, firstSnapshot } from "../../src/gan/snapshot.ts";
import { type GANSpec, resolveSpec } from "../../src/gan/spec.ts";
import { emaName, generatorTensors } from "../../src/nn/generator.ts";
import { sampleGraph } from "../../src/nn/sampling.ts";
import { loadTasks } from "../shapes.ts";
import { parameters, type SampleTask, type Tensor } from "../task.ts";
import { FILES } from "./programs.ts";

type Kind = "float32" | "float16" | "int8";
const KINDS = ["float32", "float16", "int8"] as const satisfies readonly WeightType[];

/** The first picture as it should be, by the weights that a file has: `[64, 64, 3]`, in float64 from the reference executor. */
export type Expected = Readonly<Record<Kind, Float64Array>>;

/** Writes every file. Ours have batch norms, as `save` writes them; in the peers' they are folded into the filters, as for deployment. */
export async function writeModels(folder: string): Promise<Expected> {
  const task = loadTasks("S64", [1])[0] as SampleTask;
  const spec = resolveSpec({ shape: [64, 64, 3], architecture: "dcgan", width: 64, latent: task.latent });
  const weights = drawWeights(spec);
  const checkpoint = await checkpointOf(firstSnapshot(spec));
  const tensors = new Map([...checkpoint.tensors, ...weights.flatMap((t) => [[t.name, t] as const, [emaName(t.name), t] as const])]);
  const write = (name: string, bytes: Uint8Array | string) => writeFileSync(join(folder, name), bytes);
  const latents = drawLatents(task.latent, 1, 0);
  write("latents.f32", new Uint8Array(latents.buffer));
  write(FILES.checkpoint, encodeCheckpoint({ ...checkpoint, tensors }));
  const expected: Partial<Record<Kind, Float64Array>> = {};
  for (const kind of KINDS) {
    const file = await encodeGenerator({ ...checkpoint, tensors }, kind);
    write(FILES[kind], file);
    expected[kind] = draw(file, latents);
  }
  const folded = fold(spec, task, new Map(weights.map((t) => [t.name, t.data])));
  const { generatorModel } = await import(new URL("../bench/peers/onnx.js", import.meta.url).href);
  const z = { name: "z", shape: [1, task.latent], data: latents };
  write(FILES.onnx, generatorModel(task, new Map([...folded, z].map((t) => [t.name, t]))).bytes);
  let offset = 0;
  const entries = folded.map(({ name, shape, data }) => {
    const entry = [name, { shape, offset }] as const;
    offset += data.byteLength;
    return entry;
  });
  write(FILES.tfjs, Buffer.concat(folded.map(({ data }) => new Uint8Array(data.buffer))));
  write(FILES.tfjs.replace("bin", "json"), JSON.stringify({ layers: task.generator, tensors: Object.fromEntries(entries) }));
  return expected as Expected;
}

/** Weights that keep the scale of what passes through, and statistics that are not those of no training. */
function drawWeights(spec: GANSpec): Tensor[] {
  return generatorTensors(spec).map(({ name, shape, init }, i) => {
    const data = new Float32Array(sizeOf(shape));
    fillNormals(data, 20, Stream.data, i);
    // A transposed convolution of stride 2 and 4 × 4 filters adds 2 × 2 pixels of each channel.
    const fanIn = shape.length === 4 ? 4 * shape[3]! : shape[0]!;
    const [scale, shift] = init.kind === "weights" ? [Math.sqrt(2 / fanIn), 0] : [0.1, /gamma|Variance/.test(name) ? 1 : 0];
    return { name, shape, data: data.map((x) => x * scale + shift) };
  });
}

/** What a file's generator makes of the latents. */
function draw(file: Uint8Array, latents: Float32Array): Float64Array {
  const { spec, tensors } = decodeGenerator(file);
  return evaluate(sampleGraph(spec, 1), { latents }, Object.fromEntries(Array.from(tensors, ([name, t]) => [name, t.values()]))).fetches.images!;
}

/** The task's tensors, with each batch norm as a factor and a bias of the outputs of the layer before it. */
function fold({ architecture }: GANSpec, task: SampleTask, values: ReadonlyMap<string, Float32Array>): Tensor[] {
  const layers = architecture.generator;
  const linear = layers.flatMap(({ type }, i) => (type === "dense" || type === "conv2dTranspose" ? [i] : []));
  const tensors = new Map<string, Float32Array>();
  for (const [nth, layer] of task.generator.filter((l) => "filter" in l).entries()) {
    const at = linear[nth]!;
    const of = (i: number, name: string) => values.get(`generator.${i}.${name}`);
    const norm = layers.findIndex(({ type }, i) => type === "batchNorm" && i > at && i < (linear[nth + 1] ?? layers.length));
    const filter = of(at, "filter")!;
    const outputs = layer.output.at(-1)!;
    let [factor, bias] = [new Float32Array(outputs).fill(1), of(at, "bias")!];
    if (norm >= 0) {
      const { epsilon } = layers[norm] as { epsilon: number };
      const [gamma, beta, mean, variance] = ["gamma", "beta", "runningMean", "runningVariance"].map((name) => of(norm, name)!) as [
        Float32Array,
        Float32Array,
        Float32Array,
        Float32Array,
      ];
      // A dense layer's outputs become an image with the channels last.
      factor = factor.map((_, i) => gamma[i % gamma.length]! / Math.sqrt(variance[i % gamma.length]! + epsilon));
      bias = factor.map((f, i) => beta[i % gamma.length]! - mean[i % gamma.length]! * f);
    }
    const step = layer.type === "dense" ? 1 : layer.input.at(-1)!;
    tensors.set(
      layer.filter,
      filter.map((x, i) => x * factor[Math.floor(i / step) % outputs]!),
    );
    tensors.set(layer.bias!, bias);
  }
  return parameters(task.generator).map(({ name, shape }) => ({ name, shape, data: tensors.get(name)! }));
}
