/** One shader for a chain of elementwise nodes. */
import type { Shape } from "../../core/shape.ts";
import { sizeOf } from "../../core/shape.ts";
import { isOp, type Node } from "../../graph/graph.ts";
import { runsOf } from "./access.ts";
import { type Operands, storageOf } from "./fuse.ts";
import type { Binding, Dispatch, VirtualBuffer } from "./recording.ts";

/** The value of an op in WGSL; `alpha` is that of the attributes, as a number that no compiler knows. */
type Expression = (alpha: string, a: string, b: string, c: string) => string;

/** Every elementwise op in WGSL. Compilers may take it that no number is NaN or infinite, so what must hold for those is said in bits. */
const EXPRESSIONS = {
  neg: (_, x) => `-${x}`,
  abs: (_, x) => `abs(${x})`,
  exp: (_, x) => `exp_(${x})`,
  log: (_, x) => `log_(${x})`,
  sqrt: (_, x) => `sqrt(${x})`,
  rsqrt: (_, x) => `inverseSqrt(${x})`,
  tanh: (_, x) => `tanh_(${x})`,
  sigmoid: (_, x) => `sigmoid_(${x})`,
  softplus: (_, x) => `softplus_(${x})`,
  leakyRelu: (alpha, x) => `select(${alpha} * ${x}, ${x}, ${x} > 0.0)`,
  add: (_, a, b) => `${a} + ${b}`,
  sub: (_, a, b) => (a === b ? `less_itself(${a})` : `${a} - ${b}`),
  mul: (_, a, b) => `${a} * ${b}`,
  div: (_, a, b) => `${a} / ${b}`,
  maximum: (_, a, b) => `select(select(max(${a}, ${b}), ${b}, is_nan(${b})), ${a}, is_nan(${a}))`,
  minimum: (_, a, b) => `select(select(min(${a}, ${b}), ${b}, is_nan(${b})), ${a}, is_nan(${a}))`,
  greater: (_, a, b) => `select(0.0, 1.0, ${a} > ${b} && ordered(${a}, ${b}))`,
  greaterEqual: (_, a, b) => `select(0.0, 1.0, ${a} >= ${b} && ordered(${a}, ${b}))`,
  equal: (_, a, b) => `select(0.0, 1.0, ${a} == ${b} && ordered(${a}, ${b}))`,
  select: (_, mask, a, b) => `select(${b}, ${a}, (bitcast<u32>(${mask}) & 0x7fffffffu) != 0u)`,
  leakyReluGrad: (alpha, dy, x) => `select(${alpha} * ${dy}, ${dy}, ${x} > 0.0)`,
  broadcastTo: (_, x) => x,
} satisfies { readonly [O in ElementwiseOp]: Expression };

/** What runs in groups; every other op has a lowering of its own. */
export type ElementwiseOp =
  | "neg"
  | "abs"
  | "exp"
  | "log"
  | "sqrt"
  | "rsqrt"
  | "tanh"
  | "sigmoid"
  | "softplus"
  | "leakyRelu"
  | "add"
  | "sub"
  | "mul"
  | "div"
  | "maximum"
  | "minimum"
  | "greater"
  | "greaterEqual"
  | "equal"
  | "select"
  | "leakyReluGrad"
  | "broadcastTo";

const FUNCTIONS = `
fn is_nan(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u; }
fn ordered(a: f32, b: f32) -> bool { return !is_nan(a) && !is_nan(b); }
// x - x, which a compiler may take for 0 even where x is infinite or NaN.
fn less_itself(x: f32) -> f32 { return select(0.0, u.nan, (bitcast<u32>(x) & 0x7f800000u) == 0x7f800000u); }
fn exp_(x: f32) -> f32 { return select(exp(x), x, is_nan(x)); }
fn log_(x: f32) -> f32 { return select(log(x), u.nan, x < 0.0 || is_nan(x)); }
// Never overflows, and keeps its relative accuracy near 0, where it is the first terms of its series.
fn tanh_(x: f32) -> f32 {
  let a = abs(x);
  let e = exp_(-2.0 * a);
  let s = a * a;
  let t = select((1.0 - e) / (1.0 + e), a * (1.0 - s * (1.0 / 3.0 - s * (2.0 / 15.0 - s * (17.0 / 315.0)))), a < 0.2);
  return select(t, -t, x < 0.0);
}
fn sigmoid_(x: f32) -> f32 {
  let e = exp_(-abs(x));
  return select(e, 1.0, x >= 0.0) / (1.0 + e);
}
// max(x, 0) + log1p(e^-|x|), where log1p(e) = 2 atanh z, z = e / (2 + e), is its series: z is at most 1/3.
fn softplus_(x: f32) -> f32 {
  let e = exp_(-abs(x));
  let z = e / (2.0 + e);
  let s = z * z;
  let l = 2.0 * z * (1.0 + s * (1.0 / 3.0 + s * (1.0 / 5.0 + s * (1.0 / 7.0 + s * (1.0 / 9.0 + s * (1.0 / 11.0))))));
  return select(max(x, 0.0), x, is_nan(x)) + l;
}`;

const WORKGROUP = 256;
const MAX_WORKGROUPS = 65535;

/** What is known of the nodes' memory. */
export interface Places {
  bufferOf(node: Node): VirtualBuffer;
}

/**
 * The dispatch that computes `nodes`, all of the same size. A write that lies in the buffer of a read takes its place
 * element by element, which is right for reads at the same index alone.
 */
export function elementwise(nodes: readonly Node[], { reads, writes }: Operands, { bufferOf }: Places): Dispatch {
  const size = sizeOf(nodes[0]!.shape);
  const uniforms = new Uniforms(size);
  const bindings = new Map<VirtualBuffer, Binding["kind"]>();
  for (const node of reads) if (!isScalarConstant(node)) bindings.set(bufferOf(node), "read");
  for (const node of writes) bindings.set(bufferOf(node), "write");
  const names = new Map([...bindings.keys()].map((buffer, i) => [buffer, `b${i}`]));

  const loads = new Map<string, string>(); // expression to name: an element is loaded once
  const values = new Map<Node, string>();
  const body: string[] = [];
  const load = (expression: string): string => {
    let name = loads.get(expression);
    if (!name) {
      name = `x${loads.size}`;
      loads.set(expression, name);
      body.push(`let ${name} = ${expression};`);
    }
    return name;
  };
  for (const node of nodes) {
    const operands = node.inputs.map((x) => {
      const storage = storageOf(x);
      const value = values.get(storage);
      if (value) return value;
      if (isScalarConstant(storage)) return load(uniforms.float(storage.attrs.values[0]!));
      return load(`${names.get(bufferOf(storage))}[${index(x.shape, node.shape, uniforms)}]`);
    });
    const alpha = "alpha" in node.attrs ? load(uniforms.float(node.attrs.alpha)) : "";
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
