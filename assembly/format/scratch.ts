/**
 * Working space: what the kernels keep in that of each thread, in bytes from its start. The compiler asks for as much as an instruction needs, so both
 * sides have to mean the same by it.
 */
import { DenseWord, GemmWord, MAX_LANES } from "./products.ts";
import { AXIS_COMPONENTS } from "./transform.ts";

/** A register tile that is stored in part. */
export const TILE_BYTES = MAX_LANES * MAX_LANES * 4;

/** One lane of a panel while it is packed: the addresses of its up to 4 terms, then where its first pixel lies. */
export const enum LaneByte {
  Terms = 0,
  /** Address of its image. */
  Image = 16,
  Y = 20,
  X = 24,
  Length = 32,
}

/** The lanes of a panel. */
export const LANE_TABLE_BYTES = MAX_LANES * LaneByte.Length;

/** Gemm: [tile] [table of lanes] [packed A: MC x KC] [packed B: KC x NC]. */
export const GEMM_LANES = TILE_BYTES;
export const GEMM_PANELS = GEMM_LANES + LANE_TABLE_BYTES;

/** GemmBatch: [words of the Gemm at hand, without its tickets] [what a Gemm has]. */
export const GEMM_BATCH_WORDS_BYTES = GemmWord.Tickets * 4;
export const GEMM_BATCH_GEMM = (GEMM_BATCH_WORDS_BYTES + 63) & ~63;

/** TapProducts: [tile] [table of lanes] [a panel of B: KC x NR] [packed A of all products]. */
export const TAP_PRODUCTS_LANES = TILE_BYTES;
export const TAP_PRODUCTS_PANEL = TAP_PRODUCTS_LANES + LANE_TABLE_BYTES;

/** Products: [tile] [table of lanes] [view of A, a cache line] [packed A: MC x KC]. */
export const PRODUCTS_LANES = TILE_BYTES;
export const PRODUCTS_VIEW = PRODUCTS_LANES + LANE_TABLE_BYTES;
export const PRODUCTS_VIEW_BYTES = DenseWord.Length * 4;
export const PRODUCTS_PANELS = PRODUCTS_VIEW + 64;

/** Transform: [addresses of a tile's pixels] [lines of vectors, as many as there are components, between the two axes]. */
export const TRANSFORM_LINES = 128;
export const TRANSFORM_LINE_BYTES = AXIS_COMPONENTS * 16;
export const TRANSFORM_BYTES = TRANSFORM_LINES + AXIS_COMPONENTS * TRANSFORM_LINE_BYTES;

/**
 * Winograd: [addresses of the pixels of four tiles] [components of a tile between the two axes] [those of four tiles] [panels of data: Block x Depth for each component, a gap after each]
 * [sums: Block x NR for each component, likewise; of every panel of columns, where there are several pieces of Depth]. WinogradFilter: what stands before the panels.
 */
export const WINOGRAD_BETWEEN = 4 * 36 * 4;
export const WINOGRAD_LANES = WINOGRAD_BETWEEN + 36 * 16;
export const WINOGRAD_PANELS = WINOGRAD_LANES + 4 * 36 * 16;
/** Bytes between the end of a component and the next one, so that those of a tile do not fall into the same set of a cache. */
export const WINOGRAD_GAP = 64;

/**
 * WinogradFilterGrad: [addresses of the pixels of a tile of dy] [components of a tile between the two axes, and after them] [panels of dy: Block x N for each component, a gap after each]
 * [panels of x: Block x Piece, likewise] [addresses of the pixels of x, of every tile of a block].
 */
export const WINOGRAD_GRAD_BETWEEN = 64;
export const WINOGRAD_GRAD_PANELS = WINOGRAD_GRAD_BETWEEN + 2 * 36 * 16;

/** GroupedFilterGrad, DepthwiseFilterGrad: for each line, where its run of pixels begins in x and in dy, and how long it is. */
export const enum GroupedRun {
  X = 0,
  Dy = 4,
  Pixels = 8,
  Length = 12,
}

/** BatchNorm: rows of C floats. */
export const enum BatchNormRow {
  /** gamma / √(variance + epsilon) */
  Scale = 0,
  Count = 1,
}

/** BatchNormGrad: rows of C floats; dx = Scale (dy - Mean - (x - mean) Slope). */
export const enum BatchNormGradRow {
  Scale = 0,
  Mean = 1,
  Slope = 2,
  Count = 3,
}
