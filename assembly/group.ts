/** A group of elementwise operations, run block by block so that what passes between them stays in the first-level cache. */
import * as K from "./elementwise";
import { ELEMENTWISE_BLOCK, ElementwiseCode, ElementwiseWord } from "./opcodes";
import { share } from "./simd";

const STEP_BYTES: usize = 32;

/** The whole of one Elementwise instruction, as thread ith of nth; elements are shared out in whole blocks. */
export function f32_elementwise(p: usize, ith: i32, nth: i32): void {
  const size = load<i32>(p, ElementwiseWord.Size << 2);
  const once = load<i32>(p, ElementwiseWord.Once << 2);
  const each = load<i32>(p, ElementwiseWord.Each << 2);
  const scratch = <usize>load<u32>(p, ElementwiseWord.Scratch << 2) + <usize>ith * <usize>load<u32>(p, ElementwiseWord.ScratchStride << 2);
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

/** The block an operand names: `offset` elements into a tensor, or in scratch. */
// @ts-ignore: decorator
@inline
function block(s: usize, index: usize, offset: i32, scratch: usize): usize {
  const w = <usize>load<u32>(s + (index << 2));
  return w & 1 ? scratch + (w - 1) : w + (<usize>offset << 2);
}

function step(s: usize, count: i32, offset: i32, scratch: usize): void {
  const n = <usize>count;
  const y = block(s, 1, offset, scratch);
  const a = block(s, 2, offset, scratch);
  const b = block(s, 3, offset, scratch);
  const f = load<f32>(s, 28);
  switch (load<i32>(s)) {
    case ElementwiseCode.Neg: K.f32_vneg(n, a, y); break;
    case ElementwiseCode.Abs: K.f32_vabs(n, a, y); break;
    case ElementwiseCode.Exp: K.f32_vexp(n, a, y); break;
    case ElementwiseCode.Log: K.f32_vlog(n, a, y); break;
    case ElementwiseCode.Sqrt: K.f32_vsqrt(n, a, y); break;
    case ElementwiseCode.Rsqrt: K.f32_vrsqrt(n, a, y); break;
    case ElementwiseCode.Tanh: K.f32_vtanh(n, a, y); break;
    case ElementwiseCode.Sigmoid: K.f32_vsigmoid(n, a, y); break;
    case ElementwiseCode.Softplus: K.f32_vsoftplus(n, a, y); break;
    case ElementwiseCode.LeakyRelu: K.f32_vlrelu(n, a, f, y); break;
    case ElementwiseCode.Add: K.f32_vadd(n, a, b, y); break;
    case ElementwiseCode.Sub: K.f32_vsub(n, a, b, y); break;
    case ElementwiseCode.Mul: K.f32_vmul(n, a, b, y); break;
    case ElementwiseCode.Div: K.f32_vdiv(n, a, b, y); break;
    case ElementwiseCode.Maximum: K.f32_vmax(n, a, b, y); break;
    case ElementwiseCode.Minimum: K.f32_vmin(n, a, b, y); break;
    case ElementwiseCode.Greater: K.f32_vgt(n, a, b, y); break;
    case ElementwiseCode.GreaterEqual: K.f32_vge(n, a, b, y); break;
    case ElementwiseCode.Equal: K.f32_veq(n, a, b, y); break;
    case ElementwiseCode.Select: K.f32_vselect(n, a, b, block(s, 4, offset, scratch), y); break;
    case ElementwiseCode.LeakyReluGrad: K.f32_vlrelu_grad(n, a, b, f, y); break;
    case ElementwiseCode.Lerp: K.f32_vlerp(n, a, b, block(s, 4, offset, scratch), y); break;
    case ElementwiseCode.AdamStep:
      K.f32_vadam(n, a, b, block(s, 4, offset, scratch), block(s, 5, offset, scratch), block(s, 6, offset, scratch), f, y);
      break;
    case ElementwiseCode.Copy: K.f32_vcopy(n, a, y); break;
    // Spreading: x0 is the whole operand and the parameter an integer, the period or the length of a repeat.
    case ElementwiseCode.Fill: K.f32_vfill(n, load<f32>(<usize>load<u32>(s, 8)), y); break;
    case ElementwiseCode.FillPeriodic: {
      const period = <usize>load<u32>(s, 28);
      K.f32_vfill_periodic(n, <usize>load<u32>(s, 8), period, <usize>offset % period, y);
      break;
    }
    case ElementwiseCode.FillRepeat: K.f32_vfill_repeat(n, <usize>load<u32>(s, 8), <usize>load<u32>(s, 28), <usize>offset, y); break;
    default: unreachable();
  }
}
