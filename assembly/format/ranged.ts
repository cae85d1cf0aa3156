/**
 * The words of ranged kernels: how much there is to share out, then the arguments of each kernel. Addresses are named as the kernels name them.
 * These are plain enums, as the compiler puts arguments in place by their names.
 */

/** What the operands of every ranged kernel begin with. */
export const enum RangedWord {
  /** Threads share out so many units, in whole grains. */
  Units = 0,
  Grain = 1,
  Arguments = 2,
}

/** Of sums and maxima. */
export enum ReduceWord {
  Reduce,
  Inner,
  X,
  Y,
}

export enum SoftmaxWord {
  N,
  X,
  Y,
}

/** The descriptor goes on to the end of the instruction (see `f32_copy_nd`). */
export enum CopyNdWord {
  X,
  Y,
  Descriptor,
}

export enum OneHotWord {
  Depth,
  X,
  Y,
}

export enum ColumnSumWord {
  R,
  C,
  ChunkRows,
  X,
  Partial,
}

export enum ColumnSquareSumWord {
  R,
  C,
  ChunkRows,
  X,
  Mean,
  Partial,
}

export enum ColumnGradientSumWord {
  R,
  C,
  ChunkRows,
  Dy,
  X,
  Moments,
  Epsilon,
  Partial,
}

export enum ColumnCombineWord {
  C,
  Chunks,
  Count,
  Partial,
  Y,
}

export enum BatchNormWord {
  C,
  X,
  Moments,
  Gamma,
  Beta,
  Epsilon,
  Scratch,
  ScratchStride,
  Y,
}

export enum BatchNormGradWord {
  C,
  R,
  Dy,
  X,
  Moments,
  Gamma,
  Sums,
  Epsilon,
  Scratch,
  ScratchStride,
  Dx,
}

/** Of all four: In and Out are the sizes of the forward op, in adjoints too. */
export enum ResizeWord {
  InH,
  InW,
  OutH,
  OutW,
  C,
  From,
  To,
}

/** Of both, likewise. */
export enum PoolWord {
  InH,
  InW,
  OutH,
  OutW,
  C,
  WindowH,
  WindowW,
  StrideH,
  StrideW,
  From,
  To,
}

export enum Col2ImWord {
  H,
  W,
  C,
  GridH,
  GridW,
  TapsH,
  TapsW,
  StrideH,
  StrideW,
  Top,
  Left,
  P,
  Y,
}

/** Pixels of a tile of grouped and depthwise convolutions: of more, engines cannot keep the addresses in registers. */
export const GROUPED_PIXELS = 4;
/** Channels of a depthwise convolution that are one unit of its filter's gradient. */
export const DEPTHWISE_CHANNELS = 16;

/** Of grouped convolutions and, with one channel a group, of depthwise ones: x [N, H, W_, C] at X, its zeros a pixel long. Tap (a, b) reads `Step`s further, from `Top`, `Left` on. */
export enum GroupedWord {
  H,
  W_,
  C,
  GridH,
  GridW,
  StrideH,
  StrideW,
  Top,
  Left,
  TapsH,
  TapsW,
  StepH,
  StepW,
  /** Groups, and the channels that each reads and writes. */
  Groups,
  Inner,
  Outer,
  /** Elements of the filter from a group to the next one, and from a tap to the one below and beside it; rows of `Outer` follow one another. */
  GroupStride,
  TapRow,
  TapColumn,
  /** Elements of the result from a pixel of the grid to the next. */
  ImageStride,
  RowStride,
  ColumnStride,
  /** Pixels whose addresses are held at a time, in whole tiles. */
  Block,
  Zeros,
  Scratch,
  ScratchStride,
  X,
  W,
  Y,
}

/** Of the gradients of both in their filters. */
export enum GroupedGradWord {
  Images,
  H,
  W_,
  C,
  GridH,
  GridW,
  StrideH,
  StrideW,
  Top,
  Left,
  TapsH,
  TapsW,
  StepH,
  StepW,
  Groups,
  Inner,
  Outer,
  /** Lines of the grid that are summed at a time. */
  Lines,
  Scratch,
  ScratchStride,
  X,
  Dy,
  Dw,
}
