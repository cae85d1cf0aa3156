import { access, constants, mkdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { animeFaces, mnist } from "../datasets.ts";
import { createGAN, type Dataset, type GAN, GanvasError } from "../index.ts";
import { type DemoOptions, UsageError } from "./options.ts";
import type { DemoSettings } from "./settings.ts";

/** The images to train on: those of the file, or drawn faces. @throws {UsageError} if the file cannot be used. */
export async function openData({ data, seed }: DemoOptions, { faces, size }: DemoSettings): Promise<Dataset> {
  if (data === null) return animeFaces({ count: faces, size, seed });
  const images = await readFile(data).catch((cause: Error) => {
    throw new UsageError(`--data: ${cause.message}`, { cause });
  });
  return blame(`--data ${data}`, () => mnist({ images }));
}

/** A GAN for these images. @throws {UsageError} if the file's images are such that none can be made. */
export function openGAN({ data, seed }: DemoOptions, settings: DemoSettings, dataset: Dataset): Promise<GAN> {
  const { batchSize, latent, width } = settings;
  const shape = dataset.shape.slice(1);
  const create = () => createGAN({ backend: "wasm", shape, batchSize, latent, width, seed });
  return data === null ? create() : blame(`--data ${data}`, create);
}

/** Makes the folder for the results. @throws {UsageError} if it cannot be made, or files of these names not be written there. */
export async function openFolder({ out }: DemoOptions, names: readonly string[]): Promise<void> {
  try {
    await mkdir(out, { recursive: true });
    await access(out, constants.W_OK);
    for (const path of names.map((name) => join(out, name))) {
      const there = await stat(path).catch(() => null);
      if (!there) continue;
      if (!there.isFile()) throw new Error(`${path} is not a file`);
      await access(path, constants.W_OK);
    }
  } catch (cause) {
    throw new UsageError(`--out: ${(cause as Error).message}`, { cause });
  }
}

/** Runs `work`, and lays what the library refuses to do at the door of an argument. */
async function blame<T>(argument: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof GanvasError) throw new UsageError(`${argument}: ${cause.message.replaceAll("\n", "; ")}`, { cause });
    throw cause;
  }
}
