/** The ranged kernels that only training needs, each with its arguments by name (format/ranged.ts). */
import { arg, float, own } from "./arguments";
import { Opcode } from "./format/opcodes";
import { BatchNormGradWord, ColumnCombineWord, ColumnGradientSumWord, ColumnSquareSumWord, ColumnSumWord, GroupedGradWord, PoolWord, RangedWord, ReduceWord, ResizeWord } from "./format/ranged";
import { f32_conv_depthwise_filter_grad, f32_conv_grouped_filter_grad } from "./groupedGrad";
import { f32_batchnorm_grad, f32_colgradsum_partial, f32_colsqsum_partial, f32_colsum_combine, f32_colsum_partial } from "./norm";
import { f32_rmax } from "./reduce";
import { f32_avgpool_grad, f32_resize_bilinear_grad, f32_resize_nearest_grad } from "./resample";

/** Units [b, e) of one. */
export function runTraining(opcode: i32, p: usize, b: usize, e: usize, ith: i32): void {
  switch (opcode) {
    case Opcode.ReduceMax:
      f32_rmax(b, e, arg(p, ReduceWord.Reduce), arg(p, ReduceWord.Inner), arg(p, ReduceWord.X), arg(p, ReduceWord.Y));
      break;
    case Opcode.ColumnSum:
      f32_colsum_partial(
        b, e, arg(p, ColumnSumWord.R), arg(p, ColumnSumWord.C), arg(p, ColumnSumWord.ChunkRows), arg(p, ColumnSumWord.X),
        arg(p, ColumnSumWord.Partial),
      );
      break;
    case Opcode.ColumnSquareSum:
      f32_colsqsum_partial(
        b, e, arg(p, ColumnSquareSumWord.R), arg(p, ColumnSquareSumWord.C), arg(p, ColumnSquareSumWord.ChunkRows),
        arg(p, ColumnSquareSumWord.X), arg(p, ColumnSquareSumWord.Mean), arg(p, ColumnSquareSumWord.Partial),
      );
      break;
    case Opcode.ColumnGradientSum:
      f32_colgradsum_partial(
        b, e, arg(p, ColumnGradientSumWord.R), arg(p, ColumnGradientSumWord.C), arg(p, ColumnGradientSumWord.ChunkRows),
        arg(p, ColumnGradientSumWord.Dy), arg(p, ColumnGradientSumWord.X), arg(p, ColumnGradientSumWord.Moments),
        float(p, ColumnGradientSumWord.Epsilon), arg(p, ColumnGradientSumWord.Partial),
      );
      break;
    case Opcode.ColumnCombine:
      f32_colsum_combine(
        b, e, arg(p, ColumnCombineWord.C), arg(p, ColumnCombineWord.Chunks), arg(p, ColumnCombineWord.Count),
        arg(p, ColumnCombineWord.Partial), arg(p, ColumnCombineWord.Y),
      );
      break;
    case Opcode.BatchNormGrad:
      f32_batchnorm_grad(
        b, e, arg(p, BatchNormGradWord.C), arg(p, BatchNormGradWord.R), arg(p, BatchNormGradWord.Dy), arg(p, BatchNormGradWord.X),
        arg(p, BatchNormGradWord.Moments), arg(p, BatchNormGradWord.Gamma), arg(p, BatchNormGradWord.Sums),
        float(p, BatchNormGradWord.Epsilon), own(p, BatchNormGradWord.Scratch, ith), arg(p, BatchNormGradWord.Dx),
      );
      break;
    case Opcode.ResizeNearestGrad:
      f32_resize_nearest_grad(
        b, e, arg(p, ResizeWord.InH), arg(p, ResizeWord.InW), arg(p, ResizeWord.OutH), arg(p, ResizeWord.OutW), arg(p, ResizeWord.C),
        arg(p, ResizeWord.From), arg(p, ResizeWord.To),
      );
      break;
    case Opcode.ResizeBilinearGrad:
      f32_resize_bilinear_grad(
        b, e, arg(p, ResizeWord.InH), arg(p, ResizeWord.InW), arg(p, ResizeWord.OutH), arg(p, ResizeWord.OutW), arg(p, ResizeWord.C),
        arg(p, ResizeWord.From), arg(p, ResizeWord.To),
      );
      break;
    case Opcode.AvgPoolGrad:
      f32_avgpool_grad(
        b, e, arg(p, PoolWord.InH), arg(p, PoolWord.InW), arg(p, PoolWord.OutH), arg(p, PoolWord.OutW), arg(p, PoolWord.C),
        arg(p, PoolWord.WindowH), arg(p, PoolWord.WindowW), arg(p, PoolWord.StrideH), arg(p, PoolWord.StrideW), arg(p, PoolWord.From),
        arg(p, PoolWord.To),
      );
      break;
    case Opcode.GroupedFilterGrad:
      f32_conv_grouped_filter_grad(b, e, p + (RangedWord.Arguments << 2), own(p, GroupedGradWord.Scratch, ith));
      break;
    case Opcode.DepthwiseFilterGrad:
      f32_conv_depthwise_filter_grad(b, e, p + (RangedWord.Arguments << 2), own(p, GroupedGradWord.Scratch, ith));
      break;
    default:
      unreachable();
  }
}
