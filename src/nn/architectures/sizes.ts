/** The sizes of images that networks of halvings take. */
import type { Shape } from "../../core/shape.ts";

/** How often images are halved, and how large they are then. */
export interface Halvings {
  readonly levels: number;
  /** [height, width]. */
  readonly base: readonly [number, number];
}

/** The shorter side once nothing is halved any more. */
const LEAST = 4;
const MOST = 7;

/** Both sides are halved together until the shorter is 4 to 7 pixels long; null where they cannot be. */
export function halvings(shape: Shape): Halvings | null {
  let [height, width] = shape as readonly [number, number];
  let levels = 0;
  while (shape.length === 3 && Math.min(height, width) > MOST && height % 2 === 0 && width % 2 === 0) {
    height /= 2;
    width /= 2;
    levels++;
  }
  const shorter = Math.min(height, width);
  return levels > 0 && shorter >= LEAST && shorter <= MOST ? { levels, base: [height, width] } : null;
}

/** Null for images that halve; for others what would, the nearest sizes among it, as it completes "expected ...". */
export function halvingsExpected(shape: Shape): string | null {
  if (halvings(shape)) return null;
  const rule = "images whose sides halve evenly, both as often, until the shorter is 4 to 7 pixels long";
  if (shape.length !== 3) return `${rule} (28×28, 32×32, 64×96, ...)`;
  const sizes = [nearest(shape, Math.floor), nearest(shape, Math.ceil)];
  const texts = new Set(sizes.map((size) => size.join("×")));
  return `${rule} (nearest ${texts.size > 1 ? "are" : "is"} ${[...texts].join(" and ")})`;
}

/** The nearest [height, width] that halves, each side rounded in this direction where one can be found there. */
function nearest(shape: Shape, round: (x: number) => number): Shape {
  const sides = shape.slice(0, 2);
  const distance = (size: Shape): number => size.reduce((sum, side, i) => sum + Math.abs(side - sides[i]!), 0);
  // 2^14 · 4 is the longest side that a shorter one may have.
  const sizes = Array.from({ length: 14 }, (_, i) => sides.map((side) => Math.max(round(side / 2 ** (i + 1)), LEAST) * 2 ** (i + 1)));
  const fitting = sizes.filter((size) => halvings([...size, 1]));
  return fitting.reduce((best, size) => (distance(size) < distance(best) ? size : best));
}
