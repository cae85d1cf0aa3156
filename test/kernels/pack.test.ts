import { describe, expect, it } from "vitest";
import { LANE_TABLE_BYTES } from "../../assembly/format/scratch.ts";
import { createHarness, integers, uniform } from "./harness.ts";
import { link } from "./instruction.ts";
import { denseSample, PATCHES, patchSample, type Sample } from "./views.ts";

const harness = createHarness();
const WIDTHS = [4, 6, 8];

/** Ranges [from, from + count) of an axis: all of it, its ends, a part that begins and ends anywhere. */
function parts(size: number): [from: number, count: number][] {
  const cuts: [number, number][] = [
    [0, size],
    [0, 1],
    [size - 1, 1],
    [Math.floor(size / 3), Math.ceil(size / 2)],
  ];
  return cuts.filter(([from, count]) => from >= 0 && from + count <= size);
}

/** Packs every part of a view, which ends where memory does, or its zeros do, and compares every float. */
function check(sample: Sample): void {
  for (const P of WIDTHS) {
    for (const [lane, lanes] of parts(sample.lanes)) {
      for (const [k0, kc] of parts(sample.depth)) {
        for (const end of ["operand", "zeros"]) {
          harness.reset();
          const place = end === "operand" ? harness.atEnd(sample.values) : harness.from(sample.values);
          const zeros = Math.max(sample.view.run, kc) * 4;
          const view = link(harness, { words: sample.view.words, scratch: LANE_TABLE_BYTES, zeros }, new Map([[sample.view.buffer, place]]));
          const table = harness.empty(LANE_TABLE_BYTES / 4);
          const out = harness.empty(Math.ceil(lanes / P) * P * kc);
          harness.kernels.packPanels!(view.words, lane, lanes, P, k0, kc, out.address, table.address);
          const want = out.values.map((_, i) => {
            const [l, k] = [Math.floor(i / (P * kc)) * P + (i % P), Math.floor(i / P) % kc];
            return l < lanes ? sample.at(lane + l, k0 + k) : 0;
          });
          const wrong = out.values.findIndex((value, i) => value !== want[i]);
          expect(wrong, `P ${P}, lanes from ${lane} ${lanes}, k from ${k0} ${kc}: ${out.values[wrong]} for ${want[wrong]}`).toBe(-1);
          expect(out.intact() && table.intact() && place.intact()).toBe(true);
          view.check();
        }
      }
    }
  }
}

describe("packPanels: any lanes and depths of", () => {
  for (const along of ["depth", "lanes"] as const) {
    for (const [lanes, depth, stride] of [
      [1, 1, 1],
      [7, 5, 11],
      [29, 70, 127],
      [73, 131, 139],
    ] as const) {
      const sample = denseSample(lanes, depth, along, stride);
      it(sample.name, () => check(sample));
    }
  }
  for (const patches of PATCHES) {
    const sample = patchSample(patches);
    it(sample.name, () => check(sample));
  }
});

it("packPanels of no depth does nothing", () => {
  harness.reset();
  const sample = denseSample(9, 0, "depth", 1);
  const place = harness.from(sample.values);
  const { words } = link(harness, { words: sample.view.words, scratch: 0, zeros: 0 }, new Map([[sample.view.buffer, place]]));
  const out = harness.empty(64);
  harness.kernels.packPanels!(words, 0, 9, 8, 0, 0, out.address, out.address);
  expect(out.values.every(Number.isNaN)).toBe(true);
});

const LENGTHS = [1, 2, 3, 4, 5, 7, 8, 13];

describe("packRun: P runs as the columns of a panel", () => {
  for (const P of WIDTHS) {
    for (const [terms, subtract] of [
      [1, false],
      [2, false],
      [2, true],
      [4, false],
      [4, true],
    ] as const) {
      it(`of ${terms} terms${subtract ? ", subtracted" : ""}, P ${P}`, () => {
        for (const length of LENGTHS) {
          harness.reset();
          // The last run of all ends where memory does.
          const runs = Array.from({ length: P * terms }, (_, r) => {
            const values = integers(length, r + 1);
            return r === P * terms - 1 ? harness.atEnd(values) : harness.from(values);
          });
          const table = harness.empty(LANE_TABLE_BYTES / 4);
          const pointers = new Uint32Array(harness.memory.buffer, table.address, table.length);
          runs.forEach(({ address }, r) => {
            pointers[Math.floor(r / terms) * 8 + (r % terms)] = address;
          });
          const out = harness.empty(P * length);
          harness.kernels.packRun!(table.address, P, terms, subtract ? 1 : 0, length, out.address);
          const sign = subtract ? -1 : 1;
          const want = out.values.map((_, i) => {
            const [a, b = 0, c = 0, d = 0] = runs.slice((i % P) * terms, (i % P) * terms + terms).map(({ values }) => values[Math.floor(i / P)]!);
            return a! + sign * b + sign * (c + sign * d);
          });
          expect(out.values.map((v) => v + 0)).toEqual(want.map((v) => v + 0));
          expect(out.intact() && table.intact()).toBe(true);
        }
      });
    }
  }
});

describe("groups of lanes side by side", () => {
  it("copyGroups: rows of any width, whole panels in series", () => {
    for (const P of WIDTHS) {
      for (let width = 1; width <= P; width++) {
        for (const [groups, rows] of width === P
          ? ([
              [1, 1],
              [1, 3],
              [3, 5],
              [8, 2],
            ] as const)
          : ([
              [1, 1],
              [1, 4],
            ] as const)) {
          harness.reset();
          const pitch = groups * width + 3;
          const x = harness.atEnd(uniform((rows - 1) * pitch + groups * width, 1));
          const out = harness.empty(groups * rows * P);
          harness.kernels.copyGroups!(x.address, pitch * 4, width, groups, rows, out.address, P * 4, rows * P * 4);
          const want = out.values.map((_, i) => {
            const [q, row, l] = [Math.floor(i / (rows * P)), Math.floor(i / P) % rows, i % P];
            return l < width ? x.values[row * pitch + q * width + l]! : Number.NaN;
          });
          expect(out.values).toEqual(want);
          expect(out.intact()).toBe(true);
        }
      }
    }
  });

  it("sumTwoGroups and sumFourGroups: a + b and (a + b) + (c + d), rounded in that order", () => {
    for (const P of WIDTHS) {
      for (let width = 1; width <= P; width++) {
        for (const groups of width === P ? [1, 3, 8] : [1]) {
          harness.reset();
          const n = groups * width;
          const [a, b, c] = [1, 2, 3].map((seed) => harness.from(uniform(n, seed)));
          const d = harness.atEnd(uniform(n, 4));
          const { fround } = Math;
          for (const terms of [2, 4]) {
            const out = harness.empty(groups * P);
            if (terms === 2) harness.kernels.sumTwoGroups!(a!.address, d.address, width, groups, out.address, P * 4);
            else harness.kernels.sumFourGroups!(a!.address, b!.address, c!.address, d.address, width, groups, out.address, P * 4);
            const want = out.values.map((_, i) => {
              const [o, l] = [Math.floor(i / P) * width + (i % P), i % P];
              if (l >= width) return Number.NaN;
              if (terms === 2) return fround(a!.values[o]! + d.values[o]!);
              return fround(fround(a!.values[o]! + b!.values[o]!) + fround(c!.values[o]! + d.values[o]!));
            });
            expect(out.values).toEqual(want);
            expect(out.intact()).toBe(true);
          }
        }
      }
    }
  });
});
