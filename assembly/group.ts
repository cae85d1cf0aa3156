/** A group of elementwise operations, run block by block so that what passes between them stays in the first-level cache. */
import * as K from "./elementwise";
import { ELEMENTWISE_BLOCK, ElementwiseCode, ElementwiseWord, StepWord } from "./format/elementwise";
import { share } from "./simd";
import { word } from "./words";

const STEP_BYTES: usize = StepWord.Length << 2;

/**
 * The whole of one Elementwise instruction, as thread ith of nth; elements are shared out in whole blocks. Tensors are read and written in whole vectors, to the end
 * of their padding. A result may be exactly an operand of its own step or an earlier one.
 */
export function f32_elementwise(p: usize, ith: i32, nth: i32): void {
  const size = word(p, ElementwiseWord.Size);
  const once = word(p, ElementwiseWord.Once);
  const each = word(p, ElementwiseWord.Each);
  const scratch = <usize>word(p, ElementwiseWord.Scratch) + <usize>ith * <usize>word(p, ElementwiseWord.ScratchStride);
  const begin = share(size, ELEMENTWISE_BLOCK, ith, nth);
  const end = share(size, ELEMENTWISE_BLOCK, ith + 1, nth);
  if (begin >= end) return;
  const first = p + (ElementwiseWord.Steps << 2);
  const loop = first + <usize>once * STEP_BYTES;
  const stop = loop + <usize>each * STEP_BYTES;
  for (let s = first; s < loop; s += STEP_BYTES) step(s, ELEMENTWISE_BLOCK, 0, scratch);
  for (let i = begin; i < end; i += ELEMENTWISE_BLOCK) {
    const n = min(ELEMENTWISE_BLOCK, end - i);
    for (let s = loop; s < stop; s += STEP_BYTES) step(s, n, i, scratch);
  }
}

/** The block that word `index` of a step names: `offset` elements into a tensor, or in scratch. */
// @ts-ignore: decorator
@inline
function block(s: usize, index: i32, offset: i32, scratch: usize): usize {
  const w = <usize>word(s, index);
  return w & 1 ? scratch + (w - 1) : w + (<usize>offset << 2);
}

function step(s: usize, count: i32, offset: i32, scratch: usize): void {
  const n = <usize>count;
  const y = block(s, StepWord.Result, offset, scratch);
  const a = block(s, StepWord.Operands, offset, scratch);
  const b = block(s, StepWord.Operands + 1, offset, scratch);
  const f = load<f32>(s, StepWord.Parameter << 2);
  switch (word(s, StepWord.Code)) {
    case ElementwiseCode.Rsqrt: K.f32_vrsqrt(n, a, y); break;
    case ElementwiseCode.Tanh: K.f32_vtanh(n, a, y); break;
    case ElementwiseCode.Sigmoid: K.f32_vsigmoid(n, a, y); break;
    case ElementwiseCode.Softplus: K.f32_vsoftplus(n, a, y); break;
    case ElementwiseCode.LeakyRelu: K.f32_vlrelu(n, a, f, y); break;
    case ElementwiseCode.Add: K.f32_vadd(n, a, b, y); break;
    case ElementwiseCode.Sub: K.f32_vsub(n, a, b, y); break;
    case ElementwiseCode.Mul: K.f32_vmul(n, a, b, y); break;
    case ElementwiseCode.Copy: K.f32_vcopy(n, a, y); break;
    // Spreading: the first operand is a whole tensor and the parameter an integer, the period or the length of a repeat.
    case ElementwiseCode.Fill: K.f32_vfill(n, load<f32>(<usize>word(s, StepWord.Operands)), y); break;
    case ElementwiseCode.FillPeriodic: {
      const period = <usize>word(s, StepWord.Parameter);
      K.f32_vfill_periodic(n, <usize>word(s, StepWord.Operands), period, <usize>offset % period, y);
      break;
    }
    case ElementwiseCode.FillRepeat: {
      K.f32_vfill_repeat(n, <usize>word(s, StepWord.Operands), <usize>word(s, StepWord.Parameter), <usize>offset, y);
      break;
    }
    default:
      // As in run.ts.
      if (isDefined(SAMPLING_ONLY)) unreachable();
      else trainingStep(s, n, offset, scratch, a, b, y, f);
  }
}

/** Steps that networks at work are not made of. */
function trainingStep(s: usize, n: usize, offset: i32, scratch: usize, a: usize, b: usize, y: usize, f: f32): void {
  switch (word(s, StepWord.Code)) {
    case ElementwiseCode.Neg: K.f32_vneg(n, a, y); break;
    case ElementwiseCode.Abs: K.f32_vabs(n, a, y); break;
    case ElementwiseCode.Sqrt: K.f32_vsqrt(n, a, y); break;
    case ElementwiseCode.Exp: K.f32_vexp(n, a, y); break;
    case ElementwiseCode.Log: K.f32_vlog(n, a, y); break;
    case ElementwiseCode.Div: K.f32_vdiv(n, a, b, y); break;
    case ElementwiseCode.Maximum: K.f32_vmax(n, a, b, y); break;
    case ElementwiseCode.Minimum: K.f32_vmin(n, a, b, y); break;
    case ElementwiseCode.Greater: K.f32_vgt(n, a, b, y); break;
    case ElementwiseCode.GreaterEqual: K.f32_vge(n, a, b, y); break;
    case ElementwiseCode.Equal: K.f32_veq(n, a, b, y); break;
    case ElementwiseCode.Select: K.f32_vselect(n, a, b, block(s, StepWord.Operands + 2, offset, scratch), y); break;
    case ElementwiseCode.LeakyReluGrad: K.f32_vlrelu_grad(n, a, b, f, y); break;
    case ElementwiseCode.Lerp: K.f32_vlerp(n, a, b, block(s, StepWord.Operands + 2, offset, scratch), y); break;
    case ElementwiseCode.AdamStep:
      K.f32_vadam(n, a, b, block(s, StepWord.Operands + 2, offset, scratch), block(s, StepWord.Operands + 3, offset, scratch), block(s, StepWord.Operands + 4, offset, scratch), f, y);
      break;
    default: unreachable();
  }
}
