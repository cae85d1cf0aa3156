import { type Graph, isOp, type Node } from "./graph.ts";

/**
 * A graph as text, one line a node in running order, then what it fetches and assigns:
 * `%12 = conv2d(%3, %5) {strides: [2, 2], pads: [1, 1, 1, 1], dilations: [1, 1], groups: 1} : [64, 14, 14, 64]`.
 */
export function printGraph(graph: Graph): string {
  return [
    ...graph.nodes.map(printNode),
    ...Array.from(graph.fetches, ([name, node]) => `fetch ${name} = %${node.id}`),
    ...Array.from(graph.assigns, ([variable, node]) => `assign ${variable.attrs.name} = %${node.id}`),
  ].join("\n");
}

function printNode(node: Node): string {
  return `%${node.id} = ${printValue(node)} : ${printAttr(node.shape)}`;
}

function printValue(node: Node): string {
  if (isOp(node, "input") || isOp(node, "variable")) return `${node.op} ${node.attrs.name}`;
  if (isOp(node, "constant")) return `constant ${printConstant(node.attrs.values)}`;
  const attrs = Object.entries(node.attrs).map(([key, value]) => `${key}: ${printAttr(value)}`);
  return `${node.op}(${node.inputs.map((x) => `%${x.id}`).join(", ")})${attrs.length > 0 ? ` {${attrs.join(", ")}}` : ""}`;
}

function printAttr(value: unknown): string {
  return Array.isArray(value) ? `[${value.join(", ")}]` : String(value);
}

function printConstant(values: Float32Array): string {
  const head = Array.from(values.subarray(0, 4), shortest).join(", ");
  return values.length > 4 ? `[${head}, ... ${values.length} in all]` : values.length === 1 ? head : `[${head}]`;
}

/** The fewest digits that tell a float32 from its neighbours. */
function shortest(value: number): string {
  if (Object.is(value, -0)) return "-0";
  for (let digits = 1; digits < 9; digits++) {
    const rounded = Number(value.toPrecision(digits));
    if (Object.is(Math.fround(rounded), value)) return String(rounded);
  }
  return String(Number(value.toPrecision(9)));
}
