/** Which way a matrix product or a convolution is computed: decided here, for all who need to know. */
import { WinogradKind } from "../../../../assembly/format/winograd.ts";
import type { Shape } from "../../../core/shape.ts";
import { isOp, type Node } from "../../../graph/graph.ts";
import type { ConvAttrs } from "../../../graph/ops.ts";
import { productsOf, tilesOf } from "../instructions/winograd.ts";

/** Winograd's algorithms for 3x3 filters of stride 1: F(4x4, 3x3), or F(2x2, 3x3); of gradients of filters those that have as many components. */
export type Winograd3 = "winograd43" | "winograd23";

/** The algorithms of each op. */
export interface Algorithms {
  matmul: "direct" | "directTransposed";
  conv2d: "direct" | "directTransposed" | "winogradPacked" | "winogradStored" | Winograd3 | "grouped";
  conv2dInputGrad: "phases" | "narrowCol2Im" | "winogradPacked" | "winogradStored" | Winograd3 | "grouped";
  conv2dFilterGrad: "direct" | "directTransposed" | "winogradStored" | Winograd3 | "grouped";
}

export type ProductOp = keyof Algorithms;

/** A result with no more columns than this would leave most of the register tile's wide side idle. */
const NARROW = 4;
/** Fewer channels than this, in or out, and Winograd's transforms cost more than they save. */
const LEAST_CHANNELS = 32;
/** Likewise for 3x3 filters of stride 1. */
const LEAST_CHANNELS_3 = 8;
/** Likewise for images smaller than a tile. */
const LEAST_SIZE = 4;
/** Tiles of an image, likewise, for stored components of its filter. */
const LEAST_TILES = 4;
/** Images of fewer large tiles, and the components of a 3x3 filter are more work than those of one image's data. */
const LEAST_TILES_3 = 4;
/** The kernels of stored components compute so many channels at a time, those of 3x3 filters too. */
const STORED_CHANNELS = 4;

const chosen = new WeakMap<Node, Algorithms[ProductOp]>();

/** The algorithm of a node. */
export function choose<O extends ProductOp>(node: Node<O>): Algorithms[O] {
  let algorithm = chosen.get(node);
  if (!algorithm) {
    algorithm = CHOICES[node.op](node);
    chosen.set(node, algorithm);
  }
  return algorithm as Algorithms[O];
}

const isWinograd3 = (algorithm: Algorithms[ProductOp]): algorithm is Winograd3 => algorithm === "winograd43" || algorithm === "winograd23";

/** Whether a node's lowering can add a bias and apply an activation to each row of its result as it stores it. */
export function takesEpilogue(node: Node): boolean {
  if (isOp(node, "conv2dInputGrad")) return isWinograd3(choose(node));
  return (isOp(node, "matmul") || isOp(node, "conv2d")) && (choose(node) === "direct" || isWinograd3(choose(node)));
}

/** Whether it can sum its result's pixels by fours after that. */
export function pools(node: Node): boolean {
  return (isOp(node, "conv2d") || isOp(node, "conv2dInputGrad")) && isWinograd3(choose(node));
}

/** Whether it can read its first operand, if that is an image doubled in size, from what is doubled. */
export function doubles(node: Node): boolean {
  return (isOp(node, "conv2d") || isOp(node, "conv2dFilterGrad")) && isWinograd3(choose(node));
}

const CHOICES: { readonly [O in ProductOp]: (node: Node<O>) => Algorithms[O] } = {
  matmul: ({ shape }) => orientation(shape.slice(-2)),
  conv2d(node) {
    if (node.attrs.groups > 1) return "grouped";
    const [image, filter] = node.inputs.map(({ shape }) => shape) as [Shape, Shape];
    if (fitsWinograd3(node, filter, node.shape)) return winograd3(node.shape);
    return isWinograd(node, filter, [image, node.shape]) ? winograd(filter, node.shape, 1) : orientation(node.shape);
  },
  conv2dInputGrad(node) {
    if (node.attrs.groups > 1) return "grouped";
    if (node.shape[3]! <= NARROW && !isDilated(node.attrs)) return "narrowCol2Im";
    const [image, filter] = node.inputs.map(({ shape }) => shape) as [Shape, Shape];
    if (fitsWinograd3(node, filter, node.shape)) return winograd3(node.shape);
    return isWinograd(node, filter, [image, node.shape]) ? winograd(filter, node.shape, 2) : "phases";
  },
  conv2dFilterGrad(node) {
    if (node.attrs.groups > 1) return "grouped";
    if (fitsWinograd3(node, node.shape, node.inputs[1]!.shape)) return winograd3(node.inputs[1]!.shape);
    const images = node.inputs.map(({ shape }) => shape);
    return isWhole(node.shape) && isWinograd(node, node.shape, images) ? "winogradStored" : orientation(node.shape);
  },
};

/** A result of few columns and more rows is computed as its transpose, so that its many rows lie on the wide side of the tile. */
function orientation(shape: Shape): "direct" | "directTransposed" {
  const columns = shape.at(-1)!;
  const rows = shape.slice(0, -1).reduce((product, size) => product * size, 1);
  return columns <= NARROW && rows > columns ? "directTransposed" : "direct";
}

/**
 * Which of Winograd's algorithms computes images [., H, W, .], with how many phases along an axis: four outputs an axis by five products, whose components are stored, or two by three. Stored components
 * of a filter are many: they are worth it where an image alone has several tiles that need them, and where tiles of four do not stick out of the image so far that they multiply more.
 */
function winograd(filter: Shape, image: Shape, phases: number): "winogradPacked" | "winogradStored" {
  const sizes = image.slice(1, 3).map((size) => Math.ceil(size / phases));
  const product = (of: (size: number) => number): number => sizes.reduce((all, size) => all * of(size), 1);
  const tiles = product((size) => Math.ceil(size / 4));
  const fewer = product((size) => 5 * Math.ceil(size / 4)) <= product((size) => Math.ceil(size / 2) + size);
  return isWhole(filter) && tiles >= LEAST_TILES && fewer ? "winogradStored" : "winogradPacked";
}

/** Whether the kernels of stored components can do a filter's channels. */
const isWhole = ([, , inChannels, outChannels]: Shape): boolean => inChannels! % STORED_CHANNELS === 0 && outChannels! % STORED_CHANNELS === 0;

const isDilated = ({ dilations }: ConvAttrs): boolean => dilations[0] > 1 || dilations[1] > 1;

/** Whether Winograd's algorithm is worth it: a 4x4 filter of stride 2, wide enough, over images [., H, W, .] that are large enough. */
function isWinograd({ attrs }: { readonly attrs: ConvAttrs }, filter: Shape, images: readonly Shape[]): boolean {
  const [kh, kw, inChannels, outChannels] = filter as [number, number, number, number];
  const fits = kh === 4 && kw === 4 && attrs.strides[0] === 2 && attrs.strides[1] === 2 && !isDilated(attrs);
  return fits && Math.min(inChannels, outChannels) >= LEAST_CHANNELS && images.every(([, H, W]) => Math.min(H!, W!) >= LEAST_SIZE);
}

/** Which of Winograd's algorithms computes images [., H, W, .]: the one of larger tiles, unless they stick out of the image so far that they multiply as much. */
function winograd3([, H, W]: Shape): Winograd3 {
  const [large, small] = [WinogradKind.F43, WinogradKind.F23].map((kind) => productsOf(kind, H!, W!)) as [number, number];
  return tilesOf(WinogradKind.F43, H!, W!) >= LEAST_TILES_3 && large < small ? "winograd43" : "winograd23";
}

/** Whether a filter is 3x3, of stride 1, and wide enough, and the images [., H, W, .] that are computed or multiplied large enough. */
function fitsWinograd3({ attrs }: { readonly attrs: ConvAttrs }, filter: Shape, [, H, W]: Shape): boolean {
  const [kh, kw, ...channels] = filter as [number, number, number, number];
  const fits = kh === 3 && kw === 3 && attrs.strides[0] === 1 && attrs.strides[1] === 1 && !isDilated(attrs) && Math.min(H!, W!) >= LEAST_SIZE;
  return fits && channels.every((count) => count >= LEAST_CHANNELS_3 && count % STORED_CHANNELS === 0);
}
