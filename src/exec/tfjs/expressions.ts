/** Elementwise ops in WGSL. */
import type { OpName, PrimitiveOp } from "../../graph/ops.ts";

/** The value of an op in WGSL; `alpha` is that of the attributes, as a number that no compiler knows. */
export type Expression = (alpha: string, a: string, b: string, c: string) => string;

/** Every elementwise op in WGSL. Compilers may take it that no number is NaN or infinite, so what must hold for those is said in bits. */
export const EXPRESSIONS = {
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
} satisfies { readonly [O in PrimitiveOp]?: Expression };

/** What runs in groups; every other op has a lowering of its own. */
export type ElementwiseOp = keyof typeof EXPRESSIONS;

export function isElementwise(op: OpName): op is ElementwiseOp {
  return op in EXPRESSIONS;
}

/** What the expressions call; `u.nan` is NaN, which WGSL has no way to write. */
export const FUNCTIONS = `
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
