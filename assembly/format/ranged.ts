/**
 * The words of ranged kernels: how much there is to share out, then the arguments of each kernel. Addresses are named as the kernels name them.
 */

/** What the operands of every ranged kernel begin with. */
export const enum RangedWord {
  /** Threads share out so many units, in whole grains. */
  Units = 0,
  Grain = 1,
  Arguments = 2,
}

/** Of sums and maxima. */
export const enum ReduceWord {
  Reduce,
  Inner,
  X,
  Y,
}

export const enum SoftmaxWord {
  N,
  X,
  Y,
}

/** The descriptor goes on to the end of the instruction (see `f32_copy_nd`). */
export const enum CopyNdWord {
  X,
  Y,
  Descriptor,
}

export const enum OneHotWord {
  Depth,
  X,
  Y,
}

export const enum ColumnSumWord {
  R,
  C,
  ChunkRows,
  X,
  Partial,
}

export const enum ColumnSquareSumWord {
  R,
  C,
  ChunkRows,
  X,
  Mean,
  Partial,
}

export const enum ColumnGradientSumWord {
  R,
  C,
  ChunkRows,
  Dy,
  X,
  Moments,
  Epsilon,
  Partial,
}

export const enum ColumnCombineWord {
  C,
  Chunks,
  Count,
  Partial,
  Y,
}

export const enum BatchNormWord {
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

export const enum BatchNormGradWord {
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
export const enum ResizeWord {
  InH,
  InW,
  OutH,
  OutW,
  C,
  From,
  To,
}

/** Of both, likewise. */
export const enum PoolWord {
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

export const enum Col2ImWord {
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
export const enum GroupedWord {
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
export const enum GroupedGradWord {
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
