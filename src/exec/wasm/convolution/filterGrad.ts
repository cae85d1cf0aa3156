/** The face of convolution that only training needs, by the algorithm chosen for the node. */
import type { Lowering } from "../instructions/instruction.ts";
import { direct, directTransposed } from "./direct.ts";
import { groupedFilterGrad } from "./groupedFilterGrad.ts";
import { storedFilterGrad } from "./stored.ts";
import { lowerBy } from "./table.ts";
import { winograd3FilterGrad } from "./winograd3FilterGrad.ts";

export const FILTER_GRAD: Lowering<"conv2dFilterGrad"> = /* @__PURE__ */ lowerBy<"conv2dFilterGrad">({
  direct: direct.conv2dFilterGrad,
  directTransposed: directTransposed.conv2dFilterGrad,
  winogradStored: storedFilterGrad,
  winograd43: winograd3FilterGrad,
  winograd23: winograd3FilterGrad,
  grouped: groupedFilterGrad,
});
