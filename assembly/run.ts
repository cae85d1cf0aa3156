/** The interpreter: walks a plan's instructions, each thread doing its share of every one. */
import { arg, float, int, own } from "./arguments";
import { barrier } from "./barrier";
import { f32_gemm_batch } from "./batch";
import { f32_col2im } from "./col2im";
import { f32_copy_nd, f32_one_hot } from "./copy";
import { BARRIER, HeadWord, Opcode } from "./format/opcodes";
import { BatchNormWord, Col2ImWord, CopyNdWord, GroupedWord, OneHotWord, PoolWord, RangedWord, ReduceWord, ResizeWord, SoftmaxWord } from "./format/ranged";
import { f32_gemm } from "./gemm";
import { f32_elementwise } from "./group";
import { f32_conv_depthwise, f32_conv_grouped } from "./grouped";
import { f32_batchnorm } from "./norm";
import { f32_pack } from "./panels";
import { f32_products } from "./products";
import { f32_rsum } from "./reduce";
import { f32_avgpool, f32_resize_bilinear, f32_resize_nearest } from "./resample";
import { share } from "./simd";
import { f32_softmax } from "./softmax";
import { f32_tap_products } from "./taps";
import { runTraining } from "./training";
import { f32_transform } from "./transform";
import { f32_winograd, f32_winograd_filter } from "./winograd";
import { f32_winograd_filter_grad } from "./winogradGrad";
import { word } from "./words";

/** Runs the plan of `length` bytes at `plan` as thread ith of nth. `sync` is where the threads meet (see barrier.ts). */
export function run(plan: usize, length: usize, ith: i32, nth: i32, sync: usize): void {
  const end = plan + length;
  while (plan < end) {
    const head = word(plan, HeadWord.Opcode);
    const opcode = head & (BARRIER - 1);
    const p = plan + (HeadWord.Operands << 2);
    if (opcode == Opcode.Elementwise) f32_elementwise(p, ith, nth);
    else if (opcode == Opcode.Gemm) f32_gemm(p, ith, nth);
    else if (opcode == Opcode.GemmBatch) f32_gemm_batch(p, ith, nth);
    else if (opcode == Opcode.Pack) f32_pack(p, ith, nth);
    else if (opcode == Opcode.Products) f32_products(p, ith, nth);
    else if (opcode == Opcode.TapProducts) f32_tap_products(p, ith, nth);
    else if (opcode == Opcode.Transform) f32_transform(p, ith, nth);
    else if (opcode == Opcode.Winograd) f32_winograd(p, ith, nth);
    else if (opcode == Opcode.WinogradFilter) f32_winograd_filter(p, ith, nth);
    else if (!isDefined(SAMPLING_ONLY) && opcode == Opcode.WinogradFilterGrad) f32_winograd_filter_grad(p, ith, nth);
    else runRanged(opcode, p, ith, nth);
    plan += <usize>word(plan, HeadWord.Length) << 2;
    if (nth > 1 && (head & BARRIER) != 0) barrier(sync, nth);
  }
}

/** Each kernel with its arguments by name (format/ranged.ts), units [b, e). */
function runRanged(opcode: i32, p: usize, ith: i32, nth: i32): void {
  const units = word(p, RangedWord.Units);
  const grain = word(p, RangedWord.Grain);
  const b = <usize>share(units, grain, ith, nth);
  const e = <usize>share(units, grain, ith + 1, nth);
  if (b >= e) return;
  switch (opcode) {
    case Opcode.ReduceSum:
      f32_rsum(b, e, arg(p, ReduceWord.Reduce), arg(p, ReduceWord.Inner), arg(p, ReduceWord.X), arg(p, ReduceWord.Y));
      break;
    case Opcode.Softmax:
      f32_softmax(b, e, arg(p, SoftmaxWord.N), arg(p, SoftmaxWord.X), arg(p, SoftmaxWord.Y));
      break;
    case Opcode.CopyNd:
      f32_copy_nd(b, e, p + ((RangedWord.Arguments + CopyNdWord.Descriptor) << 2), arg(p, CopyNdWord.X), arg(p, CopyNdWord.Y));
      break;
    case Opcode.OneHot:
      f32_one_hot(b, e, arg(p, OneHotWord.Depth), arg(p, OneHotWord.X), arg(p, OneHotWord.Y));
      break;
    case Opcode.BatchNorm:
      f32_batchnorm(
        b, e, arg(p, BatchNormWord.C), arg(p, BatchNormWord.X), arg(p, BatchNormWord.Moments), arg(p, BatchNormWord.Gamma),
        arg(p, BatchNormWord.Beta), float(p, BatchNormWord.Epsilon), own(p, BatchNormWord.Scratch, ith), arg(p, BatchNormWord.Y),
      );
      break;
    case Opcode.ResizeNearest:
      f32_resize_nearest(
        b, e, arg(p, ResizeWord.InH), arg(p, ResizeWord.InW), arg(p, ResizeWord.OutH), arg(p, ResizeWord.OutW), arg(p, ResizeWord.C),
        arg(p, ResizeWord.From), arg(p, ResizeWord.To),
      );
      break;
    case Opcode.ResizeBilinear:
      f32_resize_bilinear(
        b, e, arg(p, ResizeWord.InH), arg(p, ResizeWord.InW), arg(p, ResizeWord.OutH), arg(p, ResizeWord.OutW), arg(p, ResizeWord.C),
        arg(p, ResizeWord.From), arg(p, ResizeWord.To),
      );
      break;
    case Opcode.AvgPool:
      f32_avgpool(
        b, e, arg(p, PoolWord.InH), arg(p, PoolWord.InW), arg(p, PoolWord.OutH), arg(p, PoolWord.OutW), arg(p, PoolWord.C),
        arg(p, PoolWord.WindowH), arg(p, PoolWord.WindowW), arg(p, PoolWord.StrideH), arg(p, PoolWord.StrideW), arg(p, PoolWord.From),
        arg(p, PoolWord.To),
      );
      break;
    case Opcode.Col2Im:
      f32_col2im(
        b, e, int(p, Col2ImWord.H), int(p, Col2ImWord.W), int(p, Col2ImWord.C), int(p, Col2ImWord.GridH), int(p, Col2ImWord.GridW),
        int(p, Col2ImWord.TapsH), int(p, Col2ImWord.TapsW), int(p, Col2ImWord.StrideH), int(p, Col2ImWord.StrideW), int(p, Col2ImWord.Top),
        int(p, Col2ImWord.Left), arg(p, Col2ImWord.P), arg(p, Col2ImWord.Y),
      );
      break;
    case Opcode.Grouped:
      f32_conv_grouped(b, e, p + (RangedWord.Arguments << 2), own(p, GroupedWord.Scratch, ith));
      break;
    case Opcode.Depthwise:
      f32_conv_depthwise(b, e, p + (RangedWord.Arguments << 2), own(p, GroupedWord.Scratch, ith));
      break;
    default:
      // Constants of the build: one of the two is all that is compiled.
      if (isDefined(SAMPLING_ONLY)) unreachable();
      else runTraining(opcode, p, b, e, ith);
  }
}
