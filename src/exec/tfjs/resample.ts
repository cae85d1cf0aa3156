/** Resizing where TensorFlow.js has no kernel, or one that divides in float32 and so may take a neighbour. */
import { type Shape, sizeOf } from "../../core/shape.ts";
import type { Node } from "../../graph/graph.ts";
import type { Recording, Tensor } from "./recording.ts";

const WORKGROUP = 64;

/** Records a shader that runs `body` for each element of a result [N, H, W, C], given `b`, `h`, `w`, `c` and both shapes. */
function perElement(recording: Recording, shape: Shape, x: Tensor, body: string): Tensor {
  const y = recording.tensor(shape);
  const code = `
struct Uniforms { x: vec4<u32>, y: vec4<u32>, size: u32 }
@group(0) @binding(0) var<uniform> u: Uniforms;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
fn at(b: u32, h: u32, w: u32, c: u32) -> f32 { return x[((b * u.x.y + h) * u.x.z + w) * u.x.w + c]; }
@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  for (var i = id.x; i < u.size; i += groups.x * ${WORKGROUP}u) {
    let c = i % u.y.w;
    let w = (i / u.y.w) % u.y.z;
    let h = (i / (u.y.w * u.y.z)) % u.y.y;
    let b = i / (u.y.w * u.y.z * u.y.y);
    ${body}
  }
}`;
  const bytes = new ArrayBuffer(48);
  new Uint32Array(bytes).set([...x.shape, ...shape, sizeOf(shape)]);
  recording.dispatch({
    code,
    entryPoint: "main",
    bindings: [
      { kind: "uniform", bytes, size: bytes.byteLength },
      { kind: "read", buffer: recording.bufferOf(x) },
      { kind: "write", buffer: recording.bufferOf(y) },
    ],
    workgroups: [Math.min(Math.ceil(sizeOf(shape) / WORKGROUP), 65535), 1, 1],
  });
  return y;
}

export const nearest = (r: Recording, { shape }: Node<"resizeNearest">, x?: Tensor): Tensor =>
  perElement(r, shape, x!, "y[i] = at(b, h * u.x.y / u.y.y, w * u.x.z / u.y.z, c);");

/** Sums the output pixels o of each input pixel i: floor(o in / out) = i is ceil(i out / in) <= o < ceil((i + 1) out / in). */
export const nearestGrad = (r: Recording, { shape }: Node<"resizeNearestGrad">, dy?: Tensor): Tensor =>
  perElement(
    r,
    shape,
    dy!,
    `var sum = 0.0;
    for (var oh = (h * u.x.y + u.y.y - 1u) / u.y.y; oh < ((h + 1u) * u.x.y + u.y.y - 1u) / u.y.y; oh++) {
      for (var ow = (w * u.x.z + u.y.z - 1u) / u.y.z; ow < ((w + 1u) * u.x.z + u.y.z - 1u) / u.y.z; ow++) {
        sum += at(b, oh, ow, c);
      }
    }
    y[i] = sum;`,
  );

/** The adjoint of two matrices of interpolation weights, one for each axis, applied to whole rows and then to whole columns. */
export function bilinearGrad(r: Recording, { shape }: Node<"resizeBilinearGrad">, gradient?: Tensor): Tensor {
  const [n, h, w, c] = shape as [number, number, number, number];
  const dy = gradient!;
  const [oh, ow] = [dy.shape[1]!, dy.shape[2]!];
  const product = (weights: Float32Array, to: number, from: number, x: Tensor): Tensor =>
    r.kernel("BatchMatMul", { a: r.tensor([1, to, from], weights), b: x }, { transposeA: false, transposeB: false });
  const rows = product(bilinearWeights(h, oh), h, oh, r.reshape(dy, [n, oh, ow * c]));
  const columns = product(bilinearWeights(w, ow), w, ow, r.reshape(rows, [n * h, ow, c]));
  return r.reshape(columns, shape);
}

/** [input, output]: what each output pixel of one axis takes of each input pixel. */
function bilinearWeights(input: number, output: number): Float32Array {
  const weights = new Float32Array(input * output);
  for (let o = 0; o < output; o++) {
    const centre = Math.max(0, ((o + 0.5) * input) / output - 0.5);
    const from = Math.floor(centre);
    weights[from * output + o]! += 1 - (centre - from);
    weights[Math.min(from + 1, input - 1) * output + o]! += centre - from;
  }
  return weights;
}
