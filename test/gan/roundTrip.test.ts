import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeCheckpoint } from "../../src/gan/checkpoint.ts";
import { checkpointOf, firstSnapshot, readSnapshot } from "../../src/gan/snapshot.ts";
import { resolveSpec } from "../../src/gan/spec.ts";
import { createGAN, loadGAN } from "../../src/index.ts";
import { specs } from "../cases/specs.ts";
import { fuzzed, PATIENCE } from "../fuzz/fuzz.ts";

describe("any description of a GAN", PATIENCE, () => {
  it("is plain JSON in full, which means itself and is written and read byte for byte", async () => {
    await fc.assert(
      fc.asyncProperty(specs, async (options) => {
        const spec = resolveSpec(options);
        const read = JSON.parse(JSON.stringify(spec));
        expect(read).toStrictEqual(spec); // -0 and 0 are two there, and a missing field is not an undefined one
        expect(JSON.stringify(resolveSpec(spec))).toBe(JSON.stringify(spec));
        expect(JSON.stringify(resolveSpec(read))).toBe(JSON.stringify(spec));
        const file = encodeCheckpoint(await checkpointOf(firstSnapshot(spec)));
        expect(Buffer.compare(encodeCheckpoint(await checkpointOf(readSnapshot(file))), file)).toBe(0);
      }),
      fuzzed(60),
    );
  });

  it("makes a GAN that is saved and loaded byte for byte", async () => {
    await fc.assert(
      fc.asyncProperty(specs, async (options) => {
        const made = await createGAN({ ...options, batchSize: 2, backend: "reference" });
        const file = await made.save();
        const loaded = await loadGAN(file, { backend: "reference" });
        expect(Buffer.compare(await loaded.save(), file)).toBe(0);
        expect(loaded.spec).toStrictEqual(made.spec);
        made.dispose();
        loaded.dispose();
      }),
      fuzzed(6, 0.1),
    );
  });

  it("has a file that is read back where it is as deep and as long as it may be", async () => {
    const batchNorms = (count: number) => Array.from({ length: count }, () => ({ type: "batchNorm", epsilon: 1e-5 / 3, momentum: 1 / 3 }));
    const nested = (layers: object[], levels: number): object[] =>
      levels === 0 ? layers : [{ type: "residual", layers: [{ type: "flatten" }], shortcut: nested(layers, levels - 1) }];
    const architecture = {
      generator: nested(batchNorms(240), 8),
      discriminator: [...nested(batchNorms(239), 8), { type: "dense", units: 1 }],
    };
    const spec = resolveSpec({ shape: [16], latent: 16, architecture } as never);
    const file = encodeCheckpoint(await checkpointOf(firstSnapshot(spec)));
    const headerLength = Number(new DataView(file.buffer).getBigUint64(0, true));
    expect(headerLength).toBeGreaterThan(2 ** 19);
    expect(readSnapshot(file).spec).toEqual(spec);
  });

  it("has a file that is read back where it tells of as many classes, seen as often, as there may be", async () => {
    const spec = resolveSpec({ shape: [1], latent: 1, width: 1, condition: { classes: 65536 } });
    const first = await checkpointOf(firstSnapshot(spec));
    const progress = { ...first.progress, classesSeen: new Array<number>(65536).fill(2 ** 48 - 1) };
    expect(readSnapshot(encodeCheckpoint({ ...first, progress })).progress).toEqual(progress);
  });
});
