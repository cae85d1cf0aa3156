import { describe, expect, it } from "vitest";
import { createGAN } from "../../../src/index.ts";
import { hashOf, hashOfTensors } from "../../cases/hashes.ts";
import { REPRODUCIBLE, reproducibleData } from "../../cases/reproducible.ts";
import { runModule } from "../../child.ts";
import { RELAXED_SIMD } from "../../flags.ts";

describe("reproducible training gives the bits it gave when this was written", () => {
  it.each(REPRODUCIBLE.flatMap((model) => [1, 2, 3].map((threads) => ({ ...model, threads }))))(
    "$name, $threads threads",
    async ({ threads, options, state, samples }) => {
      const gan = await createGAN({ ...options, backend: "wasm", reproducible: true, threads });
      expect(gan.backend).toMatchObject({ threads, simd: "simd128" });
      await gan.train(reproducibleData(options.shape), { steps: 5 });
      const got = { state: await hashOfTensors(await gan.save()), samples: await hashOf((await gan.sample({ count: 7, seed: 2 })).data) };
      gan.dispose();
      expect(got).toEqual({ state, samples });
    },
  );
});

describe("the relaxed build", () => {
  const script = (reproducible: boolean) => `
    import { createHash } from "node:crypto";
    import { createGAN } from "ganvas";
    const hash = (bytes) => createHash("sha256").update(bytes).digest("hex");
    const place = { backend: "wasm", threads: 2, reproducible: ${reproducible} };
    const gan = await createGAN({ shape: [16, 16, 3], architecture: "dcgan", width: 6, latent: 8, batchSize: 8, seed: 4, ...place });
    const samples = async (gan, seed) => hash((await gan.sample({ count: 11, seed })).data);
    const first = await samples(gan, 1);
    const data = Float32Array.from({ length: 16 * 16 * 3 * 20 }, (_, i) => (i * 37 % 101) / 50.5 - 1);
    await gan.train(data, { steps: 5 });
    console.log(JSON.stringify({ simd: gan.backend.simd, first, trained: hash(await gan.save()) }));`;

  it("samples the same bits as the plain one, and trains to others", async () => {
    const results = [];
    for (const reproducible of [true, false]) {
      const { code, stdout, stderr } = await runModule(script(reproducible), { flags: RELAXED_SIMD });
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      results.push(JSON.parse(stdout));
    }
    const [plain, relaxed] = results;
    expect(plain.simd).toBe("simd128");
    expect(relaxed.simd).toBe("relaxed");
    expect(relaxed.first).toBe(plain.first);
    // Were the two the same, this test would show nothing.
    expect(relaxed.trained).not.toBe(plain.trained);
  });
});
