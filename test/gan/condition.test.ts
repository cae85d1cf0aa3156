import { describe, expect, it } from "vitest";
import { drawClasses, withLabels } from "../../src/gan/condition.ts";
import { createGAN, loadGAN } from "../../src/index.ts";

describe("classes that are not asked for", () => {
  const draw = (seen: readonly number[]) => drawClasses(seen, 4000, 1, async () => {});

  it("are drawn by their share in training", async () => {
    const drawn = withLabels([0, 0, 0, 0], await draw([0, 30, 10, 0]));
    expect([drawn[0], drawn[3]]).toEqual([0, 0]);
    expect(drawn[1]! / 4000).toBeCloseTo(0.75, 1);
  });

  it("are drawn alike before training", async () => {
    for (const share of withLabels([0, 0, 0, 0], await draw([0, 0, 0, 0]))) expect(share / 4000).toBeCloseTo(0.25, 1);
    expect(await draw([0, 0, 0, 0])).toEqual(await draw([7, 7, 7, 7]));
  });
});

it("training counts the classes it has seen, and a file keeps the numbers", async () => {
  const options = { backend: "wasm", threads: 1 } as const;
  const gan = await createGAN({ shape: [2], latent: 2, width: 4, batchSize: 4, condition: { classes: 5 }, ...options });
  const data = Float32Array.from({ length: 8 }, (_, i) => Math.sin(i));
  await gan.train({ data, labels: [1, 2, 2, 4] }, { steps: 10 });
  const bytes = await gan.save();
  const { progress } = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + new DataView(bytes.buffer).getUint32(0, true)))).__metadata__;
  expect(JSON.parse(progress).classesSeen).toEqual([0, 10, 20, 0, 10]);
  const loaded = await loadGAN(bytes, options);
  expect((await loaded.sample({ count: 50 })).data).toEqual((await gan.sample({ count: 50 })).data);
  expect(Buffer.compare(await loaded.save(), bytes)).toBe(0);
  gan.dispose();
  loaded.dispose();
});
