/** The interpreter: walks a plan's instructions, each thread doing its share of every one. */
import { barrier } from "./barrier";
import { f32_col2im } from "./conv2d";
import { f32_gemm } from "./gemm";
import { f32_elementwise } from "./group";
import { f32_copy_nd, f32_one_hot } from "./layout";
import { f32_batchnorm, f32_batchnorm_grad, f32_colgradsum_partial, f32_colsqsum_partial, f32_colsum_combine, f32_colsum_partial } from "./norm";
import { BARRIER, Opcode } from "./opcodes";
import { f32_products } from "./products";
import { f32_rsum } from "./reduce";
import {
  f32_avgpool,
  f32_avgpool_grad,
  f32_resize_bilinear,
  f32_resize_bilinear_grad,
  f32_resize_nearest,
  f32_resize_nearest_grad,
} from "./resample";
import { share } from "./simd";
import { f32_winograd } from "./winograd";

/** Runs the plan of `length` bytes at `plan` as thread ith of nth. `sync` is where the threads meet (see barrier.ts). */
export function run(plan: usize, length: usize, ith: i32, nth: i32, sync: usize): void {
  const end = plan + length;
  while (plan < end) {
    const head = load<i32>(plan);
    const opcode = head & (BARRIER - 1);
    const p = plan + 8;
    if (opcode == Opcode.Elementwise) f32_elementwise(p, ith, nth);
    else if (opcode == Opcode.Gemm) f32_gemm(p, ith, nth);
    else if (opcode == Opcode.Products) f32_products(p, ith, nth);
    else if (opcode == Opcode.Winograd) f32_winograd(p, ith, nth);
    else runRanged(opcode, p, ith, nth);
    plan += <usize>load<i32>(plan, 4) << 2;
    if (nth > 1 && (head & BARRIER) != 0) barrier(sync, nth);
  }
}

/** Argument `index` of a ranged kernel. */
// @ts-ignore: decorator
@inline
function arg(p: usize, index: usize): usize {
  return <usize>load<u32>(p + ((index + 2) << 2));
}

// @ts-ignore: decorator
@inline
function int(p: usize, index: usize): i32 {
  return load<i32>(p + ((index + 2) << 2));
}

// @ts-ignore: decorator
@inline
function float(p: usize, index: usize): f32 {
  return load<f32>(p + ((index + 2) << 2));
}

/** The working space of thread ith: argument `index` is that of thread 0, the next one how far apart they are. */
// @ts-ignore: decorator
@inline
function own(p: usize, index: usize, ith: i32): usize {
  return arg(p, index) + <usize>ith * arg(p, index + 1);
}

function runRanged(opcode: i32, p: usize, ith: i32, nth: i32): void {
  const units = load<i32>(p);
  const grain = load<i32>(p, 4);
  const b = <usize>share(units, grain, ith, nth);
  const e = <usize>share(units, grain, ith + 1, nth);
  if (b >= e) return;
  switch (opcode) {
    case Opcode.ReduceSum: f32_rsum(b, e, arg(p, 0), arg(p, 1), arg(p, 2), arg(p, 3)); break;
    case Opcode.CopyNd: f32_copy_nd(b, e, p + 16, arg(p, 0), arg(p, 1)); break;
    case Opcode.OneHot: f32_one_hot(b, e, arg(p, 0), arg(p, 1), arg(p, 2)); break;
    case Opcode.ColumnSum: f32_colsum_partial(b, e, arg(p, 0), arg(p, 1), arg(p, 2), arg(p, 3), arg(p, 4)); break;
    case Opcode.ColumnSquareSum: f32_colsqsum_partial(b, e, arg(p, 0), arg(p, 1), arg(p, 2), arg(p, 3), arg(p, 4), arg(p, 5)); break;
    case Opcode.ColumnGradientSum:
      f32_colgradsum_partial(b, e, arg(p, 0), arg(p, 1), arg(p, 2), arg(p, 3), arg(p, 4), arg(p, 5), float(p, 6), arg(p, 7));
      break;
    case Opcode.ColumnCombine: f32_colsum_combine(b, e, arg(p, 0), arg(p, 1), arg(p, 2), arg(p, 3), arg(p, 4)); break;
    case Opcode.BatchNorm:
      f32_batchnorm(b, e, arg(p, 0), arg(p, 1), arg(p, 2), arg(p, 3), arg(p, 4), float(p, 5), own(p, 6, ith), arg(p, 8));
      break;
    case Opcode.BatchNormGrad:
      f32_batchnorm_grad(b, e, arg(p, 0), arg(p, 1), arg(p, 2), arg(p, 3), arg(p, 4), arg(p, 5), arg(p, 6), float(p, 7), own(p, 8, ith), arg(p, 10));
      break;
    case Opcode.ResizeNearest: f32_resize_nearest(b, e, arg(p, 0), arg(p, 1), arg(p, 2), arg(p, 3), arg(p, 4), arg(p, 5), arg(p, 6)); break;
    case Opcode.ResizeNearestGrad: f32_resize_nearest_grad(b, e, arg(p, 0), arg(p, 1), arg(p, 2), arg(p, 3), arg(p, 4), arg(p, 5), arg(p, 6)); break;
    case Opcode.ResizeBilinear: f32_resize_bilinear(b, e, arg(p, 0), arg(p, 1), arg(p, 2), arg(p, 3), arg(p, 4), arg(p, 5), arg(p, 6)); break;
    case Opcode.ResizeBilinearGrad: f32_resize_bilinear_grad(b, e, arg(p, 0), arg(p, 1), arg(p, 2), arg(p, 3), arg(p, 4), arg(p, 5), arg(p, 6)); break;
    case Opcode.AvgPool:
      f32_avgpool(b, e, arg(p, 0), arg(p, 1), arg(p, 2), arg(p, 3), arg(p, 4), arg(p, 5), arg(p, 6), arg(p, 7), arg(p, 8), arg(p, 9), arg(p, 10));
      break;
    case Opcode.AvgPoolGrad:
      f32_avgpool_grad(b, e, arg(p, 0), arg(p, 1), arg(p, 2), arg(p, 3), arg(p, 4), arg(p, 5), arg(p, 6), arg(p, 7), arg(p, 8), arg(p, 9), arg(p, 10));
      break;
    case Opcode.Col2Im:
      f32_col2im(b, e, int(p, 0), int(p, 1), int(p, 2), int(p, 3), int(p, 4), int(p, 5), int(p, 6), int(p, 7), int(p, 8), int(p, 9), int(p, 10), arg(p, 11), arg(p, 12));
      break;
    default: unreachable();
  }
}
