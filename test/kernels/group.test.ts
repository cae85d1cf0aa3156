import { describe, expect, it } from "vitest";
import { ELEMENTWISE_BLOCK, ElementwiseCode, ElementwiseWord, StepWord } from "../../assembly/format/elementwise.ts";
import { float } from "../../src/exec/wasm/instructions/instruction.ts";
import { createHarness, integers } from "./harness.ts";

const harness = createHarness();
const SIZES = [1, 2, 3, 4, 5, 1023, 1024, 1025, 2048, 3001];

const slot = (index: number): number => 1 + index * ELEMENTWISE_BLOCK * 4;

function step(code: ElementwiseCode, result: number, operands: readonly number[], parameter = 0): number[] {
  const words = new Array<number>(StepWord.Length).fill(0);
  words[StepWord.Code] = code;
  words[StepWord.Result] = result;
  words.splice(StepWord.Operands, operands.length, ...operands);
  words[StepWord.Parameter] = parameter;
  return words;
}

/** Runs steps as `threads` threads with `slots` blocks of scratch each. */
function run(size: number, slots: number, once: readonly number[][], each: readonly number[][], threads: number, only?: number): void {
  const scratch = Array.from({ length: threads }, () => harness.empty(slots * ELEMENTWISE_BLOCK));
  const header = new Array<number>(ElementwiseWord.Steps).fill(0);
  header[ElementwiseWord.Size] = size;
  header[ElementwiseWord.Once] = once.length;
  header[ElementwiseWord.Each] = each.length;
  header[ElementwiseWord.Scratch] = scratch[0]!.address;
  header[ElementwiseWord.ScratchStride] = threads > 1 ? scratch[1]!.address - scratch[0]!.address : 0;
  const words = harness.words([...header, ...once.flat(), ...each.flat()]);
  for (let ith = 0; ith < threads; ith++) if (only === undefined || only === ith) harness.kernels.f32_elementwise!(words, ith, threads);
  expect(scratch.every((space) => space.intact())).toBe(true);
}

describe("f32_elementwise: blocks of any size, by any number of threads", () => {
  it("values pass from step to step in scratch", () => {
    for (const size of SIZES) {
      for (const threads of [1, 2, 3]) {
        harness.reset();
        const [a, b, y] = [harness.from(integers(size, 1)), harness.from(integers(size, 2)), harness.empty(size)];
        run(
          size,
          1,
          [],
          [
            step(ElementwiseCode.Mul, slot(0), [a.address, b.address]),
            step(ElementwiseCode.LeakyRelu, slot(0), [slot(0)], float(0.5)),
            step(ElementwiseCode.Sub, y.address, [slot(0), a.address]),
          ],
          threads,
        );
        const want = a.values.map((v, i) => (v * b.values[i]! > 0 ? v * b.values[i]! : 0.5 * v * b.values[i]!) - v);
        expect(y.values).toEqual(want);
        expect(y.intact()).toBe(true);
      }
    }
  });

  it("a step of three, four and five operands: select, lerp and Adam's", () => {
    for (const size of SIZES) {
      harness.reset();
      const [p, m, v, rate, scale] = [1, 2, 3, 4, 5].map((seed) => harness.from(integers(size, seed).map(Math.abs)));
      const [selected, mixed, updated] = [harness.empty(size), harness.empty(size), harness.empty(size)];
      const [pa, ma, va, ra, sa] = [p!, m!, v!, rate!, scale!].map(({ address }) => address) as [number, number, number, number, number];
      run(
        size,
        0,
        [],
        [
          step(ElementwiseCode.Select, selected.address, [pa, ma, va]),
          step(ElementwiseCode.Lerp, mixed.address, [pa, ma, va]),
          step(ElementwiseCode.AdamStep, updated.address, [pa, ma, va, ra, sa], float(0.25)),
        ],
        2,
      );
      expect(selected.values).toEqual(p!.values.map((x, i) => (x !== 0 ? m!.values[i]! : v!.values[i]!)));
      expect(mixed.values).toEqual(p!.values.map((x, i) => x + v!.values[i]! * (m!.values[i]! - x)));
      for (let i = 0; i < size; i++) {
        const want = p!.values[i]! - (rate!.values[i]! * m!.values[i]!) / (scale!.values[i]! * Math.sqrt(v!.values[i]!) + 0.25);
        expect(Math.abs(updated.values[i]! - want)).toBeLessThanOrEqual(1e-6 * Math.max(8, Math.abs(want)));
      }
    }
  });

  it("broadcasts are spread over blocks, wherever a block begins", () => {
    for (const size of SIZES) {
      for (const threads of [1, 3]) {
        for (const period of [3, 7, 64, 1025]) {
          harness.reset();
          const each = 5;
          const x = harness.from(integers(size, 1));
          const scalar = harness.from([3]);
          const periodic = harness.from(integers(period, 2));
          const repeated = harness.from(integers(Math.ceil(size / each), 3));
          const y = harness.empty(size);
          run(
            size,
            3,
            [step(ElementwiseCode.Fill, slot(0), [scalar.address])],
            [
              step(ElementwiseCode.FillPeriodic, slot(1), [periodic.address], period),
              step(ElementwiseCode.FillRepeat, slot(2), [repeated.address], each),
              step(ElementwiseCode.Mul, slot(1), [slot(1), slot(0)]),
              step(ElementwiseCode.Add, slot(1), [slot(1), slot(2)]),
              step(ElementwiseCode.Add, y.address, [x.address, slot(1)]),
            ],
            threads,
          );
          expect(y.values).toEqual(x.values.map((v, i) => v + 3 * periodic.values[i % period]! + repeated.values[Math.floor(i / each)]!));
        }
      }
    }
  });

  it("shares are whole blocks, and cover the elements once", () => {
    for (const size of SIZES) {
      for (const threads of [2, 3]) {
        const written = new Uint8Array(size);
        for (let only = 0; only < threads; only++) {
          harness.reset();
          const [x, y] = [harness.from(integers(size, 1)), harness.empty(size)];
          run(size, 0, [], [step(ElementwiseCode.Copy, y.address, [x.address])], threads, only);
          for (const [i, v] of y.values.entries()) if (!Number.isNaN(v)) written[i]!++;
        }
        expect(written.every((times) => times === 1)).toBe(true);
      }
    }
  });
});
