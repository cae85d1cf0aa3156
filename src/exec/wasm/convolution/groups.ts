/** Convolutions of groups as one convolution for each, of slices of the channels. */
import { concat, slice } from "../../../graph/build.ts";
import { type Graph, isOp, type Node, rewrite } from "../../../graph/graph.ts";

export function writeOutGroups(graph: Graph): Graph {
  return rewrite(graph, (node, inputs, target) => {
    if ((isOp(node, "conv2d") || isOp(node, "conv2dInputGrad") || isOp(node, "conv2dFilterGrad")) && node.attrs.groups > 1) {
      const { groups } = node.attrs;
      const own = (g: number): Node[] => inputs.map((x) => channelsOf(x, g, groups));
      const parts = Array.from({ length: groups }, (_, g) => target.apply(node.op, own(g), { ...node.attrs, groups: 1 }));
      return concat(parts as [Node, ...Node[]], 3);
    }
    return target.apply(node.op, inputs, node.attrs);
  });
}

/** The last axis' part of group `g`. */
function channelsOf(x: Node, g: number, groups: number): Node {
  const size = [...x.shape.slice(0, -1), x.shape.at(-1)! / groups];
  return slice(x, [0, 0, 0, g * size.at(-1)!], size);
}
