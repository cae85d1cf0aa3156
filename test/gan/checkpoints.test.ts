import { describe, expect, it } from "vitest";
import { type CheckpointOptions, createGAN, type GAN, loadGAN, SpecError, StateError, type TrainOptions } from "../../src/index.ts";

const options = { shape: [2], latent: 2, width: 4, batchSize: 4, seed: 5, backend: "wasm", threads: 1 } as const;
const data = Float32Array.from({ length: 40 }, (_, i) => Math.sin(i));

/** Notes what is kept, and the steps. */
function keeping(every?: CheckpointOptions["every"]) {
  const kept: { readonly step: number; readonly bytes: Uint8Array }[] = [];
  const checkpoint: CheckpointOptions = { every, write: (bytes, { step }) => void kept.push({ step, bytes }) };
  return { kept, checkpoint };
}

const train = (gan: GAN, given: Partial<TrainOptions>) => gan.train(data, { steps: 10, ...given });

describe("checkpoints of a call of train", () => {
  it("come at every so many steps of the GAN's own, and at the end, none twice; training goes on from each bit for bit", async () => {
    const [gan, other] = [await createGAN(options), await createGAN(options)];
    const { kept, checkpoint } = keeping({ steps: 4 });
    await train(gan, { steps: 3 });
    await train(gan, { steps: 7, checkpoint });
    expect(kept.map(({ step }) => step)).toEqual([4, 8, 10]);
    await train(gan, { steps: 2, checkpoint });
    await train(gan, { steps: 0, checkpoint });
    expect(kept.map(({ step }) => step)).toEqual([4, 8, 10, 12]);
    await train(other, { steps: 12 });
    const last = await other.save();
    for (const { step, bytes } of kept) {
      const resumed = await loadGAN(bytes, { backend: "wasm", threads: 1 });
      expect(resumed.step).toBe(step);
      await train(resumed, { steps: 12 - step });
      expect(await resumed.save()).toEqual(last);
      resumed.dispose();
    }
    for (const g of [gan, other]) g.dispose();
  });

  it("are of whole steps where several are sent off together", async () => {
    const gan = await createGAN(options);
    const { kept, checkpoint } = keeping({ steps: 3 });
    await train(gan, { reportEvery: 5, checkpoint });
    expect(kept.map(({ step }) => step)).toEqual([3, 6, 9, 10]);
    gan.dispose();
  });

  it("come when it is time", async () => {
    const gan = await createGAN(options);
    const { kept, checkpoint } = keeping({ milliseconds: 1 });
    await train(gan, { steps: 5, checkpoint, onStep: () => new Promise((resolve) => setTimeout(resolve, 5)) });
    expect(kept.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5]);
    const seldom = keeping();
    await train(gan, { steps: 5, checkpoint: seldom.checkpoint });
    expect(seldom.kept.map(({ step }) => step)).toEqual([10]);
    gan.dispose();
  });

  it("are kept before training goes on", async () => {
    const gan = await createGAN(options);
    const order: string[] = [];
    const write: CheckpointOptions["write"] = async (_, { step }) => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      order.push(`kept ${step}`);
    };
    await train(gan, { steps: 3, checkpoint: { every: { steps: 1 }, write }, onStep: ({ step }) => void order.push(`step ${step}`) });
    expect(order).toEqual(["step 1", "kept 1", "step 2", "kept 2", "step 3", "kept 3"]);
    gan.dispose();
  });

  it("come at the end too where a signal or an error ended training", async () => {
    const gan = await createGAN(options);
    const { kept, checkpoint } = keeping();
    const controller = new AbortController();
    const report = await train(gan, { checkpoint, signal: controller.signal, onStep: ({ step }) => void (step === 3 && controller.abort()) });
    expect(report.stopped).toBe("signal");
    const thrown = train(gan, {
      checkpoint,
      onStep({ step }) {
        if (step === 5) throw new Error("enough");
      },
    });
    await expect(thrown).rejects.toThrow("enough");
    expect(kept.map(({ step }) => step)).toEqual([3, 5]);
    gan.dispose();
  });

  it("end training where they cannot be kept, and are not tried again", async () => {
    const gan = await createGAN(options);
    const steps: number[] = [];
    const write: CheckpointOptions["write"] = (_, { step }) => {
      steps.push(step);
      if (step === 4) throw new Error("the disk is full");
    };
    await expect(train(gan, { checkpoint: { every: { steps: 2 }, write } })).rejects.toThrow("the disk is full");
    expect(steps).toEqual([2, 4]);
    expect(gan.step).toBe(4);
    gan.dispose();
  });

  it("are not waited for where the GAN is disposed of", async () => {
    const gan = await createGAN(options);
    const write = () => {
      gan.dispose();
      return new Promise(() => {});
    };
    await expect(train(gan, { checkpoint: { every: { steps: 2 }, write } })).rejects.toBeInstanceOf(StateError);
  });

  it.each([
    ["checkpoint.write", { write: undefined as unknown as CheckpointOptions["write"] }],
    ["checkpoint.every.steps", { every: { steps: 0 }, write: () => {} }],
    ["checkpoint.every.seconds", { every: { seconds: 1 } as CheckpointOptions["every"], write: () => {} }],
  ])("are refused before anything is done: %s", async (path, checkpoint) => {
    const gan = await createGAN(options);
    const error = await train(gan, { checkpoint }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(SpecError);
    expect((error as SpecError).path).toBe(path);
    gan.dispose();
  });
});
