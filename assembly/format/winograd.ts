/** The words of Winograd and WinogradFilter: convolutions of stride 1 by components that exist for a block of tiles at a time (winograd.ts). */

/** F(outputs, taps), along each axis. */
export const enum WinogradKind {
  /** Six components. */
  F43 = 0,
  /** Four components. */
  F23 = 1,
}

/**
 * Operands of Winograd: y = convolution of images x [., H, W, C] by a filter that is split already, then bias and activation. Tile (i, j) of an image reads the square of pixels
 * from (OriginY + i m, OriginX + j m) on, m being its outputs, and makes the outputs from (i m, j m) on, of which there are [., OutH, OutW, N].
 */
export const enum WinogradWord {
  /** A `WinogradKind`. */
  Kind = 0,
  Image = 1,
  H = 2,
  W = 3,
  /** Channels, multiples of 4. */
  C = 4,
  N = 5,
  /** Tiles of an image, and of all images. */
  GridH = 6,
  GridW = 7,
  Tiles = 8,
  OriginY = 9,
  OriginX = 10,
  /** A run of zeros as long as a pixel. */
  Outside = 11,
  /** What WinogradFilter makes. */
  Filter = 12,
  Result = 13,
  OutH = 14,
  OutW = 15,
  /** Address of N values added to every pixel, or 0; an `Activation` applied to what is stored, and its parameter as float bits. */
  Bias = 16,
  Activation = 17,
  Alpha = 18,
  /** Tiles (multiples of ROW_GRAIN) and channels of x (multiples of 4) whose components exist at a time. */
  Block = 19,
  Depth = 20,
  /** What threads share out: 0 tiles, 1 channels of y. */
  ByColumns = 21,
  /** Working space of thread 0 (scratch.ts), and how far apart those of the threads are. */
  Scratch = 22,
  ScratchStride = 23,
  /** x is read as if each pixel were a square of 2 ** Shift pixels along each axis: 0 or 1. */
  Shift = 24,
  /** 0, or 1 where y is stored as the sums of squares of 2 x 2 pixels, each times a factor (as float bits); OutH and OutW are even then. */
  Pooled = 25,
  Factor = 26,
  Length = 27,
}

/**
 * Operands of WinogradFilterGrad: dw [3, 3, C, N], the gradient of the filter of a convolution of stride 1 of images x [., H, W, C] to [., OutH, OutW, N], whose gradient is dy. Tile (i, j) is
 * m x m pixels of dy from (m i, m j) on, and reads x from (m i + OriginY, m j + OriginX) on.
 */
export const enum WinogradGradWord {
  /** A `WinogradKind`, whose outputs are taps here. */
  Kind = 0,
  X = 1,
  H = 2,
  W = 3,
  /** Channels of both, multiples of 4. */
  C = 4,
  N = 5,
  Dy = 6,
  OutH = 7,
  OutW = 8,
  /** Tiles of an image, and of all images. */
  GridH = 9,
  GridW = 10,
  Tiles = 11,
  OriginY = 12,
  OriginX = 13,
  /** A run of zeros as long as a pixel of either, and four more. */
  Outside = 14,
  Dw = 15,
  /** Sums of the components of `Rows` channels of x, and how far on those of the next component are, in elements: [component, N / NR, Rows, NR]. */
  Sums = 16,
  SumsStride = 17,
  /** Tiles whose components exist at a time; channels of x, a multiple of ROW_GRAIN, likewise; channels of x, likewise, that are summed at a time. */
  Block = 18,
  Piece = 19,
  Rows = 20,
  /** Working space of thread 0 (scratch.ts), and how far apart those of the threads are. */
  Scratch = 21,
  ScratchStride = 22,
  /** x is read as if each pixel were a square of 2 ** Shift pixels along each axis: 0 or 1. */
  Shift = 23,
  Length = 24,
}

/** Operands of WinogradFilter: the components of a filter [3, 3, C, N], or of the flipped and transposed one, as panels of NR results. */
export const enum WinogradFilterWord {
  /** A `WinogradKind`. */
  Kind = 0,
  Filter = 1,
  /** Channels that the convolution reads, and results that it has. */
  K = 2,
  N = 3,
  /** 0: the filter is [3, 3, K, N]. 1: it is [3, 3, N, K], and its taps are taken from the last to the first. */
  Flipped = 4,
  Result = 5,
  Scratch = 6,
  ScratchStride = 7,
  Length = 8,
}
