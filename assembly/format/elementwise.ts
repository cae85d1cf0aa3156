/** The words of Elementwise: a group of steps that run over blocks of elements (group.ts). */

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
 * One step. An even operand is the address of a tensor's first element; an odd one is 1 + the byte offset of a block in scratch.
 * Fill, FillPeriodic and FillRepeat spread memory at the first operand over a block; their parameter is an integer, that of the others a float.
 */
export const enum StepWord {
  Code = 0,
  Result = 1,
  /** As many as a code takes, then zeros. */
  Operands = 2,
  Parameter = 7,
  Length = 8,
}

/** What a step does. */
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
