/** Data and generated points in the plane, over what the discriminator thinks of each place (after GAN Lab: Kahng et al. 2018). */
import { type Plane, REACH } from "./view.ts";

/** Colours of the page's style, as custom properties. */
export type Color = "--real" | "--generated" | "--muted";

const colorOf = (element: Element, name: Color | "--surface" | "--line"): string => getComputedStyle(element).getPropertyValue(name).trim();

/** How points are drawn. */
export interface Dots {
  readonly color: Color;
  /** In units of the plane. */
  readonly radius: number;
  readonly alpha?: number;
}

const unitOf = (canvas: HTMLCanvasElement): number => canvas.width / (2 * REACH);

/** From the plane to pixels of a canvas that is a square. */
const placing = (canvas: HTMLCanvasElement): ((x: number, y: number) => [number, number]) => {
  const unit = unitOf(canvas);
  return (x, y) => [(x + REACH) * unit, (REACH - y) * unit];
};

/** An empty plane with its two axes. */
export function drawAxes(canvas: HTMLCanvasElement): void {
  const context = canvas.getContext("2d")!;
  const at = placing(canvas);
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.strokeStyle = colorOf(canvas, "--line");
  context.lineWidth = unitOf(canvas) / 140;
  context.beginPath();
  context.moveTo(...at(-REACH, 0));
  context.lineTo(...at(REACH, 0));
  context.moveTo(...at(0, -REACH));
  context.lineTo(...at(0, REACH));
  context.stroke();
}

/** @param points x and y, one after another */
export function drawPoints(canvas: HTMLCanvasElement, points: Float32Array, { color, radius, alpha = 1 }: Dots): void {
  const context = canvas.getContext("2d")!;
  const at = placing(canvas);
  context.fillStyle = colorOf(canvas, color);
  context.globalAlpha = alpha;
  for (let i = 0; i < points.length; i += 2) {
    context.beginPath();
    context.arc(...at(points[i]!, points[i + 1]!), radius * unitOf(canvas), 0, 2 * Math.PI);
    context.fill();
  }
  context.globalAlpha = 1;
}

/** Of another size: what is drawn is enlarged from it. */
const small = document.createElement("canvas").getContext("2d")!;

const channels = (color: string): readonly [number, number, number] => {
  // However it is written, it is read back as #rrggbb.
  small.fillStyle = color;
  const digits = Number.parseInt(`${small.fillStyle}`.slice(1), 16);
  return [(digits >> 16) & 255, (digits >> 8) & 255, digits & 255];
};

/** A score as a share in [-1, 1]: by the logistic function where scores are those of a classifier, else by the range that they have. */
function shares(scores: Float32Array, bounded: boolean): Float32Array {
  if (bounded) return scores.map((score) => 2 / (1 + Math.exp(-score)) - 1);
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const score of scores) [low, high] = [Math.min(low, score), Math.max(high, score)];
  return scores.map((score) => (high > low ? (2 * (score - low)) / (high - low) - 1 : 0));
}

/** The landscape as pixels: towards one colour where points are taken for real, towards the other where not. */
function landscapeOf(canvas: HTMLCanvasElement, { landscape, side }: Plane, bounded: boolean): ImageData {
  const [above, below, none] = [
    channels(colorOf(canvas, "--real")),
    channels(colorOf(canvas, "--generated")),
    channels(colorOf(canvas, "--surface")),
  ];
  const picture = new ImageData(side, side);
  for (const [i, share] of shares(landscape, bounded).entries()) {
    // Small differences are to be seen too.
    const [end, weight] = [share > 0 ? above : below, 0.5 * Math.abs(share) ** 0.7];
    for (let c = 0; c < 3; c++) picture.data[4 * i + c] = none[c]! + weight * (end[c]! - none[c]!);
    picture.data[4 * i + 3] = 255;
  }
  return picture;
}

function drawLandscape(canvas: HTMLCanvasElement, plane: Plane, bounded: boolean): void {
  small.canvas.width = small.canvas.height = plane.side;
  small.putImageData(landscapeOf(canvas, plane, bounded), 0, 0);
  const context = canvas.getContext("2d")!;
  context.imageSmoothingEnabled = true;
  context.drawImage(small.canvas, 0, 0, canvas.width, canvas.height);
}

/** Every so many points have an arrow: more would hide each other. */
const ARROW_EVERY = 3;
const LONGEST = 0.22;
const RADIUS = 0.0145;

/** @param bounded whether the scores are a classifier's, and not a critic's */
export function drawPlane(canvas: HTMLCanvasElement, plane: Plane, bounded: boolean): void {
  if (plane.landscape.length > 0) drawLandscape(canvas, plane, bounded);
  else drawAxes(canvas);
  // On a line they lie over each other: where there are more, it is darker.
  const opacity = plane.dimensions === 1 ? 0.3 : 1;
  drawPoints(canvas, plane.real, { color: "--real", radius: RADIUS, alpha: 0.75 * opacity });
  drawArrows(canvas, plane);
  drawPoints(canvas, plane.generated, { color: "--generated", radius: RADIUS, alpha: 0.9 * opacity });
}

/** Lengths are told apart, and none is longer than `LONGEST`, as the steepest tenth is. */
function drawArrows(canvas: HTMLCanvasElement, { generated, slopes }: Plane): void {
  if (slopes.length === 0) return;
  const steepness = Array.from({ length: slopes.length / 2 }, (_, i) => Math.hypot(slopes[2 * i]!, slopes[2 * i + 1]!));
  const usual = [...steepness].sort((a, b) => a - b)[Math.floor(0.9 * steepness.length)]!;
  if (!(usual > 0)) return;
  const context = canvas.getContext("2d")!;
  const at = placing(canvas);
  context.strokeStyle = colorOf(canvas, "--generated");
  context.lineWidth = unitOf(canvas) / 90;
  context.globalAlpha = 0.8;
  context.beginPath();
  for (let i = 0; i < steepness.length; i += ARROW_EVERY) {
    const length = Math.min(1, steepness[i]! / usual) * LONGEST;
    if (!(length > 0.01)) continue;
    const [dx, dy] = [slopes[2 * i]! / steepness[i]!, slopes[2 * i + 1]! / steepness[i]!];
    const [x, y] = [generated[2 * i]!, generated[2 * i + 1]!];
    const [tipX, tipY] = [x + length * dx, y + length * dy];
    const head = Math.min(0.05, length / 2);
    context.moveTo(...at(x, y));
    context.lineTo(...at(tipX, tipY));
    for (const turn of [-1, 1]) {
      context.moveTo(...at(tipX, tipY));
      context.lineTo(...at(tipX - head * (dx - turn * 0.6 * dy), tipY - head * (dy + turn * 0.6 * dx)));
    }
  }
  context.stroke();
  context.globalAlpha = 1;
}
