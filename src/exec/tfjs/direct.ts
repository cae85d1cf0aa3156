/** Convolutions of several groups, and of dilated filters, which no kernel of TensorFlow.js has the gradients of: shaders that sum one number of the result an invocation. */
import { sizeOf } from "../../core/shape.ts";
import type { ConvAttrs } from "../../graph/ops.ts";
import type { Recording, Tensor } from "./recording.ts";
import { sumRows } from "./reduce.ts";

export const WORKGROUP = 64;
export const MAX_WORKGROUPS = 65535;
/** Sums of images for the gradient of a filter may take this much. */
const MAX_PART_BYTES = 2 ** 24;

export type Four = [number, number, number, number];

/** Shapes as the shaders know them: x [n, h, w, c], filter [kh, kw, c / groups, o], y [n, oh, ow, o]. */
export interface Geometry {
  readonly x: Four;
  readonly kernel: readonly [number, number];
  readonly y: Four;
  readonly attrs: ConvAttrs;
}

/** `inner` and `outer` are the channels of a group, of x and of y. Signed, as taps may lie outside. */
const HEADER = `
struct Uniforms { x: vec4<i32>, y: vec4<i32>, k: vec2<i32>, strides: vec2<i32>, pads: vec2<i32>, dilations: vec2<i32>, groups: i32, size: i32, parts: i32 }
@group(0) @binding(0) var<uniform> u: Uniforms;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read_write> made: array<f32>;
@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let inner = u.x.w / u.groups;
  let outer = u.y.w / u.groups;
  for (var i = i32(id.x); i < u.size; i += i32(workgroups.x) * ${WORKGROUP}) {
    var sum = 0.0;`;

/** y from x and the filter. */
const FORWARD = `${HEADER}
    let o = i % u.y.w;
    let column = (i / u.y.w) % u.y.z * u.strides.y - u.pads.y;
    let row = (i / (u.y.w * u.y.z)) % u.y.y * u.strides.x - u.pads.x;
    let n = i / (u.y.w * u.y.z * u.y.y);
    for (var kh = 0; kh < u.k.x; kh++) {
      let h = row + kh * u.dilations.x;
      if (h < 0 || h >= u.x.y) { continue; }
      for (var kw = 0; kw < u.k.y; kw++) {
        let w = column + kw * u.dilations.y;
        if (w < 0 || w >= u.x.z) { continue; }
        let pixel = ((n * u.x.y + h) * u.x.z + w) * u.x.w + o / outer * inner;
        let tap = (kh * u.k.y + kw) * inner * u.y.w + o;
        for (var c = 0; c < inner; c++) { sum += a[pixel + c] * b[tap + c * u.y.w]; }
      }
    }
    made[i] = sum;
  }
}`;

/** x's gradient from y's and the filter. */
const INPUT_GRAD = `${HEADER}
    let c = i % u.x.w;
    let column = (i / u.x.w) % u.x.z + u.pads.y;
    let row = (i / (u.x.w * u.x.z)) % u.x.y + u.pads.x;
    let n = i / (u.x.w * u.x.z * u.x.y);
    let first = c / inner * outer;
    for (var kh = 0; kh < u.k.x; kh++) {
      let h = row - kh * u.dilations.x;
      if (h < 0 || h % u.strides.x != 0 || h / u.strides.x >= u.y.y) { continue; }
      for (var kw = 0; kw < u.k.y; kw++) {
        let w = column - kw * u.dilations.y;
        if (w < 0 || w % u.strides.y != 0 || w / u.strides.y >= u.y.z) { continue; }
        let pixel = ((n * u.y.y + h / u.strides.x) * u.y.z + w / u.strides.y) * u.y.w + first;
        let tap = ((kh * u.k.y + kw) * inner + c % inner) * u.y.w + first;
        for (var o = 0; o < outer; o++) { sum += a[pixel + o] * b[tap + o]; }
      }
    }
    made[i] = sum;
  }
}`;

/** The filter's gradient from x and y's gradient: of so many images each, one after the other. */
const FILTER_GRAD = `${HEADER}
    let o = i % u.y.w;
    let c = (i / u.y.w) % inner + o / outer * inner;
    let column = (i / (u.y.w * inner)) % u.k.y * u.dilations.y - u.pads.y;
    let row = (i / (u.y.w * inner * u.k.y)) % u.k.x * u.dilations.x - u.pads.x;
    let part = i / (u.y.w * inner * u.k.y * u.k.x);
    for (var n = part * u.x.x / u.parts; n < (part + 1) * u.x.x / u.parts; n++) {
      for (var oh = 0; oh < u.y.y; oh++) {
        let h = row + oh * u.strides.x;
        if (h < 0 || h >= u.x.y) { continue; }
        for (var ow = 0; ow < u.y.z; ow++) {
          let w = column + ow * u.strides.y;
          if (w < 0 || w >= u.x.z) { continue; }
          sum += a[((n * u.x.y + h) * u.x.z + w) * u.x.w + c] * b[((n * u.y.y + oh) * u.y.z + ow) * u.y.w + o];
        }
      }
    }
    made[i] = sum;
  }
}`;

function dispatch(
  recording: Recording,
  code: string,
  [a, b]: readonly [Tensor, Tensor],
  to: Tensor,
  { x, kernel, y, attrs }: Geometry,
  parts = 1,
): Tensor {
  const { strides, pads, dilations, groups } = attrs;
  const size = sizeOf(to.shape);
  const words = [...x, ...y, ...kernel, ...strides, pads[0], pads[2], ...dilations, groups, size, parts, 0];
  const bytes = Int32Array.from(words).buffer;
  recording.dispatch({
    code,
    entryPoint: "main",
    bindings: [
      { kind: "uniform", bytes, size: bytes.byteLength },
      { kind: "read", buffer: recording.bufferOf(a) },
      { kind: "read", buffer: recording.bufferOf(b) },
      { kind: "write", buffer: recording.bufferOf(to) },
    ],
    workgroups: [Math.min(Math.ceil(size / WORKGROUP), MAX_WORKGROUPS), 1, 1],
  });
  return to;
}

export const directConv2d = (recording: Recording, geometry: Geometry, x: Tensor, filter: Tensor): Tensor =>
  dispatch(recording, FORWARD, [x, filter], recording.tensor(geometry.y), geometry);

export const directInputGrad = (recording: Recording, geometry: Geometry, dy: Tensor, filter: Tensor): Tensor =>
  dispatch(recording, INPUT_GRAD, [dy, filter], recording.tensor(geometry.x), geometry);

/** Sums the images in several parts, which are work for more invocations and round less, as far as there is room. */
export function directFilterGrad(recording: Recording, geometry: Geometry, x: Tensor, dy: Tensor): Tensor {
  const { kernel, y, attrs } = geometry;
  const shape = [...kernel, geometry.x[3] / attrs.groups, y[3]];
  const { maxStorageBufferBindingSize, maxBufferSize } = recording.limits;
  const room = Math.floor(Math.min(MAX_PART_BYTES, maxStorageBufferBindingSize, maxBufferSize) / (4 * sizeOf(shape)));
  const parts = Math.max(1, Math.min(y[0], room));
  const sums = dispatch(recording, FILTER_GRAD, [x, dy], recording.tensor([parts, sizeOf(shape)]), geometry, parts);
  return recording.reshape(parts === 1 ? sums : sumRows(recording, recording.reshape(sums, [1, parts, sizeOf(shape)])), shape);
}
