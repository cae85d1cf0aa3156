/** Data and generated points in the plane, over what the discriminator thinks of each place (after GAN Lab: Kahng et al. 2018). */
import { type Plane, REACH } from "./view.ts";

/** Of the page's style. */
interface Colors {
  readonly real: string;
  readonly generated: string;
  readonly ground: string;
}

const colorsOf = (element: Element): Colors => {
  const style = getComputedStyle(element);
  const color = (name: string): string => style.getPropertyValue(name).trim();
  return { real: color("--real"), generated: color("--generated"), ground: color("--surface") };
};

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

/** The ground as pixels: towards one colour where points are taken for real, towards the other where not. */
function ground({ landscape, side }: Plane, { real, generated, ground: middle }: Colors, bounded: boolean): ImageData {
  const [above, below, none] = [channels(real), channels(generated), channels(middle)];
  const picture = new ImageData(side, side);
  for (const [i, share] of shares(landscape, bounded).entries()) {
    // Small differences are to be seen too.
    const [end, weight] = [share > 0 ? above : below, 0.5 * Math.abs(share) ** 0.7];
    for (let c = 0; c < 3; c++) picture.data[4 * i + c] = none[c]! + weight * (end[c]! - none[c]!);
    picture.data[4 * i + 3] = 255;
  }
  return picture;
}

/** Every so many points have an arrow: more would hide each other. */
const ARROW_EVERY = 3;
const LONGEST = 0.22;

/** @param bounded whether the scores are a classifier's, and not a critic's */
export function drawPlane(canvas: HTMLCanvasElement, plane: Plane, bounded: boolean): void {
  const colors = colorsOf(canvas);
  const context = canvas.getContext("2d")!;
  const size = canvas.width;
  const unit = size / (2 * REACH);
  const at = (x: number, y: number): [number, number] => [(x + REACH) * unit, (REACH - y) * unit];
  context.clearRect(0, 0, size, size);
  if (plane.landscape.length > 0) {
    small.canvas.width = small.canvas.height = plane.side;
    small.putImageData(ground(plane, colors, bounded), 0, 0);
    context.imageSmoothingEnabled = true;
    context.imageSmoothingQuality = "high";
    context.drawImage(small.canvas, 0, 0, size, size);
  }
  const dot = size / 220;
  const dots = (points: Float32Array, color: string, alpha: number): void => {
    context.fillStyle = color;
    context.globalAlpha = alpha;
    context.beginPath();
    for (let i = 0; i < points.length; i += 2) {
      const [x, y] = at(points[i]!, points[i + 1]!);
      context.moveTo(x + dot, y);
      context.arc(x, y, dot, 0, 2 * Math.PI);
    }
    context.fill();
    context.globalAlpha = 1;
  };
  dots(plane.real, colors.real, 0.75);
  arrows(context, plane, colors.generated, at, unit);
  dots(plane.generated, colors.generated, 0.9);
}

/** Lengths are told apart, and none is longer than `LONGEST`, as the steepest tenth is. */
function arrows(
  context: CanvasRenderingContext2D,
  { generated, slopes }: Plane,
  color: string,
  at: (x: number, y: number) => [number, number],
  unit: number,
): void {
  if (slopes.length === 0) return;
  const steepness = Array.from({ length: slopes.length / 2 }, (_, i) => Math.hypot(slopes[2 * i]!, slopes[2 * i + 1]!));
  const usual = [...steepness].sort((a, b) => a - b)[Math.floor(0.9 * steepness.length)]!;
  if (!(usual > 0)) return;
  context.strokeStyle = color;
  context.lineWidth = unit / 90;
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
