/** Convolutions; their gradients as products of matrices. */
import { sizeOf } from "../../core/shape.ts";
import type { Node } from "../../graph/graph.ts";
import type { ConvAttrs } from "../../graph/ops.ts";
import { directConv2d, directFilterGrad, directInputGrad, type Four, type Geometry, MAX_WORKGROUPS, WORKGROUP } from "./direct.ts";
import type { Recording, Tensor } from "./recording.ts";
import { sumRows } from "./reduce.ts";

/** A matrix of patches may be this large; TensorFlow.js's own kernels, slower, need none. */
const MAX_PATCH_BYTES = 2 ** 28;
/** Products have tiles of this side, and want this many of them. */
const TILE = 32;
const TILES = 256;
const MIN_ROWS = 256;

const HEADER = `
struct Uniforms { x: vec4<u32>, k: vec2<u32>, y: vec2<u32>, strides: vec2<u32>, pads: vec2<u32>, dilations: vec2<u32>, size: u32 }
@group(0) @binding(0) var<uniform> u: Uniforms;
@group(0) @binding(1) var<storage, read> given: array<f32>;
@group(0) @binding(2) var<storage, read_write> made: array<f32>;
@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  for (var i = id.x; i < u.size; i += groups.x * ${WORKGROUP}u) {
    let c = i % u.x.w;`;

/** patches[b, oh, ow, kh, kw, c] = x[b, oh s + kh d - p, ow s + kw d - p, c], 0 outside. */
const GATHER = `${HEADER}
    let kw = (i / u.x.w) % u.k.y;
    let kh = (i / (u.x.w * u.k.y)) % u.k.x;
    let place = i / (u.x.w * u.k.y * u.k.x);
    let ow = place % u.y.y;
    let oh = (place / u.y.y) % u.y.x;
    let b = place / (u.y.y * u.y.x);
    let h = i32(oh * u.strides.x + kh * u.dilations.x) - i32(u.pads.x);
    let w = i32(ow * u.strides.y + kw * u.dilations.y) - i32(u.pads.y);
    var value = 0.0;
    if (h >= 0 && h < i32(u.x.y) && w >= 0 && w < i32(u.x.z)) {
      value = given[((b * u.x.y + u32(h)) * u.x.z + u32(w)) * u.x.w + c];
    }
    made[i] = value;
  }
}`;

/** x[b, h, w, c] = Σ patches[b, oh, ow, kh, kw, c] over all that GATHER would read from there. */
const SCATTER = `${HEADER}
    let w = (i / u.x.w) % u.x.z + u.pads.y;
    let h = (i / (u.x.w * u.x.z)) % u.x.y + u.pads.x;
    let b = i / (u.x.w * u.x.z * u.x.y);
    var sum = 0.0;
    for (var kh = 0u; kh < u.k.x && kh * u.dilations.x <= h; kh++) {
      let row = h - kh * u.dilations.x;
      let oh = row / u.strides.x;
      if (oh * u.strides.x != row || oh >= u.y.x) { continue; }
      for (var kw = 0u; kw < u.k.y && kw * u.dilations.y <= w; kw++) {
        let column = w - kw * u.dilations.y;
        let ow = column / u.strides.y;
        if (ow * u.strides.y != column || ow >= u.y.y) { continue; }
        sum += given[((((b * u.y.x + oh) * u.y.y + ow) * u.k.x + kh) * u.k.y + kw) * u.x.w + c];
      }
    }
    made[i] = sum;
  }
}`;

function patchwork(recording: Recording, code: string, from: Tensor, to: Tensor, { x, kernel, y, attrs }: Geometry): Tensor {
  const size = sizeOf(to.shape);
  const words = [...x, ...kernel, y[1], y[2], ...attrs.strides, attrs.pads[0], attrs.pads[2], ...attrs.dilations, size, 0];
  const bytes = Uint32Array.from(words).buffer;
  recording.dispatch({
    code,
    entryPoint: "main",
    bindings: [
      { kind: "uniform", bytes, size: bytes.byteLength },
      { kind: "read", buffer: recording.bufferOf(from) },
      { kind: "write", buffer: recording.bufferOf(to) },
    ],
    workgroups: [Math.min(Math.ceil(size / WORKGROUP), MAX_WORKGROUPS), 1, 1],
  });
  return to;
}

const rowsOf = ({ y }: Geometry): number => y[0] * y[1] * y[2];
const widthOf = ({ x, kernel }: Geometry): number => kernel[0] * kernel[1] * x[3];

function fits(recording: Recording, geometry: Geometry): boolean {
  const { maxStorageBufferBindingSize, maxBufferSize } = recording.limits;
  return (
    geometry.attrs.groups === 1 && 4 * rowsOf(geometry) * widthOf(geometry) <= Math.min(MAX_PATCH_BYTES, maxStorageBufferBindingSize, maxBufferSize)
  );
}

const named = ({ strides, pads: [top, bottom, left, right], dilations }: ConvAttrs) => ({
  dataFormat: "NHWC",
  dilations: [...dilations],
  strides: [...strides],
  pad: [
    [0, 0],
    [top, bottom],
    [left, right],
    [0, 0],
  ],
});

/** Whether TensorFlow.js has no kernel for the gradients. */
const isOurs = ({ attrs: { dilations, groups } }: Geometry): boolean => groups > 1 || Math.max(...dilations) > 1;

export function conv2d(recording: Recording, { attrs, shape }: Node<"conv2d">, x?: Tensor, filter?: Tensor): Tensor {
  if (attrs.groups === 1) return recording.kernel("Conv2D", { x: x!, filter: filter! }, named(attrs));
  return directConv2d(recording, { x: x!.shape as Four, kernel: [filter!.shape[0]!, filter!.shape[1]!], y: shape as Four, attrs }, x!, filter!);
}

/** dx: the product dy wᵀ gives what each output pixel owes to each pixel of its patch; SCATTER adds that up. */
export function conv2dInputGrad(recording: Recording, { attrs, shape }: Node<"conv2dInputGrad">, gradient?: Tensor, filter?: Tensor): Tensor {
  const [dy, w] = [gradient!, filter!];
  const geometry: Geometry = { x: shape as Four, kernel: [w.shape[0]!, w.shape[1]!], y: dy.shape as Four, attrs };
  const isRoom = fits(recording, geometry);
  if (!isRoom && isOurs(geometry)) return directInputGrad(recording, geometry, dy, w);
  if (!isRoom) return recording.kernel("Conv2DBackpropInput", { dy, filter: w }, { ...named(attrs), inputShape: [...shape] });
  const [rows, width, outputs] = [rowsOf(geometry), widthOf(geometry), geometry.y[3]];
  const [a, b] = [recording.reshape(dy, [rows, outputs]), recording.reshape(w, [width, outputs])];
  const patches = recording.kernel("BatchMatMul", { a, b }, { transposeA: false, transposeB: true });
  return patchwork(recording, SCATTER, patches, recording.tensor(shape), geometry);
}

/** dw: the product of the patches, transposed, and dy; in several parts where one product would leave most of a GPU idle. */
export function conv2dFilterGrad(recording: Recording, { attrs, shape }: Node<"conv2dFilterGrad">, input?: Tensor, gradient?: Tensor): Tensor {
  const [x, dy] = [input!, gradient!];
  const geometry: Geometry = { x: x.shape as Four, kernel: [shape[0]!, shape[1]!], y: dy.shape as Four, attrs };
  const isRoom = fits(recording, geometry);
  if (!isRoom && isOurs(geometry)) return directFilterGrad(recording, geometry, x, dy);
  if (!isRoom) return recording.kernel("Conv2DBackpropFilter", { x, dy }, { ...named(attrs), filterShape: [...shape] });
  const [rows, width, outputs] = [rowsOf(geometry), widthOf(geometry), geometry.y[3]];
  const parts = partsOf(rows, Math.ceil(width / TILE) * Math.ceil(outputs / TILE));
  const patches = patchwork(recording, GATHER, x, recording.tensor([parts, rows / parts, width]), geometry);
  const b = recording.reshape(dy, [parts, rows / parts, outputs]);
  const products = recording.kernel("BatchMatMul", { a: patches, b }, { transposeA: true, transposeB: false });
  const sum = parts === 1 ? products : sumRows(recording, recording.reshape(products, [1, parts, width * outputs]));
  return recording.reshape(sum, shape);
}

/** How many parts of equal size make enough tiles without becoming short. */
function partsOf(rows: number, tiles: number): number {
  let parts = 1;
  while (parts * tiles < TILES && rows % (2 * parts) === 0 && rows / (2 * parts) >= MIN_ROWS) parts *= 2;
  return parts;
}
