/** What a generator made, on a canvas: as the main view draws it, points larger. */
import type { Made } from "../lab.ts";
import { drawPictures, resize } from "../views/pictures.ts";
import { type Dots, drawAxes, drawPoints } from "../views/plane.ts";
import { inPlane, picturesOf } from "../views/view.ts";

const PLANE_PIXELS = 640;
const POINT: Dots = { color: "--generated", radius: 0.05 };
const MARKED: Dots = { color: "--generated", radius: 0.075 };
const PATH: Dots = { color: "--muted", radius: 0.022 };

/** Whether points were made, and not images. */
export const isPoints = ({ shape }: Made): boolean => shape.length === 2;

export function drawSamples(canvas: HTMLCanvasElement, made: Made): void {
  canvas.classList.toggle("plane", isPoints(made));
  if (isPoints(made)) drawPoints(emptyPlane(canvas), placesOf(made), POINT);
  else drawPictures(canvas, picturesOf(made.data, made.shape));
}

/** Points one after another as a path. @param marked the one that is meant, where the others only show the way */
export function drawPath(canvas: HTMLCanvasElement, made: Made, marked: number): void {
  canvas.classList.add("plane");
  const places = placesOf(made);
  drawPoints(emptyPlane(canvas), places, PATH);
  drawPoints(canvas, places.subarray(2 * marked, 2 * marked + 2), MARKED);
}

const placesOf = ({ data, shape }: Made): Float32Array => inPlane(data, shape[1]!);

function emptyPlane(canvas: HTMLCanvasElement): HTMLCanvasElement {
  resize(canvas, PLANE_PIXELS, PLANE_PIXELS);
  drawAxes(canvas);
  return canvas;
}
