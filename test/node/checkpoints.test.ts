import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { createGAN, loadGAN, SpecError } from "../../src/index.ts";
import { fileCheckpoints, WriteError } from "../../src/node.ts";

const scratch = mkdtempSync(join(tmpdir(), "ganvas-checkpoints-"));
afterAll(() => rmSync(scratch, { recursive: true }));

const options = { shape: [2], latent: 2, width: 4, batchSize: 4, seed: 5, backend: "wasm", threads: 1 } as const;
const data = Float32Array.from({ length: 40 }, (_, i) => Math.sin(i));
const bytes = (text: string) => new TextEncoder().encode(text);
const steps = (files: readonly { readonly step: number }[]) => files.map(({ step }) => step);

describe("checkpoints in files", () => {
  it("are the last of a training, in a folder made for them, and training goes on from the newest", async () => {
    const folder = join(scratch, "a folder", "of checkpoints");
    const checkpoints = fileCheckpoints(folder, { keep: 2, every: { steps: 4 } });
    expect([await checkpoints.list(), await checkpoints.latest()]).toEqual([[], null]);
    const gan = await createGAN(options);
    await gan.train(data, { steps: 10, checkpoint: checkpoints });
    expect(readdirSync(folder).sort()).toEqual(["00000008.safetensors", "00000010.safetensors"]);
    expect(steps(await checkpoints.list())).toEqual([10, 8]);
    expect(await checkpoints.latest()).toEqual(await gan.save());
    gan.dispose();
  });

  it("pass over what is damaged, and leave alone what is not theirs", async () => {
    const folder = join(scratch, "damaged");
    const checkpoints = fileCheckpoints(folder, { every: { steps: 1 } });
    const gan = await createGAN(options);
    await gan.train(data, { steps: 3, checkpoint: checkpoints });
    writeFileSync(join(folder, "notes.txt"), "mine");
    writeFileSync(join(folder, "00000009.safetensors.12ab.tmp"), "half of one");
    truncateSync(join(folder, "00000003.safetensors"), 1000);
    const strange = fileCheckpoints(folder).write(bytes("mine"), { step: 1 });
    await expect(strange).rejects.toThrow("got a checkpoint of step 3, and is at step 1");
    expect(steps(await checkpoints.list())).toEqual([3, 2, 1]);
    const second = await loadGAN((await checkpoints.latest())!, { backend: "wasm", threads: 1 });
    expect(second.step).toBe(2);
    await second.train(data, { steps: 4, checkpoint: checkpoints });
    expect(readdirSync(folder).sort()).toEqual([
      "00000004.safetensors",
      "00000005.safetensors",
      "00000006.safetensors",
      "00000009.safetensors.12ab.tmp",
      "notes.txt",
    ]);
    for (const g of [gan, second]) g.dispose();
  });

  it("of another GAN are left alone", async () => {
    const folder = join(scratch, "another's");
    const gan = await createGAN(options);
    await gan.train(data, { steps: 3, checkpoint: fileCheckpoints(folder) });
    // What nobody has told it of, but is its own.
    await gan.train(data, { steps: 2, checkpoint: fileCheckpoints(folder) });
    const before = readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), "base64")]);
    for (const other of [{ seed: 6 }, { width: 8 }]) {
      const another = await createGAN({ ...options, ...other });
      for (const total of [5, 9]) {
        const trained = another.train(data, { steps: total - another.step, checkpoint: fileCheckpoints(folder, { keep: 1 }) });
        await expect(trained).rejects.toThrow(
          "expected a folder of this training alone: latest() goes on from what is there, got a checkpoint of another GAN, of step 5",
        );
      }
      another.dispose();
    }
    expect(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), "base64")])).toEqual(before);
    gan.dispose();
  });

  it("of an earlier version, which says less of the GAN, are its own", async () => {
    const folder = join(scratch, "of an earlier version");
    const gan = await createGAN(options);
    await gan.train(data, { steps: 2, checkpoint: fileCheckpoints(folder) });
    const path = join(folder, "00000002.safetensors");
    const file = readFileSync(path);
    const end = 8 + Number(file.readBigUInt64LE(0));
    const header = JSON.parse(file.toString("utf8", 8, end));
    const { accumulate, ...spec } = JSON.parse(header.__metadata__.spec);
    expect(accumulate).toBe(1);
    header.__metadata__.spec = JSON.stringify(spec);
    writeFileSync(path, Buffer.concat([file.subarray(0, 8), Buffer.from(JSON.stringify(header).padEnd(end - 8)), file.subarray(end)]));
    const later = await loadGAN(readFileSync(path), { backend: "wasm", threads: 1 });
    await later.train(data, { steps: 2, checkpoint: fileCheckpoints(folder) });
    expect(readdirSync(folder).sort()).toEqual(["00000002.safetensors", "00000004.safetensors"]);
    for (const g of [gan, later]) g.dispose();
  });

  it("of later steps go, where training went back", async () => {
    const checkpoints = fileCheckpoints(join(scratch, "back"));
    for (const step of [10, 20, 30, 15]) await checkpoints.write(bytes(`${step}`), { step });
    expect(steps(await checkpoints.list())).toEqual([15, 10]);
  });

  it("that cannot be written leave those before", async () => {
    const folder = join(scratch, "unwritable");
    const checkpoints = fileCheckpoints(folder, { keep: 1 });
    await checkpoints.write(bytes("good"), { step: 1 });
    mkdirSync(join(folder, "00000002.safetensors"));
    const error = await checkpoints.write(bytes("no"), { step: 2 }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(WriteError);
    expect((error as WriteError).path).toBe(join(folder, "00000002.safetensors"));
    expect(readFileSync(join(folder, "00000001.safetensors"), "utf8")).toBe("good");
    writeFileSync(join(scratch, "a file"), "");
    const inFile = await fileCheckpoints(join(scratch, "a file"))
      .write(bytes("no"), { step: 1 })
      .catch((reason: unknown) => reason);
    expect(inFile).toBeInstanceOf(WriteError);
  });

  it("are refused with options that cannot be", () => {
    expect(() => fileCheckpoints("run", { keep: 0 })).toThrow(SpecError);
    expect(() => fileCheckpoints("")).toThrow("folder: expected a path");
  });
});
