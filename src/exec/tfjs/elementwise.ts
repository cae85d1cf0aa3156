/** One shader for a chain of elementwise nodes. */
import type { Shape } from "../../core/shape.ts";
import { sizeOf } from "../../core/shape.ts";
import { isOp, type Node } from "../../graph/graph.ts";
import { storageOf } from "../schedule/steps.ts";
import { runsOf } from "./access.ts";
import { type ElementwiseOp, EXPRESSIONS, type Expression, FUNCTIONS } from "./expressions.ts";
import type { Operands } from "./groups.ts";
import type { Binding, Dispatch, VirtualBuffer } from "./recording.ts";

const WORKGROUP = 256;
const MAX_WORKGROUPS = 65535;

/**
 * The dispatch that computes `nodes`, all of the same size. A write that lies in the buffer of a read takes its place
 * element by element, which is right for reads at the same index alone.
 */
export function elementwise(nodes: readonly Node[], { reads, writes }: Operands, bufferOf: (node: Node) => VirtualBuffer): Dispatch {
  const size = sizeOf(nodes[0]!.shape);
  const uniforms = new Uniforms(size);
  const bindings = new Map<VirtualBuffer, Binding["kind"]>();
  for (const node of reads) if (!isScalarConstant(node)) bindings.set(bufferOf(node), "read");
  for (const node of writes) bindings.set(bufferOf(node), "write");
  const names = new Map([...bindings.keys()].map((buffer, i) => [buffer, `b${i}`]));

  const values = new Map<Node, string>();
  const loads = new Map<string, string>(); // an element or a number is loaded once
  const body: string[] = [];
  const load = (key: string, expression: () => string): string => {
    let name = loads.get(key);
    if (!name) {
      name = `x${loads.size}`;
      loads.set(key, name);
      body.push(`let ${name} = ${expression()};`);
    }
    return name;
  };
  const loadNumber = (value: number) => load(`number ${Object.is(value, -0) ? "-0" : value}`, () => uniforms.float(value));
  for (const node of nodes) {
    const operands = node.inputs.map((x) => {
      const storage = storageOf(x);
      const value = values.get(storage);
      if (value) return value;
      if (isScalarConstant(storage)) return loadNumber(storage.attrs.values[0]!);
      return load(`${storage.id} ${x.shape} in ${node.shape}`, () => `${names.get(bufferOf(storage))}[${index(x.shape, node.shape, uniforms)}]`);
    });
    const alpha = "alpha" in node.attrs ? loadNumber(node.attrs.alpha) : "";
    const expression: Expression = EXPRESSIONS[node.op as ElementwiseOp];
    values.set(node, `v${values.size}`);
    body.push(`let ${values.get(node)} = ${expression(alpha, operands[0]!, operands[1]!, operands[2]!)};`);
  }
  for (const node of writes) body.push(`${names.get(bufferOf(node))}[i] = ${values.get(node)};`);

  const declarations = Array.from(
    bindings,
    ([buffer, kind], i) => `@group(0) @binding(${i + 1}) var<storage, ${kind === "read" ? "read" : "read_write"}> ${names.get(buffer)}: array<f32>;`,
  );
  const code = `
struct Uniforms { size: u32, nan: f32, p: array<vec4<u32>, ${uniforms.vectors}> }
@group(0) @binding(0) var<uniform> u: Uniforms;
${declarations.join("\n")}
${FUNCTIONS}
@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  for (var i = id.x; i < u.size; i += groups.x * ${WORKGROUP}u) {
    ${body.join("\n    ")}
  }
}`;
  return {
    code,
    entryPoint: "main",
    bindings: [uniforms.binding(), ...Array.from(bindings, ([buffer, kind]) => ({ kind, buffer }) as Binding)],
    workgroups: [Math.min(Math.ceil(size / WORKGROUP), MAX_WORKGROUPS), 1, 1],
  };
}

export function isScalarConstant(node: Node): node is Node<"constant"> {
  return isOp(node, "constant") && node.attrs.values.length === 1;
}

/** The index of an operand's element, for the flat index `i`. */
function index(from: Shape, to: Shape, uniforms: Uniforms): string {
  if (sizeOf(from) === sizeOf(to)) return "i";
  const terms = runsOf(from, to).map(({ inner, extent, stride, outermost }) => {
    const quotient = inner === 1 ? "i" : `i / ${uniforms.integer(inner)}`;
    const coordinate = outermost ? quotient : `(${quotient}) % ${uniforms.integer(extent)}`;
    return stride === 1 ? coordinate : `(${coordinate}) * ${uniforms.integer(stride)}`;
  });
  return terms.join(" + ") || "0u";
}

/** The numbers that differ between uses of one shader, each once. */
class Uniforms {
  readonly #size: number;
  readonly #words: number[] = [];

  constructor(size: number) {
    this.#size = size;
  }

  get vectors(): number {
    return Math.max(1, Math.ceil(this.#words.length / 4));
  }

  integer(value: number): string {
    return this.#word(value);
  }

  float(value: number): string {
    return `bitcast<f32>(${this.#word(new Uint32Array(Float32Array.of(value).buffer)[0]!)})`;
  }

  binding(): Binding {
    const bytes = new ArrayBuffer(16 + 16 * this.vectors);
    new Uint32Array(bytes).set([this.#size, 0x7fc00000, 0, 0, ...this.#words]);
    return { kind: "uniform", bytes, size: bytes.byteLength };
  }

  #word(value: number): string {
    const i = this.#words.push(value) - 1;
    return `u.p[${i >> 2}].${"xyzw"[i & 3]}`;
  }
}
