/** Matrix products and the three faces of convolution, each by the algorithm chosen for the node. */
import type { Lowering } from "../instructions/instruction.ts";
import { type Algorithms, choose, type ProductOp } from "./choose.ts";
import { direct, directTransposed } from "./direct.ts";
import { narrowInputGrad } from "./narrow.ts";
import { packedConv2d, packedInputGrad } from "./packed.ts";
import { phasedInputGrad } from "./phases.ts";
import { storedFilterGrad } from "./stored.ts";

const ALGORITHMS: { readonly [O in ProductOp]: { readonly [A in Algorithms[O]]: Lowering<O> } } = {
  matmul: { direct: direct.matmul, directTransposed: directTransposed.matmul },
  conv2d: { direct: direct.conv2d, directTransposed: directTransposed.conv2d, winogradPacked: packedConv2d },
  conv2dInputGrad: { phases: phasedInputGrad, narrowCol2Im: narrowInputGrad, winogradPacked: packedInputGrad },
  conv2dFilterGrad: { direct: direct.conv2dFilterGrad, directTransposed: directTransposed.conv2dFilterGrad, winogradStored: storedFilterGrad },
};

function lowerBy<O extends ProductOp>(algorithms: { readonly [A in Algorithms[O]]: Lowering<O> }): Lowering<O> {
  return (node, ...rest) => algorithms[choose(node)](node, ...rest);
}

export const PRODUCTS: { readonly [O in ProductOp]: Lowering<O> } = {
  matmul: lowerBy<"matmul">(ALGORITHMS.matmul),
  conv2d: lowerBy<"conv2d">(ALGORITHMS.conv2d),
  conv2dInputGrad: lowerBy<"conv2dInputGrad">(ALGORITHMS.conv2dInputGrad),
  conv2dFilterGrad: lowerBy<"conv2dFilterGrad">(ALGORITHMS.conv2dFilterGrad),
};
