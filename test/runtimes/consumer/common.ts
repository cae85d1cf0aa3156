/** What compiles in any project, whatever its `lib`. It runs nowhere. */
import { createGAN, type Dataset, type GAN, type GANOptions, loadGAN, type SpecError, type StepReport } from "ganvas";
import { animeFaces, ring, type Dataset as SameDataset, type SpecError as SameError } from "ganvas/datasets";
import { createFeatures, type Evaluation, evaluate, totalVariation } from "ganvas/metrics";
import { plotTraining } from "ganvas/plots";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

const options: GANOptions = { shape: [32, 32, 3], architecture: "dcgan", objective: { name: "wasserstein-gp", lambda: 10 } };
export const gan: GAN = await createGAN({ ...options, backend: "auto", threads: "auto" });
const losses: number[] = [];
await gan.train(animeFaces({ count: 10, size: 32, seed: 1 }), { steps: 1, onStep: (report: StepReport) => losses.push(report.generatorLoss) });
export const images = await gan.sample({ count: 4 });
const data: Dataset = ring({ count: 8, modes: 8, seed: 1 });
const layers: GANOptions = { shape: [2], architecture: { generator: [{ type: "dense", units: 2 }], discriminator: [{ type: "dense", units: 1 }] } };

/** A signal that is no AbortController's. */
const signal = { aborted: false, reason: undefined, addEventListener: () => {}, removeEventListener: () => {} };
await gan.train(data, { steps: 1, signal });
await gan.train({ shape: [8, 2], read: (indices) => data.take(indices).data }, { milliseconds: 1, checkpoint: { write: (bytes) => bytes.length } });
// @ts-expect-error a checkpoint is for someone who keeps it
await gan.train(data, { steps: 1, checkpoint: {} });
// @ts-expect-error there is no such architecture
await createGAN({ shape: [2], architecture: "transformer" });
// @ts-expect-error no device
await createGAN({ shape: [2], device: {} });

/** Options that are there or not, as a project may have them. */
const perhaps: number | undefined = losses[0];
await createGAN({ shape: [2], width: perhaps, batchSize: perhaps, ema: undefined, threads: undefined });

// @ts-expect-error numbers of a picture are no text
export const wrong = createFeatures(async ({ data }) => ({ data: data satisfies string, shape: [1, 1] }));
export const features = createFeatures(async ({ data, shape }) => ({
  data: data satisfies Float32Array,
  shape: [shape[0]!, data.length / shape[0]!],
}));
export const evaluation: Evaluation = await evaluate(gan, data, { features });
export const distance: number = totalVariation([0.5, 0.5], [1, 0]);
export const drawing: string = plotTraining(JSON.parse("{}"));

{
  using copy = await loadGAN(await gan.save());
  copy.dispose();
}

// Both entries give the same classes.
const classes: [Same<typeof Dataset, typeof SameDataset>, Same<typeof SpecError, typeof SameError>] = [true, true];

// Types that are inferred can be written into a project's own declarations.
export const made = () => createGAN(layers);
export const face = async () => (await made()).sample();
export const picture = async () => ({ png: await images.toPNG(), data: images.toImageData(), response: await images.at(0).toResponse() });
export const toys = () => ring({ count: 8 });
export { classes, losses };
