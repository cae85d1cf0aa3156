/** The words of matrix products: the register tile, how operands and results lie in memory, and the instructions Gemm (gemm.ts) and Products (products.ts). */
import { MAX_THREADS } from "./opcodes.ts";

/** Columns of the register tile; where B is made as the tile reads it, its panels are so wide. */
export const NR = 8;
/** Rows of the register tile in the plain build and in the relaxed one. */
export const MR_PLAIN = 4;
export const MR_RELAXED = 6;
/** Rows that are a whole number of tiles in any build: blocks are cut, and fixed shares of threads begin, at multiples of it. */
export const ROW_GRAIN = 12;
/** Products of no more rows than this are computed row by row: a tile would spend most of its time on rows that are not there. */
export const THIN = 2;
/** No side of the tile is longer, so no packed panel wider. */
export const MAX_LANES = 8;

/** How an operand lies in memory, as lanes (rows of A, columns of B) by k. */
export const enum ViewKind {
  /** lane * LaneStride + k * DepthStride; one of the strides is 1. */
  Dense = 0,
  /** lane = pixel of a grid, k = (tap, channel): convolution patches. */
  PixelLanes = 1,
  /** lane = (tap, channel), k = pixel: the same patches, transposed. */
  TapLanes = 2,
  /** Packed already (panels.ts): panels of NR lanes, each K deep, one after the other. For B of Gemm; of its words there are Kind and Base alone. */
  Panels = 3,
}

/** A dense operand. */
export const enum DenseWord {
  Kind = 0,
  Base = 1,
  /** A run of zeros as long as the depth packed at a time, read in place of lanes past the last; of use where DepthStride is 1. */
  Zeros = 2,
  LaneStride = 3,
  DepthStride = 4,
  Length = 5,
}

/**
 * Patches of a batch of images [., H, W, C]: grid pixel (i, j), tap (a, b) reads image pixel (i SY + Y0 + a DY, j SX + X0 + b DX), zero outside.
 * With TermY or TermX not 0, the value is that pixel plus (minus, if Subtract, which PixelLanes can) the one TermY further down, likewise TermX to the right
 * of both: the transforms of Winograd's algorithm, taken while packing.
 */
export const enum PatchWord {
  Kind = 0,
  Base = 1,
  /** A run of zeros as long as a row of taps, read in place of pixels outside the image. */
  Zeros = 2,
  H = 3,
  W = 4,
  C = 5,
  GridH = 6,
  GridW = 7,
  SY = 8,
  SX = 9,
  Y0 = 10,
  X0 = 11,
  TapsX = 12,
  DY = 13,
  DX = 14,
  TermY = 15,
  TermX = 16,
  Subtract = 17,
  Length = 18,
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
  Length = 17,
}

export const enum ResultKind {
  /** Element (m, n) at row(m) + n. */
  Rows = 0,
  /** Element (m, n) at pixel(n) + m. */
  PixelColumns = 1,
}

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
  /** Working space of thread 0 (scratch.ts); thread i is `ScratchStride` bytes times i further. */
  Scratch = 7,
  ScratchStride = 8,
  /** Address of N values added to every row, or 0. */
  Bias = 9,
  /** An `Activation` applied to what is stored. */
  Activation = 10,
  /** Its parameter, as float bits. */
  Alpha = 11,
  A = 12,
  B = A + PatchWord.Length,
  C = B + PatchWord.Length,
  /** For each thread, how many parts of its share have been taken; 0 between runs. */
  Tickets = C + ResultWord.Length,
}

/** Words of Gemm's operands. */
export const GEMM_WORDS = GemmWord.Tickets + MAX_THREADS;

/** Operands of GemmBatch: `Count` Gemms that differ in where their operands and results begin. */
export const enum GemmBatchWord {
  Count = 0,
  /** Elements from the operands and result of one to those of the next. */
  NextA = 1,
  NextB = 2,
  NextC = 3,
  /** The first of them, whose tickets serve all. */
  Gemm = 4,
  Length = Gemm + GEMM_WORDS,
}

/** An operand B of TapProducts: the matrix in panels at Base, and those TermY, TermX and both elements further on, where they are not 0. */
export const enum PanelSumWord {
  Base = 0,
  TermY = 1,
  TermX = 2,
  Length = 3,
}

/** Operands of TapProducts: `Count` Gemms, C[M, N] (+)= A[M, K] B[K, N], whose words of B are `PanelSumWord`s. */
export const enum TapProductsWord {
  Count = 0,
  N = 1,
  K = 2,
  /** Depth of a sum that is added to C at once. */
  KC = 3,
  /** Working space of thread 0 (scratch.ts), and how far apart those of the threads are. */
  Scratch = 4,
  ScratchStride = 5,
  /** The words of the first of them, without its tickets; then those of the others. */
  Gemms = 6,
}

/** Operands of Pack: a dense operand B[K, N] to panels of NR columns, each K deep, one after the other. */
export const enum PackWord {
  N = 0,
  K = 1,
  Result = 2,
  /** Working space of thread 0 (scratch.ts), and how far apart those of the threads are. */
  Scratch = 3,
  ScratchStride = 4,
  /** A `DenseWord` block. */
  B = 5,
  Length = B + DenseWord.Length,
}

export const enum Activation {
  None = 0,
  LeakyRelu = 1,
  Tanh = 2,
  Sigmoid = 3,
}

/**
 * Operands of Products: C[M, N] (+)= A[M, K] B[K, N] for `Count` products. A is a dense operand; B lies as the register tile reads it: panels of NR columns, each K deep
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
  /** Elements from one product's operands and result to the next's. */
  NextA = 6,
  NextB = 7,
  NextC = 8,
  /** Working space of thread 0 (scratch.ts), and how far apart those of the threads are. */
  Scratch = 9,
  ScratchStride = 10,
  /** Whether to add to what is there. */
  Accumulate = 11,
  /** What threads share out: rows, the same ones of each product, or panels of columns of all products, one after the other. */
  ByColumns = 12,
  B = 13,
  C = 14,
  /** A `DenseWord` block. */
  A = 15,
  Length = A + DenseWord.Length,
}
