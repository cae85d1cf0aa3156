import { type Path, type Point, turnOf } from "./path.ts";

/** Red, green, blue in [0, 1]. */
export type Color = readonly [number, number, number];

/** One colour, or a blend from one to another between two points. */
export interface Paint {
  readonly color: Color;
  readonly blend?: { readonly to: Color; readonly from: Point; readonly until: Point };
  /** Opacity, 1 unless given. */
  readonly alpha?: number;
}

/** Where a drawing lies on a canvas whose corners are (-1, -1) and (1, 1): its origin, its size, and the tangent of its turn. */
export interface Pose {
  readonly x: number;
  readonly y: number;
  readonly scale: number;
  readonly tilt: number;
}

/** `0xrrggbb` as a colour. */
export function rgb(hex: number): Color {
  return [(hex >> 16) / 255, ((hex >> 8) & 255) / 255, (hex & 255) / 255];
}

/** The colour a fraction `t` of the way from `a` to `b`. */
export function mix(a: Color, b: Color, t: number): Color {
  return [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t, a[2] + (b[2] - a[2]) * t];
}

interface Bounds {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/**
 * A square picture that shapes are painted on, one over another, with exact coverage of each pixel.
 *
 * Every edge adds the signed area to its right to the pixels it crosses; the running sum along a row is then each pixel's coverage
 * (Levien 2016, "Inside the fastest font renderer in the world"). Only + - * / and square roots are used, so every engine paints the same bytes.
 */
export class Canvas {
  readonly size: number;
  readonly #pixels: Float32Array;
  /** Signed areas being summed, two columns wider than the picture for what lies beyond its right edge. */
  readonly #areas: Float64Array;
  readonly #coverage: Float32Array;
  readonly #clip: Float32Array;
  #corners = new Float64Array(256);
  #clipped = false;
  // A point (x, y) of the drawing is the pixel (a x - b y + e, b x + a y + f).
  #a = 0;
  #b = 0;
  #e = 0;
  #f = 0;

  constructor(size: number) {
    this.size = size;
    this.#pixels = new Float32Array(size * size * 3);
    this.#areas = new Float64Array((size + 2) * size);
    this.#coverage = new Float32Array(size * size);
    this.#clip = new Float32Array(size * size);
    this.place({ x: 0, y: 0, scale: 1, tilt: 0 });
  }

  clear(color: Color): void {
    for (let i = 0; i < this.#pixels.length; i++) this.#pixels[i] = color[i % 3]!;
  }

  /** Places what is painted from now on. */
  place({ x, y, scale, tilt }: Pose): void {
    const half = this.size / 2;
    this.#a = (scale * half) / Math.sqrt(1 + tilt * tilt);
    this.#b = this.#a * tilt;
    this.#e = (1 + x) * half;
    this.#f = (1 + y) * half;
  }

  /** Confines what is painted from now on to a shape, or with null no longer. */
  clip(path: Path | null): void {
    this.#clipped = false;
    if (!path) return;
    this.#coverage.fill(0);
    this.#cover(path);
    this.#clip.set(this.#coverage);
    this.#clipped = true;
  }

  fill(path: Path, { color, blend, alpha = 1 }: Paint): void {
    const to = blend ? blend.to : color;
    const [x0, y0] = this.#pixelOf(blend ? blend.from : [0, 0]);
    const [x1, y1] = this.#pixelOf(blend ? blend.until : [1, 0]);
    const square = (x1 - x0) * (x1 - x0) + (y1 - y0) * (y1 - y0);
    const alongX = (x1 - x0) / square;
    const alongY = (y1 - y0) / square;
    const coverage = this.#coverage;
    const { left, top, right, bottom } = this.#cover(path);
    for (let y = top; y < bottom; y++) {
      for (let x = left; x < right; x++) {
        const opacity = coverage[y * this.size + x]! * alpha;
        if (opacity === 0) continue;
        const along = (x + 0.5 - x0) * alongX + (y + 0.5 - y0) * alongY;
        this.#lay(y * this.size + x, color, to, Math.min(Math.max(along, 0), 1), opacity);
      }
    }
  }

  /** Breathes a colour on an ellipse: `alpha` in the middle, softly nothing at the rim. */
  glow([cx, cy]: Point, rx: number, ry: number, color: Color, alpha: number): void {
    const [px, py] = this.#pixelOf([cx, cy]);
    const square = this.#a * this.#a + this.#b * this.#b;
    const reach = Math.sqrt(square) * Math.max(rx, ry);
    const [left, right] = [this.#clamp(px - reach), this.#clamp(px + reach + 1)];
    const [top, bottom] = [this.#clamp(py - reach), this.#clamp(py + reach + 1)];
    for (let y = top; y < bottom; y++) {
      for (let x = left; x < right; x++) {
        const dx = x + 0.5 - px;
        const dy = y + 0.5 - py;
        const u = (this.#a * dx + this.#b * dy) / (square * rx);
        const v = (this.#a * dy - this.#b * dx) / (square * ry);
        const inside = 1 - u * u - v * v;
        const pixel = y * this.size + x;
        if (inside > 0) this.#lay(pixel, color, color, 0, alpha * inside * inside * (this.#clipped ? this.#clip[pixel]! : 1));
      }
    }
  }

  /** Writes the picture's [size, size, 3] bytes at `offset` of `target`. */
  write(target: Uint8Array, offset: number): void {
    for (let i = 0; i < this.#pixels.length; i++) target[offset + i] = Math.floor(this.#pixels[i]! * 255 + 0.5);
  }

  /** Lays the colour a fraction `t` of the way from `a` to `b` over a pixel. */
  #lay(pixel: number, a: Color, b: Color, t: number, opacity: number): void {
    const pixels = this.#pixels;
    for (let k = 0; k < 3; k++) {
      const old = pixels[3 * pixel + k]!;
      pixels[3 * pixel + k] = old + (a[k]! + (b[k]! - a[k]!) * t - old) * opacity;
    }
  }

  #pixelOf([x, y]: Point): Point {
    return [this.#a * x - this.#b * y + this.#e, this.#b * x + this.#a * y + this.#f];
  }

  /** The pixel at a coordinate, kept within 0..size. */
  #clamp(coordinate: number): number {
    return Math.min(Math.max(Math.floor(coordinate), 0), this.size);
  }

  /** Computes how much of each pixel a shape covers, after clipping, within the bounds it returns. */
  #cover(path: Path): Bounds {
    if (this.#corners.length < path.points.length) this.#corners = new Float64Array(2 * path.points.length);
    const corners = this.#corners;
    let left = this.size;
    let top = this.size;
    let right = 0;
    let bottom = 0;
    for (let i = 0; i < path.starts.length; i++) {
      const kept = this.#project(path.points, path.starts[i]!, path.starts[i + 1] ?? path.points.length, corners);
      for (let k = 0; k < kept; k += 2) {
        left = Math.min(left, corners[k]!);
        right = Math.max(right, corners[k]!);
        top = Math.min(top, corners[k + 1]!);
        bottom = Math.max(bottom, corners[k + 1]!);
      }
      this.#trace(corners, kept);
    }
    const bounds = { left: this.#clamp(left), top: this.#clamp(top), right: this.#clamp(right + 1), bottom: this.#clamp(bottom + 1) };
    this.#sum(bounds);
    return bounds;
  }

  /** Turns the areas summed into coverage, and clears them. */
  #sum({ left, top, right, bottom }: Bounds): void {
    const areas = this.#areas;
    const coverage = this.#coverage;
    const clip = this.#clipped ? this.#clip : null;
    const width = this.size + 2;
    for (let y = top; y < bottom; y++) {
      let area = 0;
      for (let x = left; x < right; x++) {
        area += areas[y * width + x]!;
        const pixel = y * this.size + x;
        // Rounding leaves traces of area behind an edge.
        const covered = area > 1 / 1024 ? Math.min(area, 1) : 0;
        coverage[pixel] = clip ? covered * clip[pixel]! : covered;
      }
      areas.fill(0, y * width + left, y * width + right + 2);
    }
  }

  /** Brings the corners of one outline to the canvas, leaving out those within a quarter of a pixel of the one before. Returns the end of what is kept. */
  #project(points: readonly number[], start: number, end: number, corners: Float64Array): number {
    let kept = 0;
    for (let k = start; k < end; k += 2) {
      const x = this.#a * points[k]! - this.#b * points[k + 1]! + this.#e;
      const y = this.#b * points[k]! + this.#a * points[k + 1]! + this.#f;
      if (kept > 0) {
        const dx = x - corners[kept - 2]!;
        const dy = y - corners[kept - 1]!;
        if (dx * dx + dy * dy < 1 / 16) continue;
      }
      corners[kept++] = x;
      corners[kept++] = y;
    }
    return kept;
  }

  /** Sums the areas of one outline, counted positive whichever way it runs. */
  #trace(corners: Float64Array, end: number): void {
    const sign = -turnOf(corners, 0, end);
    for (let k = 0, last = end - 2; k < end; last = k, k += 2) {
      const y0 = corners[last + 1]!;
      const y1 = corners[k + 1]!;
      if (y0 < y1) this.#edge(corners[last]!, y0, corners[k]!, y1, sign);
      else if (y0 > y1) this.#edge(corners[k]!, y1, corners[last]!, y0, -sign);
    }
  }

  /** Adds the area that an edge leaves to its right; y0 < y1. */
  #edge(x0: number, y0: number, x1: number, y1: number, sign: number): void {
    const { size } = this;
    const slope = (x1 - x0) / (y1 - y0);
    const left = Math.min(Math.max(Math.min(x0, x1), 0), size);
    const right = Math.min(Math.max(x0, x1, 0), size);
    const bottom = Math.min(y1, size);
    for (let y = Math.max(y0, 0); y < bottom; ) {
      const row = Math.floor(y);
      const next = Math.min(row + 1, bottom);
      const from = x0 + (y - y0) * slope;
      const to = x0 + (next - y0) * slope;
      const near = Math.min(Math.max(Math.min(from, to), left), right);
      const far = Math.min(Math.max(from, to, left), right);
      this.#spread(row * (size + 2), near, far, (next - y) * sign);
      y = next;
    }
  }

  /** Adds the area to the right of an edge that crosses one row, `height` of it, between `near` and `far`. */
  #spread(row: number, near: number, far: number, height: number): void {
    let x = Math.floor(near);
    do {
      const start = Math.max(near, x);
      const end = Math.min(far, x + 1);
      const part = far > near ? (height * (end - start)) / (far - near) : height;
      const beyond = part * ((start + end) / 2 - x);
      this.#areas[row + x]! += part - beyond;
      this.#areas[row + x + 1]! += beyond;
      x++;
    } while (x < far);
  }
}
