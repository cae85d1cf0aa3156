import { describe, expect, it } from "vitest";
import { NR } from "../../assembly/format/products.ts";
import { dense, gemm, result } from "../../src/exec/wasm/instructions/gemm.ts";
import { pack, panels, panelsSize } from "../../src/exec/wasm/instructions/panels.ts";
import { bits, createHarness, TEST_BUILDS, uniform } from "./harness.ts";
import { link, operand } from "./instruction.ts";
import { denseSample, type Sample } from "./views.ts";

type Kernels = ReturnType<typeof createHarness>;

/** What the threads of `run`, all by default, pack of B, the rest being NaN; B or the panels end where memory does. */
function packed(harness: Kernels, b: Sample, { threads = 1, run = Array.from({ length: threads }, (_, i) => i), end = "b" as "b" | "panels" } = {}) {
  harness.reset();
  const to = operand(panelsSize(b.depth, b.lanes));
  const blank = new Float32Array(panelsSize(b.depth, b.lanes)).fill(Number.NaN);
  const source = end === "b" ? harness.atEnd(b.values) : harness.from(b.values);
  const out = end === "panels" ? harness.atEnd(blank) : harness.from(blank);
  const places = new Map([
    [b.view.buffer, source],
    [to, out],
  ]);
  const linked = link(harness, pack(b.depth, b.lanes, b.view, to), places, threads);
  for (const ith of run) harness.kernels.f32_pack!(linked.words, ith, threads);
  linked.check();
  expect(source.intact() && out.intact()).toBe(true);
  return out.values.slice();
}

/** Below, at and above a panel, and depths that leave a block of the packing unfinished; strides are prime. */
const SAMPLES = [1, 7, 8, 9, 29, 64, 73].flatMap((N) =>
  [1, 5, 64, 131].flatMap((K) => (["depth", "lanes"] as const).map((along) => denseSample(N, K, along, 139))),
);

describe.each(TEST_BUILDS)("f32_pack, %s build", (build) => {
  const harness = createHarness(build);

  it.each(SAMPLES)("$name: every element where the tile reads it, and zeros behind the last column", (b) => {
    const want = Float32Array.from({ length: panelsSize(b.depth, b.lanes) }, (_, i) => {
      const [n, k] = [Math.floor(i / (NR * b.depth)) * NR + (i % NR), Math.floor(i / NR) % b.depth];
      return n < b.lanes ? b.at(n, k) : 0;
    });
    for (const end of ["b", "panels"] as const) expect(packed(harness, b, { end })).toEqual(want);
  });

  it("is shared out by panels, each written once", () => {
    for (const b of [denseSample(73, 131, "lanes", 139), denseSample(9, 5, "depth", 7), denseSample(3, 4, "depth", 5)]) {
      const one = packed(harness, b);
      for (const threads of [2, 3, 16]) {
        expect(packed(harness, b, { threads })).toEqual(one);
        const written = new Uint8Array(one.length);
        for (let ith = 0; ith < threads; ith++) {
          for (const [i, v] of packed(harness, b, { threads, run: [ith] }).entries()) if (!Number.isNaN(v)) written[i]!++;
        }
        expect([Math.min(...written), Math.max(...written)]).toEqual([1, 1]);
      }
    }
  });

  it("gives products the bits of those that pack as they go", () => {
    for (const [M, N, K] of [
      [1, 9, 5],
      [7, 8, 257],
      [97, 29, 520],
      [13, 300, 3],
    ] as const) {
      const [a, b, c, to] = [operand(M * K), operand(K * N), operand(M * N), operand(panelsSize(K, N))];
      const compute = (ahead: boolean): Float32Array => {
        harness.reset();
        const [left, right, out] = [harness.from(uniform(M * K, 1)), harness.from(uniform(K * N, 2)), harness.empty(M * N)];
        const ready = harness.empty(panelsSize(K, N));
        const places = new Map([
          [a, left],
          [b, right],
          [c, out],
          [to, ready],
        ]);
        const view = dense(b, 1, N);
        if (ahead) harness.kernels.f32_pack!(link(harness, pack(K, N, view, to), places).words, 0, 1);
        const product = gemm({ M, N, K, a: dense(a, K, 1), b: ahead ? panels(to) : view, c: result(c, N) });
        const linked = link(harness, product, places);
        harness.kernels.f32_gemm!(linked.words, 0, 1);
        linked.check();
        expect(ready.intact() && out.intact()).toBe(true);
        return out.values.slice();
      };
      expect(bits(compute(true)), `${M}, ${N}, ${K}`).toEqual(bits(compute(false)));
    }
  });
});
