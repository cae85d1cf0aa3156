/** `npm run bench -- memory`: what training would hold, by architecture, size and batch. Nothing is allocated. */
import { BackendError } from "../src/core/errors.ts";
import type { Executor } from "../src/exec/executor.ts";
import { createWasmExecutor } from "../src/exec/wasm/executor.ts";
import { resolveSpec } from "../src/gan/spec.ts";
import { measureTraining } from "../src/gan/training.ts";
import type { GANOptions } from "../src/index.ts";

/** Channels as wide as those of the papers' smaller models, but for "r3gan", whose are twelve times as many. */
const WIDTH = 64;

const SIZES = { dcgan: [28, 32, 64, 128], resnet: [32, 64, 128], r3gan: [32, 64, 128] } as const;

/** Prints a table of millions of bytes for one thread: learning as it is by default, of batches in one part and in four. */
export async function tellMemory({ quick }: { readonly quick: boolean }): Promise<void> {
  const executor = await createWasmExecutor({ threads: 1 });
  console.log("| network | pixels | batch | weights and what goes with them | in all | at the least | in 4 parts | at the least |");
  console.log("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
  for (const [name, sizes] of Object.entries(SIZES) as [keyof typeof SIZES, readonly number[]][]) {
    for (const size of quick ? [64] : sizes) {
      for (const batchSize of quick ? [32] : [16, 32, 64]) {
        const shape = [size, size, size === 28 ? 1 : 3];
        const options: GANOptions = { shape, architecture: name, width: WIDTH, batchSize };
        const [whole, parts] = [await needs(executor, options), await needs(executor, { ...options, accumulate: 4 })];
        console.log(`| ${[name, size, batchSize, whole.variables, whole.most, whole.least, parts.most, parts.least].join(" | ")} |`);
      }
    }
  }
  executor.dispose();
}

const millions = (bytes: number): string => (bytes / 1e6).toFixed(0);

/** What training holds where there is plenty, and where there is no more than it must have. */
async function needs(executor: Executor, options: GANOptions): Promise<{ variables: string; most: string; least: string }> {
  const spec = resolveSpec(options);
  const total = async (maxMemory?: number) => {
    try {
      const { variables, total } = await measureTraining(executor, spec, maxMemory);
      return { variables: millions(variables), total: millions(total) };
    } catch (error) {
      if (!(error instanceof BackendError)) throw error;
      return { variables: "", total: millions(Number(/\d+/.exec(maxMemory === undefined ? error.got : error.expected)![0])) };
    }
  };
  const plenty = await total();
  return { variables: plenty.variables, most: plenty.total, least: (await total(1)).total };
}
