/** What the library does where this runs, in words. */
import { BackendError, type BackendOptions, createGAN } from "../../../src/index.ts";
import { createSampler } from "../../../src/sample.ts";

/** By what was tried: what came of it, or the error. */
export type Report = Readonly<Record<string, string>>;

const MODEL = { shape: [2, 2, 1], latent: 2, architecture: "mlp", width: 4, batchSize: 4 } as const;
const IMAGES = new Float32Array(16);

async function told(work: () => Promise<string>): Promise<string> {
  try {
    return await work();
  } catch (error) {
    return error instanceof BackendError ? error.message : `not a BackendError: ${error}`;
  }
}

const trained = (options: BackendOptions) =>
  told(async () => {
    const gan = await createGAN({ ...MODEL, ...options });
    const { steps } = await gan.train(IMAGES, { steps: 1 });
    const { name, threads, reason } = gan.backend;
    gan.dispose();
    return `${steps} step by ${name} in ${threads}: ${reason}`;
  });

/** Workers that were started and not ended. */
async function leftBy(work: () => Promise<void>): Promise<number> {
  const alive = new Set<Worker>();
  const { Worker: Real } = globalThis;
  globalThis.Worker = class extends Real {
    constructor(...how: ConstructorParameters<typeof Real>) {
      super(...how);
      alive.add(this);
    }
    override terminate(): void {
      alive.delete(this);
      super.terminate();
    }
  };
  await work();
  globalThis.Worker = Real;
  return alive.size;
}

/** A component that is mounted, unmounted while it starts, and mounted again; two at once; and one after all are gone. */
async function remounted(): Promise<string> {
  const start = () => createGAN({ ...MODEL, backend: "wasm" });
  const left = await leftBy(async () => {
    const gone = start().then((gan) => gan.dispose());
    const stays = await Promise.all([start(), start()]);
    await gone;
    await Promise.all(stays.map((gan) => gan.train(IMAGES, { steps: 1 })));
    for (const gan of stays) gan.dispose();
    const last = await start();
    await last.train(IMAGES, { steps: 1 });
    last.dispose();
    await new Promise((resolve) => setTimeout(resolve));
  });
  return `${left} workers left`;
}

const ATTEMPTS: Readonly<Record<string, (url: string) => Promise<string>>> = {
  auto: () => trained({ backend: "wasm" }),
  two: () => trained({ backend: "wasm", threads: 2 }),
  url: (url) => trained({ backend: "wasm", threads: 2, workers: { url } }),
  given: (url) => trained({ backend: "wasm", wasm: url.replace("worker.js", "kernels.wasm") }),
  reference: () => trained({ backend: "reference" }),
  sampler: () =>
    told(async () => {
      const gan = await createGAN({ ...MODEL, backend: "reference" });
      const sampler = await createSampler(await gan.save({ generatorOnly: true }));
      const images = await sampler.sample({ count: 3 });
      sampler.dispose();
      return `${images.shape}`;
    }),
  png: () =>
    told(async () => {
      const gan = await createGAN({ ...MODEL, backend: "reference" });
      const png = await (await gan.sample()).toPNG();
      return `${png[1] === 0x50 ? "a PNG file" : "another file"}`;
    }),
  remounted: () => told(remounted),
};

/** @param attempts their names, with commas between them @param url where the workers' program is */
export async function probe(attempts: string, url: string): Promise<Report> {
  const report: Record<string, string> = {};
  for (const name of attempts.split(",")) report[name] = await ATTEMPTS[name]!(url);
  return report;
}
