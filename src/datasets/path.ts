/** A corner or a control point: x to the right, y down. */
export type Point = readonly [x: number, y: number];

/** Straight pieces that a curve is cut into. */
const PIECES = 8;
/** Control points this far along the tangents make a cubic curve a quarter of a circle, to 0.03 %. */
const QUARTER = 0.5522847498;

/** A shape: the union of what its closed outlines enclose. Built by + - * / and square roots alone. */
export class Path {
  /** x and y of each corner, one outline after another. */
  readonly points: number[] = [];
  /** Where in `points` each outline begins. */
  readonly starts: number[] = [];

  /** Begins an outline. */
  move(x: number, y: number): this {
    this.starts.push(this.points.length);
    return this.line(x, y);
  }

  line(x: number, y: number): this {
    this.points.push(x, y);
    return this;
  }

  /** A quadratic Bézier curve with control point (cx, cy). */
  quad(cx: number, cy: number, x: number, y: number): this {
    const [x0, y0] = this.#end();
    for (let i = 1; i <= PIECES; i++) {
      const t = i / PIECES;
      const u = 1 - t;
      this.line(u * u * x0 + 2 * u * t * cx + t * t * x, u * u * y0 + 2 * u * t * cy + t * t * y);
    }
    return this;
  }

  /** A cubic Bézier curve with control points (ax, ay) and (bx, by). */
  cubic(ax: number, ay: number, bx: number, by: number, x: number, y: number): this {
    const [x0, y0] = this.#end();
    for (let i = 1; i <= PIECES; i++) {
      const t = i / PIECES;
      const u = 1 - t;
      const [a, b, c, d] = [u * u * u, 3 * u * u * t, 3 * u * t * t, t * t * t];
      this.line(a * x0 + b * ax + c * bx + d * x, a * y0 + b * ay + c * by + d * y);
    }
    return this;
  }

  ellipse(x: number, y: number, rx: number, ry: number): this {
    const [kx, ky] = [rx * QUARTER, ry * QUARTER];
    return this.move(x + rx, y)
      .cubic(x + rx, y + ky, x + kx, y + ry, x, y + ry)
      .cubic(x - kx, y + ry, x - rx, y + ky, x - rx, y)
      .cubic(x - rx, y - ky, x - kx, y - ry, x, y - ry)
      .cubic(x + kx, y - ry, x + rx, y - ky, x + rx, y);
  }

  /** A brush stroke along a quadratic curve, `width` wide in the middle, and `ends` times that where it begins and ends. */
  stroke(from: Point, control: Point, to: Point, width: number, ends: Point = [0, 0]): this {
    const back: Point[] = [];
    for (let i = 0; i <= PIECES; i++) {
      const t = i / PIECES;
      const u = 1 - t;
      const x = u * u * from[0] + 2 * u * t * control[0] + t * t * to[0];
      const y = u * u * from[1] + 2 * u * t * control[1] + t * t * to[1];
      const dx = u * (control[0] - from[0]) + t * (to[0] - control[0]);
      const dy = u * (control[1] - from[1]) + t * (to[1] - control[1]);
      const bulge = 4 * t * u;
      const half = (width / 2) * (bulge + (1 - bulge) * (u * ends[0] + t * ends[1]));
      const reach = half / (Math.sqrt(dx * dx + dy * dy) || 1);
      if (i === 0) this.move(x + dy * reach, y - dx * reach);
      else this.line(x + dy * reach, y - dx * reach);
      back.push([x - dy * reach, y + dx * reach]);
    }
    for (const [x, y] of back.reverse()) this.line(x, y);
    return this;
  }

  /** The shape with every corner moved outwards by `distance`. */
  grown(distance: number): Path {
    const { points } = this;
    const path = new Path();
    this.starts.forEach((start, i) => {
      const end = this.starts[i + 1] ?? points.length;
      path.starts.push(start);
      const outwards = turnOf(points, start, end) * distance;
      for (let k = start; k < end; k += 2) {
        const before = k === start ? end - 2 : k - 2;
        const after = k + 2 === end ? start : k + 2;
        const dx = points[after]! - points[before]!;
        const dy = points[after + 1]! - points[before + 1]!;
        const reach = outwards / (Math.sqrt(dx * dx + dy * dy) || 1);
        path.points.push(points[k]! + dy * reach, points[k + 1]! - dx * reach);
      }
    });
    return path;
  }

  /** Takes in the outlines of another path. */
  add(path: Path): this {
    for (const start of path.starts) this.starts.push(start + this.points.length);
    for (const value of path.points) this.points.push(value);
    return this;
  }

  /** The shape scaled by (sx, sy) and then moved by (x, y); a negative scale mirrors it. */
  transformed(sx: number, sy: number, x: number, y: number): Path {
    const path = new Path();
    path.starts.push(...this.starts);
    for (let i = 0; i < this.points.length; i += 2) path.line(this.points[i]! * sx + x, this.points[i + 1]! * sy + y);
    return path;
  }

  /** The shape with left and right exchanged. */
  mirrored(): Path {
    return this.transformed(-1, 1, 0, 0);
  }

  #end(): Point {
    return [this.points[this.points.length - 2]!, this.points[this.points.length - 1]!];
  }
}

/** Which way the outline in `points` from `start` to `end` runs: 1 if clockwise as seen on a screen, -1 if not. */
export function turnOf(points: ArrayLike<number>, start: number, end: number): number {
  let area = 0;
  for (let k = start, last = end - 2; k < end; last = k, k += 2) area += points[last]! * points[k + 1]! - points[k]! * points[last + 1]!;
  return area < 0 ? -1 : 1;
}
