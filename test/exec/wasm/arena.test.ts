import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Lifetime } from "../../../src/exec/schedule/lifetimes.ts";
import { ALIGNMENT, align, planArena } from "../../../src/exec/wasm/compile/arena.ts";

/** Times are few, so that many lifetimes meet; sizes are around the alignment, and now and then large. */
const lifetime: fc.Arbitrary<Lifetime> = fc
  .record({
    bytes: fc.oneof(
      fc.integer({ min: 1, max: 4 * ALIGNMENT }),
      fc.integer({ min: 1, max: 2 ** 28 }),
      fc.constantFrom(ALIGNMENT - 1, ALIGNMENT, ALIGNMENT + 1),
    ),
    first: fc.integer({ min: -1, max: 20 }),
    length: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 20 })),
  })
  .map(({ bytes, first, length }) => ({ bytes, first, last: first + length }));
const lifetimes = fc.array(lifetime, { maxLength: 60, size: "max" });

const meetInTime = (a: Lifetime, b: Lifetime): boolean => a.first <= b.last && b.first <= a.last;

describe("planArena, over random lifetimes", () => {
  it("keeps apart in space whatever lives at the same time", () => {
    fc.assert(
      fc.property(lifetimes, (values) => {
        const { offsets } = planArena(values);
        values.forEach((a, i) => {
          values.slice(0, i).forEach((b, j) => {
            if (meetInTime(a, b)) expect(offsets[i]! >= offsets[j]! + b.bytes || offsets[j]! >= offsets[i]! + a.bytes).toBe(true);
          });
        });
      }),
      { numRuns: 500 },
    );
  });

  it("starts every buffer at a cache line of its own, inside the arena", () => {
    fc.assert(
      fc.property(lifetimes, (values) => {
        const { offsets, bytes } = planArena(values);
        expect(offsets).toHaveLength(values.length);
        offsets.forEach((offset, i) => {
          expect(offset % ALIGNMENT).toBe(0);
          expect(offset).toBeGreaterThanOrEqual(0);
          expect(offset + align(values[i]!.bytes)).toBeLessThanOrEqual(bytes);
        });
      }),
    );
  });

  it("reports as live the sum at the worst moment, and plans an arena between that and the sum of all", () => {
    fc.assert(
      fc.property(lifetimes, (values) => {
        const { bytes, live } = planArena(values);
        const at = (time: number) => values.reduce((sum, v) => sum + (v.first <= time && time <= v.last ? align(v.bytes) : 0), 0);
        expect(live).toBe(Math.max(0, ...values.map((v) => at(v.first))));
        expect(bytes).toBeGreaterThanOrEqual(live);
        expect(bytes).toBeLessThanOrEqual(values.reduce((sum, v) => sum + align(v.bytes), 0));
      }),
    );
  });

  it("is as small as can be when everything lives at once, and when nothing does", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 5000 }), { maxLength: 40 }), (sizes) => {
        const together = planArena(sizes.map((bytes) => ({ bytes, first: 0, last: 3 })));
        expect(together.bytes).toBe(sizes.reduce((sum, bytes) => sum + align(bytes), 0));
        const inTurn = planArena(sizes.map((bytes, i) => ({ bytes, first: i, last: i })));
        expect(inTurn.bytes).toBe(Math.max(0, ...sizes.map(align)));
      }),
    );
  });

  it("gives the same plan for the same lifetimes", () => {
    fc.assert(
      fc.property(lifetimes, (values) => {
        expect(planArena(values.map((v) => ({ ...v })))).toEqual(planArena(values));
      }),
    );
  });
});

it("puts a small buffer into the smallest gap that holds it", () => {
  const k = (n: number) => n * ALIGNMENT;
  const values: Lifetime[] = [
    { bytes: k(9), first: 0, last: 9 },
    { bytes: k(8), first: 0, last: 0 },
    { bytes: k(7), first: 0, last: 9 },
    { bytes: k(4), first: 0, last: 0 },
    { bytes: k(3), first: 0, last: 9 },
    { bytes: k(2), first: 5, last: 6 }, // the 8 and the 4 are gone by now
  ];
  const { offsets } = planArena(values);
  expect(offsets[5]).toBe(offsets[3]);
});
