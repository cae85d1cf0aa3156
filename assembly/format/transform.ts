/** The words of Transform: tiles of images to their components and back (transform.ts). */

/** Components of a tile along one axis, and of a tile. */
export const AXIS_COMPONENTS = 5;
export const COMPONENTS = AXIS_COMPONENTS * AXIS_COMPONENTS;

/** What is done to a tile along each axis. */
export const enum TransformKind {
  /** Five pixels of data to five components. */
  Data5 = 0,
  /** Four taps to five components. */
  Taps4 = 1,
  /** Five components to two outputs. */
  Outputs2 = 2,
  /** Two taps to five components. */
  Taps2 = 3,
  /** Five components to four outputs. */
  Outputs4 = 4,
}

/**
 * Tiles of a batch of images [., H, W, C] and their components. Pixel (i, j) of tile (y, x) of phase (u, v) is the image's at
 * (OriginY + y StrideY + u PhaseY + i StepY, OriginX + x StrideX + v PhaseX + j StepX). Component (i, j) of channel c of tile t, counted through all images, is element
 * (5 i + j) ComponentStride + (u Phases + v) PhaseStride + t RowStride + (c / NR) PanelStride + c % NR.
 */
export const enum TransformWord {
  /** A `TransformKind`. */
  Kind = 0,
  Image = 1,
  H = 2,
  W = 3,
  /** Channels of the image, and how many of them, from `Image` on, are transformed: multiples of 4. */
  C = 4,
  Channels = 5,
  /** Tiles of an image and phase, and of all images of a phase. */
  GridH = 6,
  GridW = 7,
  Tiles = 8,
  /** Phases along each axis. */
  Phases = 9,
  OriginY = 10,
  OriginX = 11,
  StrideY = 12,
  StrideX = 13,
  PhaseY = 14,
  PhaseX = 15,
  StepY = 16,
  StepX = 17,
  Components = 18,
  ComponentStride = 19,
  PhaseStride = 20,
  RowStride = 21,
  PanelStride = 22,
  /** A run of zeros as long as a pixel, where pixels are read. */
  Outside = 23,
  /** What threads share out, of all phases one after the other: 0 tiles, 1 channels. */
  ByChannels = 24,
  /** Working space of thread 0 (scratch.ts), and how far apart those of the threads are. */
  Scratch = 25,
  ScratchStride = 26,
  Length = 27,
}
