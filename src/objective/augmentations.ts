/** What the discriminator is shown in place of images, real and generated alike, so that few images are not known by heart. To add an augmentation: a row here. */
import type { ErrorDetail } from "../core/errors.ts";
import type { Shape } from "../core/shape.ts";
import {
  abs,
  add,
  div,
  exp,
  greaterEqual,
  lerp,
  matmul,
  maximum,
  minimum,
  mul,
  neg,
  type Operand,
  reduceMean,
  reduceSum,
  relu,
  reshape,
  select,
  sub,
  transpose,
} from "../graph/build.ts";
import type { Node } from "../graph/graph.ts";
import type { Distribution } from "../nn/layers/types.ts";

/** The random numbers of an augmentation, one for each image, [N, 1, 1, 1]. */
export interface Draws {
  /** [height, width, channels] of the images. */
  readonly shape: Shape;
  /** A fresh number, named after what it is for. */
  draw(name: string, distribution: Distribution): Node;
  /** 1 where the image is augmented so, 0 where it stays; the number 1 where all are. */
  readonly applied: Operand;
}

/** Where a pixel along one axis comes from: with places counted from the middle, place i of the result is place `zoom` (i - `shift`) of the image. */
interface Axis {
  readonly zoom?: Node;
  /** In whole pixels. */
  readonly shift?: Node;
}

/** Where pixels come from, axis by axis. */
interface Geometry {
  /** Before all else: 1 where rows and columns change places. */
  readonly transposed?: Node;
  readonly rows?: Axis;
  readonly columns?: Axis;
}

/** One augmentation; it does one of three things, which are done one after the other. */
interface Augmentation {
  /** With what probability an image is augmented where none is told. Default 1. */
  readonly probability?: number;
  /** What is wrong with images of this shape. */
  fault?(shape: Shape): Omit<ErrorDetail, "path"> | null;
  /** Images in other colours. */
  colour?(draws: Draws): (images: Node) => Node;
  /** Pixels in other places. What comes in from outside is 0, which is grey. */
  geometry?(draws: Draws): Geometry;
  /** What is left of each pixel, [N, height, width, 1]; the rest is grey. */
  mask?(draws: Draws): Node;
}

export const AUGMENTATIONS = {
  /**
   * Brightness, up to 0.5 added or taken away, saturation, 0 to 2 times the distance of the channels from their mean, and contrast, 0.5 to 1.5 times that of all numbers from theirs:
   * Zhao et al. 2020, "Differentiable augmentation for data-efficient GAN training", in the code that they published.
   */
  color: {
    colour({ shape, draw, applied }) {
      const around = (name: string): Node => mul(sub(draw(name, "uniform"), 0.5), applied);
      const brightness = around("brightness");
      const paleness = shape[2] === 1 ? null : mul(around("saturation"), -2);
      const flatness = neg(around("contrast"));
      return (images) => {
        const bright = add(images, brightness);
        const grey = reduceMean(bright, [3]);
        // From what there is towards the mean or away from it: an image that is not augmented keeps every bit.
        const saturated = paleness ? lerp(bright, grey, paleness) : bright;
        return lerp(saturated, reduceMean(grey, [1, 2]), flatness);
      };
    },
  },

  /** A turn by a multiple of 90 degrees: Karras et al. 2020, appendix B. */
  rotation: {
    probability: 0.8,
    fault: ([height, width]) => (height === width ? null : { expected: "images as high as wide, to be turned", got: `${height} x ${width}` }),
    geometry({ draw, applied }) {
      const quarters = mul(below(draw("quarters", "uniform"), 4), applied);
      const [one, two, three] = [1, 2, 3].map((least) => greaterEqual(quarters, least)) as [Node, Node, Node];
      return {
        transposed: add(sub(one, two), three),
        rows: { zoom: turnedBy(sub(one, three)) },
        columns: { zoom: turnedBy(two) },
      };
    },
  },

  /** Left and right change places, of every second image that is augmented: Karras et al. 2020, "Training generative adversarial networks with limited data", appendix B. */
  flip: {
    probability: 0.8,
    geometry: ({ draw, applied }) => ({ columns: { zoom: turnedBy(mul(greaterEqual(draw("side", "uniform"), 0.5), applied)) } }),
  },

  /** Larger or smaller about the middle, 2^N(0, 0.2²) times: Karras et al. 2020, appendix B. */
  scale: {
    geometry({ draw, applied }) {
      const zoom = exp(mul(mul(draw("size", "normal"), applied), -0.2 * Math.LN2));
      return { rows: { zoom }, columns: { zoom } };
    },
  },

  /** Whole pixels up and down, left and right, up to an eighth of each side: Zhao et al. 2020. */
  translation: {
    fault: ([height, width]) =>
      Math.max(height!, width!) >= 8 ? null : { expected: "images of 8 pixels a side at least, to be moved", got: `${height} x ${width}` },
    geometry({ shape, draw, applied }) {
      const along = (name: string, size: number): Axis => {
        const most = Math.floor(size / 8);
        return most > 0 ? { shift: mul(sub(below(draw(name, "uniform"), 2 * most + 1), most), applied) } : {};
      };
      return { rows: along("down", shape[0]!), columns: along("right", shape[1]!) };
    },
  },

  /** A part of half the height and half the width is grey, anywhere, if not all of it lies within: Zhao et al. 2020. */
  cutout: {
    mask({ shape, draw, applied }) {
      const within = (name: string, axis: 0 | 1): Node => {
        const size = shape[axis]!;
        const cut = Math.max(1, Math.floor(size / 2));
        const middle = below(draw(name, "uniform"), size + 1 - (cut % 2));
        const away = sub(places(middle, size, axis + 1, 0), middle);
        return sub(greaterEqual(away, -Math.floor(cut / 2)), greaterEqual(away, cut - Math.floor(cut / 2)));
      };
      return sub(1, mul(mul(within("down", 0), applied), within("right", 1)));
    },
  },
} satisfies Readonly<Record<string, Augmentation>>;

/**
 * The name of an augmentation: something that is done to all images that the discriminator is shown.
 *
 * @useDeclaredType
 */
export type AugmentationName = keyof typeof AUGMENTATIONS;

export const AUGMENTATION_NAMES = Object.keys(AUGMENTATIONS) as AugmentationName[];

/** The row of an augmentation, which of the three it does forgotten. */
export const augmentationRow = (name: AugmentationName): Augmentation => AUGMENTATIONS[name];

/** What is done to the images of one batch: the same whatever images they are, and each has its own. */
export interface Augmenting {
  /** Images [N, height, width, channels] as the discriminator is shown them. */
  images(images: Node): Node;
  /** Images that belong to these, place for place, of any number of channels: nothing but their geometry changes. */
  companions(images: Node): Node;
}

/**
 * Colours first, then geometry, then masks.
 *
 * @param drawsOf the random numbers of each augmentation
 */
export function augmenting(policy: readonly AugmentationName[], drawsOf: (name: AugmentationName) => Draws): Augmenting {
  const rows = policy.map((name) => ({ row: augmentationRow(name), draws: drawsOf(name) }));
  const colours = rows.flatMap(({ row, draws }) => row.colour?.(draws) ?? []);
  const geometries = rows.flatMap(({ row, draws }) => row.geometry?.(draws) ?? []);
  const masks = rows.flatMap(({ row, draws }) => row.mask?.(draws) ?? []);
  const companions = (images: Node): Node => (geometries.length > 0 ? moved(images, geometries) : images);
  return {
    companions,
    images(images) {
      const coloured = colours.reduce((x, colour) => colour(x), images);
      return masks.reduce((x, mask) => mul(x, mask), companions(coloured));
    },
  };
}

/** Images with their pixels moved, all along an axis by one product of matrices for each image. */
function moved(images: Node, geometries: readonly Geometry[]): Node {
  const [n, height, width, channels] = images.shape as [number, number, number, number];
  const swapped = (x: Node): Node => transpose(x, [0, 2, 1, 3]);
  const transposed = geometries.find((geometry) => geometry.transposed)?.transposed;
  const start = transposed ? select(transposed, swapped(images), images) : images;
  const down = resampling(
    n,
    height,
    geometries.map(({ rows }) => rows),
  );
  const right = resampling(
    n,
    width,
    geometries.map(({ columns }) => columns),
  );
  const along = (matrices: Node, x: Node): Node => reshape(matmul(matrices, reshape(x, [n, x.shape[1]!, x.shape[2]! * channels])), x.shape);
  const inRows = down ? along(down, start) : start;
  return right ? swapped(along(right, swapped(inRows))) : inRows;
}

/**
 * Matrices [N, size, size] that give each place of a result its share of the places of an image: whole where it comes from one of them, else that of the two about it, or, of an image made smaller, of as many as
 * fall together. A share is what an interval about where the place comes from, as wide as it is there and a pixel at least, has in common with that place of the image; all of them, those outside of the
 * image too, are 1 together.
 *
 * @returns null where all stay where they are
 */
function resampling(n: number, size: number, axes: readonly (Axis | undefined)[]): Node | null {
  const zooms = axes.flatMap((axis) => axis?.zoom ?? []);
  const shifts = axes.flatMap((axis) => axis?.shift ?? []);
  const any = zooms[0] ?? shifts[0];
  if (!any) return null;
  const middle = (size - 1) / 2;
  const zoom = zooms.reduce<Operand>((a, b) => mul(a, b), 1);
  const source = mul(
    shifts.reduce((at, shift) => sub(at, shift), places(any, size, 1, middle)),
    zoom,
  );
  const away = abs(sub(source, places(any, size, 2, middle)));
  if (zooms.length === 0) return reshape(relu(sub(1, away)), [n, size, size]);
  const width = maximum(abs(zoom as Node), 1);
  return reshape(div(minimum(relu(sub(mul(add(width, 1), 0.5), away)), 1), width), [n, size, size]);
}

/** 0, 1, 2... less `origin` along an axis of four. */
function places(beside: Node, size: number, axis: number, origin: number): Node {
  const shape = [1, 1, 1, 1].with(axis, size);
  return beside.graph.constant(
    Float32Array.from({ length: size }, (_, i) => i - origin),
    shape,
  );
}

/** 1, or -1 where `mirrored` is 1. */
const turnedBy = (mirrored: Node): Node => sub(1, mul(mirrored, 2));

/** An integer from 0 to n - 1, each equally likely, from a uniform number, [N, 1, 1, 1]. */
function below(uniform: Node, n: number): Node {
  const thresholds = uniform.graph.constant(
    Float32Array.from({ length: n - 1 }, (_, i) => (i + 1) / n),
    [1, 1, 1, n - 1],
  );
  return reduceSum(greaterEqual(uniform, thresholds), [3]);
}
