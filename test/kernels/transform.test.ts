import { describe, expect, it } from "vitest";
import { NR } from "../../assembly/format/products.ts";
import { COMPONENTS, TransformKind } from "../../assembly/format/transform.ts";
import { type TileAxis, type Transformation, transform } from "../../src/exec/wasm/instructions/transform.ts";
import { bits, createHarness, integers, uniform } from "./harness.ts";
import { link, operand } from "./instruction.ts";

const harness = createHarness();

/** The points of F(2, 4) and F(4, 2); infinity is the fifth. */
const POINTS = [0, -1, 2, 0.5];
const others = (q: number) => POINTS.filter((r) => r !== q);

/** Coefficients of the product of x - r over `roots`, the lowest first. */
const polynomial = (roots: readonly number[]): number[] =>
  roots.reduce<number[]>((p, r) => Array.from({ length: p.length + 1 }, (_, i) => (p[i - 1] ?? 0) - r * (p[i] ?? 0)), [1]);

/** Values of a polynomial of `size` coefficients at the points, divided by what `Data5` multiplies by. */
const taps = (size: number): number[][] => [
  ...POINTS.map((q) => Array.from({ length: size }, (_, i) => q ** i / others(q).reduce((p, r) => p * (q - r), 1))),
  Array.from({ length: size }, (_, i) => Number(i === size - 1)),
];
const outputs = (count: number): number[][] => Array.from({ length: count }, (_, i) => [...POINTS.map((q) => q ** i), Number(i === count - 1)]);

/** Each transform along one axis as a matrix, by what it means. */
const MATRICES = {
  Data5: [...POINTS.map((q) => [...polynomial(others(q)), 0]), polynomial(POINTS)],
  Taps4: taps(4),
  Outputs2: outputs(2),
  Taps2: taps(2),
  Outputs4: outputs(4),
} as const;
type Kind = keyof typeof MATRICES;

it.each([2, 4] as const)("the transforms make a correlation: %i outputs by five products", (count) => {
  const [data, filter] = [integers(5, 1), integers(6 - count, 2)];
  const times = (matrix: readonly (readonly number[])[], x: ArrayLike<number>) => matrix.map((row) => row.reduce((sum, m, i) => sum + m * x[i]!, 0));
  const products = times(MATRICES.Data5, data).map((d, i) => d * times(count === 2 ? MATRICES.Taps4 : MATRICES.Taps2, filter)[i]!);
  const got = times(count === 2 ? MATRICES.Outputs2 : MATRICES.Outputs4, products);
  for (const [i, output] of got.entries())
    expect(output).toBeCloseTo(
      Array.from(filter).reduce((sum, tap, j) => sum + tap * data[i + j]!, 0),
      10,
    );
});

interface Case {
  readonly kind: Kind;
  /** Of the images. */
  readonly shape: readonly [number, number, number, number];
  readonly first: number;
  readonly images: number;
  readonly channels: { readonly first: number; readonly size: number };
  readonly y: TileAxis;
  readonly x: TileAxis;
  readonly phases: 1 | 2;
  readonly byChannels: boolean;
}

const SIDES = { Data5: 5, Taps4: 4, Outputs2: 2, Taps2: 2, Outputs4: 4 } as const;
const KINDS = {
  Data5: TransformKind.Data5,
  Taps4: TransformKind.Taps4,
  Outputs2: TransformKind.Outputs2,
  Taps2: TransformKind.Taps2,
  Outputs4: TransformKind.Outputs4,
};
const isJoin = (kind: Kind): boolean => kind === "Outputs2" || kind === "Outputs4";
const GAP = 4;

/** Components as rows [tile, phase, channel], as storage of data has them; a stretch of GAP floats after each component. */
function componentsOf({ images, channels, y, x, phases }: Case) {
  const tiles = images * y.grid * x.grid;
  const rowStride = phases * phases * channels.size;
  return { tiles, rowStride, phaseStride: channels.size, panelStride: NR, componentStride: tiles * rowStride + GAP };
}

/** Pixel (i, j) of a tile in a phase: its element of the images for channel 0 of those transformed, null outside. */
function pixelOf({ shape: [, H, W, C], first, channels, y, x, phases }: Case, phase: number, tile: number, i: number, j: number): number | null {
  const line = Math.floor(tile / x.grid);
  const image = first + Math.floor(line / y.grid);
  const at = (axis: TileAxis, t: number, p: number, k: number): number => axis.origin + t * axis.stride + p * axis.phase + k * axis.step;
  const [row, column] = [at(y, line % y.grid, Math.floor(phase / phases), i), at(x, tile % x.grid, phase % phases, j)];
  return row >= 0 && row < H && column >= 0 && column < W ? ((image * H + row) * W + column) * C + channels.first : null;
}

interface Run {
  readonly threads?: number;
  readonly only?: number;
  readonly end?: "images" | "components";
  readonly exact?: boolean;
}

/** The images and components after the instruction; what it writes was NaN before. */
function compute(c: Case, { threads = 1, only, end, exact = true }: Run = {}) {
  harness.reset();
  const joins = isJoin(c.kind);
  const layout = componentsOf(c);
  const sizes = { images: c.shape.reduce((a, b) => a * b), components: COMPONENTS * layout.componentStride - GAP };
  const draw = exact ? integers : uniform;
  const values = {
    images: joins ? new Float32Array(sizes.images).fill(Number.NaN) : draw(sizes.images, 1),
    components: joins ? draw(sizes.components, 2) : new Float32Array(sizes.components).fill(Number.NaN),
  };
  const place = (name: "images" | "components") => (name === end ? harness.atEnd(values[name]) : harness.from(values[name]));
  const [images, components] = [place("images"), place("components")];
  const [imageBuffer, componentBuffer] = [operand(sizes.images), operand(sizes.components)];
  const { shape, y, x, phases, channels, byChannels } = c;
  const transformation: Transformation = {
    tiles: { buffer: imageBuffer, shape, images: { first: c.first, size: c.images }, channels, y, x, phases },
    components: { buffer: componentBuffer, ...layout },
    byChannels,
  };
  const linked = link(
    harness,
    transform(KINDS[c.kind], transformation),
    new Map([
      [imageBuffer, images],
      [componentBuffer, components],
    ]),
    threads,
  );
  for (let ith = 0; ith < threads; ith++) if (only === undefined || only === ith) harness.kernels.f32_transform!(linked.words, ith, threads);
  linked.check();
  expect(images.intact() && components.intact()).toBe(true);
  return { images: images.values.slice(), components: components.values.slice() };
}

/** Every element by definition, and what its terms add up to in size. */
function check(c: Case, run: Run): void {
  const got = compute(c, run);
  const { tiles, componentStride, rowStride, phaseStride } = componentsOf(c);
  const matrix = MATRICES[c.kind];
  const joins = isJoin(c.kind);
  const from = joins ? got.components : got.images;
  const to = joins ? got.images : got.components;
  const touched = new Set<number>();
  const expectSum = (at: number, terms: readonly number[]): void => {
    touched.add(at);
    const [sum, size] = [terms.reduce((a, b) => a + b), terms.reduce((a, b) => a + Math.abs(b), 0)];
    expect(Math.abs(to[at]! - sum)).toBeLessThanOrEqual(1e-6 * size);
  };
  for (let phase = 0; phase < c.phases ** 2; phase++) {
    for (let tile = 0; tile < tiles; tile++) {
      for (let channel = 0; channel < c.channels.size; channel++) {
        const component = (i: number, j: number): number => (i * 5 + j) * componentStride + phase * phaseStride + tile * rowStride + channel;
        const pixel = (i: number, j: number): number | null => {
          const at = pixelOf(c, phase, tile, i, j);
          return at === null ? null : at + channel;
        };
        matrix.forEach((my, i) => {
          matrix.forEach((mx, j) => {
            const at = joins ? pixel(i, j) : component(i, j);
            if (at === null) return;
            const terms = my.flatMap((a, k) =>
              mx.map((b, l) => {
                const source = joins ? component(k, l) : k < SIDES[c.kind] && l < SIDES[c.kind] ? pixel(k, l) : null;
                return source === null ? 0 : a * b * from[source]!;
              }),
            );
            expectSum(at, terms);
          });
        });
      }
    }
  }
  for (const [i, value] of to.entries()) if (!touched.has(i)) expect(value).toBeNaN();
}

const tiles = (grid: number, origin: number, stride: number, step: number, phase = 0): TileAxis => ({ grid, origin, stride, phase, step });

const CASES: readonly (readonly [string, Case])[] = [
  [
    "one tile of four channels",
    {
      kind: "Data5",
      shape: [1, 5, 5, 4],
      first: 0,
      images: 1,
      channels: { first: 0, size: 4 },
      y: tiles(1, 0, 4, 1),
      x: tiles(1, 0, 4, 1),
      phases: 1,
      byChannels: false,
    },
  ],
  [
    "tiles of both phases, across every edge",
    {
      kind: "Data5",
      shape: [3, 11, 13, 12],
      first: 1,
      images: 2,
      channels: { first: 0, size: 12 },
      y: tiles(2, -1, 8, 2, 1),
      x: tiles(2, -1, 8, 2, 1),
      phases: 2,
      byChannels: true,
    },
  ],
  [
    "a piece of the channels",
    {
      kind: "Data5",
      shape: [2, 9, 8, 28],
      first: 0,
      images: 2,
      channels: { first: 8, size: 20 },
      y: tiles(1, -1, 8, 2, 1),
      x: tiles(1, 0, 8, 2, 1),
      phases: 2,
      byChannels: true,
    },
  ],
  [
    "tiles side by side, the last ones in part outside",
    {
      kind: "Taps4",
      shape: [3, 6, 7, 12],
      first: 0,
      images: 3,
      channels: { first: 0, size: 12 },
      y: tiles(2, 0, 4, 1),
      x: tiles(2, 0, 4, 1),
      phases: 1,
      byChannels: false,
    },
  ],
  [
    "of one piece of the images",
    {
      kind: "Taps4",
      shape: [4, 4, 4, 4],
      first: 2,
      images: 2,
      channels: { first: 0, size: 4 },
      y: tiles(1, 0, 4, 1),
      x: tiles(1, 0, 4, 1),
      phases: 1,
      byChannels: false,
    },
  ],
  [
    "a filter's phases",
    {
      kind: "Outputs2",
      shape: [1, 4, 4 * 20, 12],
      first: 0,
      images: 1,
      channels: { first: 0, size: 12 },
      y: tiles(1, 0, 0, 2, 1),
      x: tiles(13, 5, 1, 2 * 20, 20),
      phases: 2,
      byChannels: false,
    },
  ],
  [
    "tiles of which some lie outside in part",
    {
      kind: "Outputs2",
      shape: [2, 5, 3, 4],
      first: 0,
      images: 2,
      channels: { first: 0, size: 4 },
      y: tiles(3, 0, 2, 1),
      x: tiles(2, 0, 2, 1),
      phases: 1,
      byChannels: false,
    },
  ],
  [
    "a filter's phases, taps in falling order",
    {
      kind: "Taps2",
      shape: [1, 4, 4 * 5, 12],
      first: 0,
      images: 1,
      channels: { first: 0, size: 12 },
      y: tiles(1, 2, 0, -2, 1),
      x: tiles(5, 2 * 5, 1, -2 * 5, 5),
      phases: 2,
      byChannels: false,
    },
  ],
  [
    "tiles of four of every other pixel, the last ones in part outside",
    {
      kind: "Outputs4",
      shape: [3, 11, 9, 8],
      first: 1,
      images: 2,
      channels: { first: 0, size: 8 },
      y: tiles(2, 1, 8, 2),
      x: tiles(2, 0, 8, 2),
      phases: 1,
      byChannels: false,
    },
  ],
];

describe("f32_transform: error < 1e-6 of the size of the terms", () => {
  it.each(CASES)("%s", (_, c) => {
    for (const end of ["images", "components", undefined] as const) check(c, end ? { end } : {});
  });
});

describe("f32_transform by threads", () => {
  it.each(CASES)("%s: shares cover the result once, and give the bits of one thread", (_, c) => {
    const result = ({ images, components }: ReturnType<typeof compute>) => (isJoin(c.kind) ? images : components);
    const one = result(compute(c, { exact: false }));
    for (const threads of [2, 3, 5]) {
      expect(bits(result(compute(c, { threads, exact: false })))).toEqual(bits(one));
      const written = new Uint8Array(one.length);
      for (let only = 0; only < threads; only++) {
        for (const [i, v] of result(compute(c, { threads, only, exact: false })).entries()) if (!Number.isNaN(v)) written[i]!++;
      }
      expect(Math.max(...written)).toBe(1);
    }
  });
});
