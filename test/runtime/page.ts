/** What a page makes of the library, posted to its server as JSON. */

import { createGAN } from "../../src/index.ts";
import { hashOf, hashOfTensors } from "../cases/hashes.ts";
import { REPRODUCIBLE, reproducibleData } from "../cases/reproducible.ts";

export interface PageResults {
  readonly isolated: boolean;
  readonly backend: { readonly threads: number; readonly reason: string };
  /** By the name of the model. */
  readonly hashes: Readonly<Record<string, { readonly state: string; readonly samples: string }>>;
  /** Ticks of a timer of one millisecond during a step of training. */
  readonly ticks: number;
  readonly error?: string;
}

async function hash({ options }: (typeof REPRODUCIBLE)[number]) {
  const gan = await createGAN({ ...options, backend: "wasm", reproducible: true });
  await gan.train(reproducibleData(options.shape), { steps: 5 });
  const result = { state: await hashOfTensors(await gan.save()), samples: await hashOf((await gan.sample({ count: 7, seed: 2 })).data) };
  gan.dispose();
  return result;
}

/** How often a timer comes round while a step is under way that takes a good part of a second. */
async function countTicks(): Promise<number> {
  const gan = await createGAN({ shape: [64, 64, 3], architecture: "dcgan", width: 32, batchSize: 16, backend: "wasm" });
  let ticks = 0;
  const timer = setInterval(() => ticks++, 1);
  await gan.train(new Float32Array(16 * 64 * 64 * 3), { steps: 1 });
  clearInterval(timer);
  gan.dispose();
  return ticks;
}

async function results(): Promise<PageResults> {
  const gan = await createGAN({ shape: [2], backend: "wasm" });
  const { threads, reason } = gan.backend;
  gan.dispose();
  const hashes = Object.fromEntries(await Promise.all(REPRODUCIBLE.map(async (model) => [model.name, await hash(model)] as const)));
  return { isolated: crossOriginIsolated, backend: { threads, reason }, hashes, ticks: await countTicks() };
}

const outcome = await results().catch((error: unknown) => ({ error: error instanceof Error ? error.stack : String(error) }));
await fetch("/done", { method: "POST", body: JSON.stringify(outcome) });
