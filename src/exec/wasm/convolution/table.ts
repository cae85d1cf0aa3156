/** Matrix products and the two faces of convolution that networks at work are made of, each by the algorithm chosen for the node. */
import type { Lowering } from "../instructions/instruction.ts";
import { type Algorithms, choose, type ProductOp } from "./choose.ts";
import { direct, directTransposed } from "./direct.ts";
import { groupedConv2d, groupedInputGrad } from "./grouped.ts";
import { narrowInputGrad } from "./narrow.ts";
import { packedConv2d, packedInputGrad } from "./packed.ts";
import { phasedInputGrad } from "./phases.ts";
import { storedConv2d, storedInputGrad } from "./storedOutputs.ts";
import { winograd3Conv2d, winograd3InputGrad } from "./winograd3.ts";

/** A lowering by the algorithm that is chosen for the node. */
export function lowerBy<O extends ProductOp>(algorithms: { readonly [A in Algorithms[O]]: Lowering<O> }): Lowering<O> {
  return (node, ...rest) => algorithms[choose(node)](node, ...rest);
}

export const PRODUCTS: { readonly [O in Exclude<ProductOp, "conv2dFilterGrad">]: Lowering<O> } = {
  matmul: /* @__PURE__ */ lowerBy<"matmul">({ direct: direct.matmul, directTransposed: directTransposed.matmul }),
  conv2d: /* @__PURE__ */ lowerBy<"conv2d">({
    direct: direct.conv2d,
    directTransposed: directTransposed.conv2d,
    winogradPacked: packedConv2d,
    winogradStored: storedConv2d,
    winograd43: winograd3Conv2d,
    winograd23: winograd3Conv2d,
    grouped: groupedConv2d,
  }),
  conv2dInputGrad: /* @__PURE__ */ lowerBy<"conv2dInputGrad">({
    phases: phasedInputGrad,
    narrowCol2Im: narrowInputGrad,
    winogradPacked: packedInputGrad,
    winogradStored: storedInputGrad,
    winograd43: winograd3InputGrad,
    winograd23: winograd3InputGrad,
    grouped: groupedInputGrad,
  }),
};
