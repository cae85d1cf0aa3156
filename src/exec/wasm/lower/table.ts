/** The lowering table: every op that is not elementwise, composites too, as instructions. */
import { FILTER_GRAD } from "../convolution/filterGrad.ts";
import { lowerPad, lowerTranspose } from "./copies.ts";
import { lowerBatchNormGrad, lowerBatchNormSums, lowerMoments } from "./norm.ts";
import { lowerReduceMax } from "./reduce.ts";
import { RESAMPLING_GRADS } from "./resample.ts";
import { type Lowerings, SAMPLING } from "./sampling.ts";

export const LOWERINGS: Required<Lowerings> = {
  ...SAMPLING,
  conv2dFilterGrad: FILTER_GRAD,
  transpose: lowerTranspose,
  pad: lowerPad,
  reduceMax: lowerReduceMax,
  moments: lowerMoments,
  batchNormSums: lowerBatchNormSums,
  batchNormGrad: lowerBatchNormGrad,
  ...RESAMPLING_GRADS,
};
