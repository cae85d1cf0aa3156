/** Residual networks after Miyato et al. 2018, table 4, for square images of any size that is a power of two times 4. */
import type { LayerSpec } from "../src/index.ts";

const relu: LayerSpec = { type: "activation", name: "relu" };
const conv = (filters: number, kernel = 3): LayerSpec => ({ type: "conv2d", filters, kernel });
const up: LayerSpec = { type: "upsample", factor: 2 };
const down: LayerSpec = { type: "avgPool", size: 2 };

const enlarging = (filters: number): LayerSpec => ({
  type: "residual",
  layers: [{ type: "batchNorm" }, relu, up, conv(filters), { type: "batchNorm" }, relu, conv(filters)],
  shortcut: [up, conv(filters, 1)],
});

const shrinking = (filters: number): LayerSpec => ({
  type: "residual",
  layers: [relu, conv(filters), relu, conv(filters), down],
  shortcut: [conv(filters, 1), down],
});

/** @param width channels at the full size; twice as many at each half of it, up to 8 times */
export function residual(size: number, width: number): { generator: LayerSpec[]; discriminator: LayerSpec[] } {
  const blocks = Math.log2(size / 4);
  const widths = Array.from({ length: blocks }, (_, i) => width * Math.min(8, 2 ** i));
  const most = widths.at(-1)!;
  return {
    generator: [
      { type: "dense", units: 16 * most },
      { type: "reshape", shape: [4, 4, most] },
      ...[...widths].reverse().map(enlarging),
      { type: "batchNorm" },
      relu,
      conv(3),
      { type: "activation", name: "tanh" },
    ],
    discriminator: [conv(width), ...widths.map(shrinking), relu, { type: "avgPool", size: 4 }, { type: "flatten" }, { type: "dense", units: 1 }],
  };
}
