/** Sums over leading and middle axes, which TensorFlow.js would transpose the whole tensor for. */
import { sizeOf } from "../../core/shape.ts";
import type { Node } from "../../graph/graph.ts";
import type { Recording, Tensor } from "./recording.ts";

const COLUMNS = 32;
const LANES = 8;
/** Rows that one workgroup sums; more are summed by several, and their sums summed again. */
const ROWS = 512;
/** From here on, one workgroup for a result would leave most of a GPU idle. */
const LONG = 8192;
const MAX_WORKGROUPS = 65535;

/** y[a, s, c] = Σ x[a, r, c] over the rows r of part s. A workgroup sums 32 columns, 8 rows at a time, and then the next that no other has. */
const CODE = `
struct Uniforms { rows: u32, columns: u32, chunk: u32 }
@group(0) @binding(0) var<uniform> u: Uniforms;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
var<workgroup> sums: array<array<f32, ${COLUMNS}>, ${LANES}>;
@compute @workgroup_size(${COLUMNS}, ${LANES})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_id) id: vec3<u32>) {
  let end = min(u.rows, (group.y + 1u) * u.chunk);
  for (var first = group.x * ${COLUMNS}u; first < u.columns; first += groups.x * ${COLUMNS}u) {
    let column = first + id.x;
    var sum = 0.0;
    if (column < u.columns) {
      for (var row = group.y * u.chunk + id.y; row < end; row += ${LANES}u) {
        sum += x[(group.z * u.rows + row) * u.columns + column];
      }
    }
    sums[id.y][id.x] = sum;
    for (var half = ${LANES / 2}u; half > 0u; half /= 2u) {
      workgroupBarrier();
      if (id.y < half) { sums[id.y][id.x] += sums[id.y + half][id.x]; }
    }
    if (id.y == 0u && column < u.columns) {
      y[(group.z * groups.y + group.y) * u.columns + column] = sums[0][id.x];
    }
    workgroupBarrier();
  }
}`;

/** Sums x [outer, rows, columns] over its rows. */
export function sumRows(recording: Recording, x: Tensor): Tensor {
  const [outer, rows, columns] = x.shape as [number, number, number];
  const parts = Math.min(Math.ceil(rows / ROWS), MAX_WORKGROUPS);
  const y = recording.tensor([outer, parts, columns]);
  const bytes = Uint32Array.of(rows, columns, Math.ceil(rows / parts), 0).buffer;
  recording.dispatch({
    code: CODE,
    entryPoint: "main",
    bindings: [
      { kind: "uniform", bytes, size: bytes.byteLength },
      { kind: "read", buffer: recording.bufferOf(x) },
      { kind: "write", buffer: recording.bufferOf(y) },
    ],
    workgroups: [Math.min(Math.ceil(columns / COLUMNS), MAX_WORKGROUPS), parts, outer],
  });
  return parts === 1 ? y : sumRows(recording, y);
}

/** Sums over one run of neighbouring axes after another, from the last to the first. */
export function reduceSum(recording: Recording, { attrs, shape }: Node<"reduceSum">, x?: Tensor): Tensor {
  let result = x!;
  let sizes: number[] = [...result.shape];
  for (let last = sizes.length - 1; last >= 0; last--) {
    if (!attrs.axes.includes(last)) continue;
    let first = last;
    while (attrs.axes.includes(first - 1)) first--;
    const [outer, rows, columns] = [sizes.slice(0, first), sizes.slice(first, last + 1), sizes.slice(last + 1)].map(sizeOf) as [
      number,
      number,
      number,
    ];
    result = sumMiddle(recording, recording.reshape(result, [outer, rows, columns]));
    sizes = sizes.map((size, axis) => (axis >= first && axis <= last ? 1 : size));
    last = first;
  }
  return recording.reshape(result, shape);
}

/** Sums x [outer, rows, columns] over its rows. TensorFlow.js's kernel, a workgroup for each result, suits short rows of neighbours. */
function sumMiddle(recording: Recording, x: Tensor): Tensor {
  const [outer, rows, columns] = x.shape as [number, number, number];
  if (outer <= MAX_WORKGROUPS) {
    if (columns > 1) return sumRows(recording, x);
    if (rows >= LONG && rows % COLUMNS === 0) {
      const folded = sumRows(recording, recording.reshape(x, [outer, rows / COLUMNS, COLUMNS]));
      return sumMiddle(recording, recording.reshape(folded, [outer, COLUMNS, 1]));
    }
  }
  return recording.kernel("Sum", { x }, { axis: [1], keepDims: true });
}
