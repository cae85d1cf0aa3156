/**
 * The words of a plan: shared by the compiler in TypeScript (src/exec/wasm) and the interpreter in AssemblyScript (run.ts).
 * An instruction is [opcode with BARRIER or without, length in words, operands ...]; addresses are bytes, sizes and strides are elements.
 */

export const enum Opcode {
  // Instructions with operands of their own, below.
  Elementwise = 0,
  Gemm = 1,
  // Ranged kernels: [units, grain, the kernel's arguments in its own order ...]; threads share out the units in whole grains.
  ReduceSum = 2,
  CopyNd = 3,
  OneHot = 4,
  ColumnSum = 5,
  ColumnSquareSum = 6,
  ColumnGradientSum = 7,
  ColumnCombine = 8,
  BatchNorm = 9,
  BatchNormGrad = 10,
  ResizeNearest = 11,
  ResizeNearestGrad = 12,
  ResizeBilinear = 13,
  ResizeBilinearGrad = 14,
  AvgPool = 15,
  AvgPoolGrad = 16,
  Col2Im = 17,
  // Instructions whose operands are `ProductsWord`s and `WinogradWord`s.
  Products = 18,
  Winograd = 19,
}

/** The most threads a plan is made for: more wait for each other more than they compute. */
export const MAX_THREADS = 16;

/** Set in the opcode's word where threads must wait for each other after the instruction. */
export const BARRIER = 256;

/** Operands of Gemm: C[M, N] = A[M, K] B[K, N], with a view each for A, B and C. */
export const enum GemmWord {
  M = 0,
  N = 1,
  K = 2,
  /** Block sizes: rows of A, depth, columns of B held packed at a time. */
  MC = 3,
  KC = 4,
  NC = 5,
  /** What threads share out: 0 rows, 1 columns. */
  Split = 6,
  /** Packing space of thread 0; thread i is `ScratchStride` bytes times i further. */
  Scratch = 7,
  ScratchStride = 8,
  /** A run of zeros as long as the longest contiguous run of A or B. */
  Zeros = 9,
  /** Address of N values added to every row, or 0. */
  Bias = 10,
  /** An `Activation` applied to what is stored. */
  Activation = 11,
  /** Its parameter, as float bits. */
  Alpha = 12,
  A = 13,
  B = 30,
  C = 47,
  /** For each thread, how many parts of its share have been taken; 0 between runs. */
  Tickets = 64,
  Length = 80,
}

export const enum Activation {
  None = 0,
  LeakyRelu = 1,
  Tanh = 2,
  Sigmoid = 3,
}

/** How an operand of Gemm lies in memory, as lanes (rows of A, columns of B) by k. */
export const enum ViewKind {
  /** lane * LaneStride + k * DepthStride; one of the strides is 1. */
  Dense = 0,
  /** lane = pixel of a grid, k = (tap, channel): convolution patches. */
  PixelLanes = 1,
  /** lane = (tap, channel), k = pixel: the same patches, transposed. */
  TapLanes = 2,
}

/** A dense operand. */
export const enum DenseWord {
  Kind = 0,
  Base = 1,
  LaneStride = 2,
  DepthStride = 3,
}

/**
 * Patches of a batch of images [., H, W, C]: grid pixel (i, j), tap (a, b) reads image pixel (i SY + Y0 + a DY, j SX + X0 + b DX), zero outside.
 * With TermY or TermX not 0, the value is that pixel plus (minus, if Subtract, which PixelLanes can) the one TermY further down, likewise TermX to the right
 * of both: the transforms of Winograd's algorithm, taken while packing.
 */
export const enum PatchWord {
  Kind = 0,
  Base = 1,
  H = 2,
  W = 3,
  C = 4,
  GridH = 5,
  GridW = 6,
  SY = 7,
  SX = 8,
  Y0 = 9,
  X0 = 10,
  TapsX = 11,
  DY = 12,
  DX = 13,
  TermY = 14,
  TermX = 15,
  Subtract = 16,
}

/**
 * Where C goes. Rows (or columns, when `PixelColumns`) are dense, or pixels (i, j) of a grid spread over images. On a grid, a row is stored to
 * CountY x CountX places: TermRow apart from the FirstY-th on, TermColumn apart from the FirstX-th on. The second place down
 * (to the right) exists for i < LimitY (j < LimitX) only.
 */
export const enum ResultWord {
  Kind = 0,
  Base = 1,
  /** Distance between rows (columns when `PixelColumns`); used when GridW is 0. */
  Stride = 2,
  /** Whether to add to what is there. */
  Accumulate = 3,
  GridH = 4,
  GridW = 5,
  ImageStride = 6,
  RowStride = 7,
  ColumnStride = 8,
  FirstY = 9,
  CountY = 10,
  LimitY = 11,
  TermRow = 12,
  FirstX = 13,
  CountX = 14,
  LimitX = 15,
  TermColumn = 16,
}

export const enum ResultKind {
  /** Element (m, n) at row(m) + n. */
  Rows = 0,
  /** Element (m, n) at pixel(n) + m. */
  PixelColumns = 1,
}

/** Elements an elementwise group handles at a time: a few blocks of them fit the first-level cache. */
export const ELEMENTWISE_BLOCK = 1024;

/** Header of Elementwise. Steps follow, `Once` of them to run before the first block, then `Each` to run for every block. */
export const enum ElementwiseWord {
  Size = 0,
  Once = 1,
  Each = 2,
  Scratch = 3,
  ScratchStride = 4,
  Steps = 5,
}

/**
 * One step: [code, y, x0, x1, x2, x3, x4, parameter]. An even operand is the address of a tensor's first element; an odd one is 1 + the
 * byte offset of a block in scratch. Fill, FillPeriodic and FillRepeat spread memory at x0 over a block.
 */
export const enum ElementwiseCode {
  Neg = 0,
  Abs = 1,
  Exp = 2,
  Log = 3,
  Sqrt = 4,
  Rsqrt = 5,
  Tanh = 6,
  Sigmoid = 7,
  Softplus = 8,
  LeakyRelu = 9,
  Add = 10,
  Sub = 11,
  Mul = 12,
  Div = 13,
  Maximum = 14,
  Minimum = 15,
  Greater = 16,
  GreaterEqual = 17,
  Equal = 18,
  Select = 19,
  LeakyReluGrad = 20,
  Lerp = 21,
  AdamStep = 22,
  Copy = 23,
  Fill = 24,
  FillPeriodic = 25,
  FillRepeat = 26,
}

/**
 * Operands of Products: C[M, N] (+)= A[M, K] B[K, N] for `Count` products. A is a dense operand whose lanes lie side by side; B lies as the register tile reads it: panels of 8 columns, each K deep
 * and one after the other. Rows of C are N elements apart.
 */
export const enum ProductsWord {
  M = 0,
  N = 1,
  K = 2,
  /** Block sizes: rows of A and depth held packed at a time. */
  MC = 3,
  KC = 4,
  Count = 5,
  /** A `DenseWord` block. */
  A = 6,
  B = 10,
  C = 11,
  /** Elements from one product's operands and result to the next's. */
  NextA = 12,
  NextB = 13,
  NextC = 14,
  /** Packing space of thread 0, and how far apart those of the threads are. */
  Scratch = 15,
  ScratchStride = 16,
  /** Whether to add to what is there. */
  Accumulate = 17,
  Length = 18,
}

/** What Winograd does to a tile along each axis (winograd.ts). */
export const enum Transform {
  /** Five pixels of data to five components. */
  Data5 = 0,
  /** Four taps to five components. */
  Taps4 = 1,
  /** Five components to two outputs. */
  Outputs2 = 2,
}

/**
 * Tiles of a batch of images [., H, W, C] and their components. Pixel (i, j) of tile (y, x) of phase (u, v) is the image's at
 * (OriginY + y StrideY + u PhaseY + i StepY, OriginX + x StrideX + v PhaseX + j StepX). Component (i, j) of channel c of tile t, counted through all images, is element
 * (5 i + j) ComponentStride + (u Phases + v) PhaseStride + t RowStride + (c / 8) PanelStride + c % 8.
 */
export const enum WinogradWord {
  Transform = 0,
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
  /** Working space of thread 0, and how far apart those of the threads are. */
  Scratch = 25,
  ScratchStride = 26,
  Length = 27,
}

/** The fixed shares of threads in these instructions are multiples of so many rows: of the register tile's of any build. */
export const ROW_GRAIN = 12;
