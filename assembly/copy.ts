/** Moving elements without changing them. */

/**
 * y[Σ i_k dst_k] = x[Σ i_k src_k] for every index (i_0, i_1, ...) of a block of up to 6 axes: slice, pad, concat, transpose, broadcast.
 *
 * `descriptor` holds 32-bit words: rank (1 to 6), then sizes, strides in x (0 repeats) and strides in y, `rank` of each, outermost axis first;
 * strides are in elements.
 * The range splits the outermost axis; x and y are the addresses of index 0. Exactly the elements named are read and written, y may not overlap x.
 * Fast where the last axis is contiguous in y and, in x, contiguous, repeated, or strided beside a contiguous last but one (a transposition).
 */
export function f32_copy_nd(begin: usize, end: usize, descriptor: usize, x: usize, y: usize): void {
  const rank = <usize>load<u32>(descriptor);
  copyAxis(descriptor + 4, rank << 2, rank, begin, end, x, y);
}

/** Copies indices [begin, end) of the first of `axes` axes; `axis` is the address of its size, its strides follow `step` bytes apart. */
function copyAxis(axis: usize, step: usize, axes: usize, begin: usize, end: usize, x: usize, y: usize): void {
  const sx = <usize>load<u32>(axis + step);
  const sy = <usize>load<u32>(axis + step * 2);
  x += (begin * sx) << 2;
  y += (begin * sy) << 2;
  const inner = axis + 4;
  if (axes == 1) {
    copyRow(end - begin, x, sx, y, sy);
  } else if (axes == 2) {
    copyRows(end - begin, load<u32>(inner), x, sx, load<u32>(inner + step), y, sy, load<u32>(inner + step * 2));
  } else {
    for (let i = begin; i < end; i++, x += sx << 2, y += sy << 2) copyAxis(inner, step, axes - 1, 0, load<u32>(inner), x, y);
  }
}

/** y[r ry + c cy] = x[r rx + c cx]. */
function copyRows(rows: usize, columns: usize, x: usize, rx: usize, cx: usize, y: usize, ry: usize, cy: usize): void {
  if (rx == 1 && cy == 1 && cx != 1 && rows >= 4 && columns >= 4) return transposeTiles(rows, columns, x, cx, y, ry);
  for (let r: usize = 0; r < rows; r++, x += rx << 2, y += ry << 2) copyRow(columns, x, cx, y, cy);
}

/** y[i sy] = x[i sx]. */
function copyRow(n: usize, x: usize, sx: usize, y: usize, sy: usize): void {
  if (sy == 1 && sx == 1) return copyRun(n, x, y);
  if (sy == 1 && sx == 0) return fillRun(n, load<f32>(x), y);
  for (let i: usize = 0; i < n; i++, x += sx << 2, y += sy << 2) store<f32>(y, load<f32>(x));
}

/** y[i] = x[i] for i < n, nothing read or written beyond. */
export function copyRun(n: usize, x: usize, y: usize): void {
  if (n >= 256) {
    memory.copy(y, x, n << 2);
  } else if (n >= 4) {
    const last = (n - 4) << 2;
    for (let i: usize = 0; i < last; i += 16) v128.store(y + i, v128.load(x + i));
    v128.store(y + last, v128.load(x + last));
  } else {
    for (let i: usize = 0; i < n; i++) store<f32>(y + (i << 2), load<f32>(x + (i << 2)));
  }
}

/** y[i] = value for i < n, nothing written beyond. */
function fillRun(n: usize, value: f32, y: usize): void {
  if (n >= 4) {
    const v = f32x4.splat(value);
    const last = (n - 4) << 2;
    for (let i: usize = 0; i < last; i += 16) v128.store(y + i, v);
    v128.store(y + last, v);
  } else {
    for (let i: usize = 0; i < n; i++) store<f32>(y + (i << 2), value);
  }
}

/**
 * y[r ry + c] = x[r + c cx] for at least 4 rows and columns. Sixteen rows at a time, so that a cache line of x is used whole, in tiles of 4 x 4;
 * the last tile of an odd size overlaps the one before.
 */
function transposeTiles(rows: usize, columns: usize, x: usize, cx: usize, y: usize, ry: usize): void {
  for (let band: usize = 0; band < rows; band += 16) {
    const stop = min(rows, band + 16);
    for (let c: usize = 0; c < columns; c += 4) {
      const column = min(c, columns - 4);
      for (let r = band; r < stop; r += 4) {
        const row = min(r, rows - 4);
        transposeTile(x + ((row + column * cx) << 2), cx << 2, y + ((row * ry + column) << 2), ry << 2);
      }
    }
  }
}

/** One 4 x 4 tile; strides in bytes. */
// @ts-ignore: decorator
@inline
function transposeTile(x: usize, sx: usize, y: usize, sy: usize): void {
  const a = v128.load(x);
  const b = v128.load(x + sx);
  const c = v128.load(x + sx * 2);
  const d = v128.load(x + sx * 3);
  const ab0 = v128.shuffle<i32>(a, b, 0, 4, 1, 5);
  const ab1 = v128.shuffle<i32>(a, b, 2, 6, 3, 7);
  const cd0 = v128.shuffle<i32>(c, d, 0, 4, 1, 5);
  const cd1 = v128.shuffle<i32>(c, d, 2, 6, 3, 7);
  v128.store(y, v128.shuffle<i64>(ab0, cd0, 0, 2));
  v128.store(y + sy, v128.shuffle<i64>(ab0, cd0, 1, 3));
  v128.store(y + sy * 2, v128.shuffle<i64>(ab1, cd1, 0, 2));
  v128.store(y + sy * 3, v128.shuffle<i64>(ab1, cd1, 1, 3));
}

/**
 * y[i, d] = x[i] == d ? 1 : 0 for begin <= i < end, y[n, depth]; a row whose x is no integer in [0, depth) is all 0.
 * The range splits the rows; exactly they are written. y may not overlap x.
 */
export function f32_one_hot(begin: usize, end: usize, depth: usize, x: usize, y: usize): void {
  memory.fill(y + ((begin * depth) << 2), 0, ((end - begin) * depth) << 2);
  for (let i = begin; i < end; i++) {
    const value = load<f32>(x + (i << 2));
    if (value >= 0 && value < <f32>depth && floor(value) == value) store<f32>(y + ((i * depth + <usize>value) << 2), 1);
  }
}
