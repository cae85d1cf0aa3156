import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { createGAN } from "../../src/index.ts";

const options = { shape: [8], latent: 2, width: 4, batchSize: 32, backend: "wasm" } as const;
const points = Float32Array.from({ length: 8 * 64 }, (_, i) => Math.sin(i));
const MB = 2 ** 20;

function* batches() {
  for (;;) yield points.slice(0, 8 * 32);
}

/** Steps of one call: 10,000 where more fuzz is asked for, which is a minute's work. */
const STEPS = process.env.GANVAS_FUZZ ? 10_000 : 1000;

setFlagsFromString("--expose-gc");
const collect: () => void = runInNewContext("gc");

/** Bytes that JavaScript holds when nothing that could go is left. */
function held(): number {
  collect();
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

// A batch is 1 kB: a call that kept them would hold a megabyte more after each thousand steps.
describe("memory within one call of train", () => {
  const kinds = [
    ["a dataset", () => points],
    ["an iterable", batches],
  ] as const;
  for (const threads of [1, 2]) {
    for (const [kind, data] of kinds) {
      // Two threads take long for so little work: all of it where more is asked for.
      const signals = threads === 1 || process.env.GANVAS_FUZZ ? [true, false] : kind === "an iterable" ? [true] : [];
      it.each(signals)(`is flat over thousands of steps, ${threads} threads, ${kind}, with a signal: %s`, async (signalled) => {
        const gan = await createGAN({ ...options, threads });
        const marks: number[] = [];
        const mark = STEPS / 10;
        const onStep = ({ step }: { step: number }) => void (step % mark === 0 && (step === mark || step === STEPS) && marks.push(held()));
        await gan.train(data(), { steps: STEPS, onStep, ...(signalled && { signal: new AbortController().signal }) });
        const [early, late] = marks as [number, number];
        // The reports of the call are kept, a few dozen bytes a step, and what it is watched by: a program and some images. (Batches that were kept would be 900 of them, of 1 kB, and more.)
        expect(late - early).toBeLessThan(MB);
        if (process.env.GANVAS_FUZZ) console.log(threads, kind, signalled, ((late - early) / MB).toFixed(3), "MB");
        gan.dispose();
      });
    }
  }
});
