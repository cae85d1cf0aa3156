/**
 * The words of a plan: shared by the compiler in TypeScript (src/exec/wasm) and the interpreter in AssemblyScript (run.ts).
 * An instruction is [opcode with BARRIER or without, length in words, operands ...]; addresses are bytes, sizes and strides are elements.
 */

/** The number of this format, which kernels of the same one export: to be raised when a word of a plan comes to mean something else. */
export const FORMAT = 4;

export const enum Opcode {
  // Instructions whose operands are `ElementwiseWord`s and `GemmWord`s.
  Elementwise = 0,
  Gemm = 1,
  // Ranged kernels: `RangedWord`s; threads share out the units in whole grains.
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
  // Instructions whose operands are `ProductsWord`s, `TransformWord`s and `PackWord`s.
  Products = 18,
  Transform = 19,
  Pack = 20,
  // A series of Gemms: `GemmBatchWord`s.
  GemmBatch = 21,
  // Ranged kernels again.
  Grouped = 22,
  Depthwise = 23,
  GroupedFilterGrad = 24,
  DepthwiseFilterGrad = 25,
  ReduceMax = 26,
  Softmax = 27,
  // Instructions whose operands are `WinogradWord`s, `WinogradFilterWord`s and `WinogradGradWord`s.
  Winograd = 28,
  WinogradFilter = 29,
  WinogradFilterGrad = 30,
  // Gemms whose operands B are sums of panels: `TapProductsWord`s.
  TapProducts = 31,
}

/** What every instruction begins with. */
export const enum HeadWord {
  /** An opcode, with `BARRIER` or without. */
  Opcode = 0,
  /** Words of the instruction, these included. */
  Length = 1,
  Operands = 2,
}

/** Set in the opcode's word where threads must wait for each other after the instruction. */
export const BARRIER = 256;

/** The most threads a plan is made for: more wait for each other more than they compute. */
export const MAX_THREADS = 16;
