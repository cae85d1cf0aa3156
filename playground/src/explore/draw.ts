/** What a generator made, on a canvas: images as they are, points as dots of the plane. */
import type { Made } from "../lab.ts";

/** The plane is shown as far as this in both directions. */
const REACH = 1.5;
const PLANE_PIXELS = 512;

/** @param marked which of the points is meant, where the others only show the way */
export function drawMade(canvas: HTMLCanvasElement, made: Made, marked?: number): void {
  canvas.classList.toggle("plane", made.shape.length === 2);
  if (made.shape.length === 2) drawPoints(canvas, made, marked);
  else drawImages(canvas, made);
}

function drawImages(canvas: HTMLCanvasElement, { data, shape }: Made): void {
  const [count, height, width, channels] = shape as [number, number, number, number];
  const columns = Math.ceil(Math.sqrt(count));
  canvas.width = columns * width;
  canvas.height = Math.ceil(count / columns) * height;
  const context = canvas.getContext("2d")!;
  for (let i = 0; i < count; i++) {
    const image = new ImageData(width, height);
    for (let pixel = 0; pixel < height * width; pixel++) {
      const from = (i * height * width + pixel) * channels;
      // One channel is grey.
      for (let c = 0; c < 3; c++) image.data[4 * pixel + c] = (data[from + (channels === 1 ? 0 : c)]! + 1) * 127.5;
      image.data[4 * pixel + 3] = 255;
    }
    context.putImageData(image, (i % columns) * width, Math.floor(i / columns) * height);
  }
}

function drawPoints(canvas: HTMLCanvasElement, { data, shape }: Made, marked?: number): void {
  canvas.width = canvas.height = PLANE_PIXELS;
  const context = canvas.getContext("2d")!;
  const style = getComputedStyle(canvas);
  const at = (value: number): number => ((value + REACH) / (2 * REACH)) * PLANE_PIXELS;
  context.strokeStyle = style.getPropertyValue("--line");
  context.lineWidth = 2;
  context.beginPath();
  for (const [from, to] of [
    [
      [-REACH, 0],
      [REACH, 0],
    ],
    [
      [0, -REACH],
      [0, REACH],
    ],
  ] as const) {
    context.moveTo(at(from[0]), at(from[1]));
    context.lineTo(at(to[0]), at(to[1]));
  }
  context.stroke();
  const dot = (i: number, radius: number): void => {
    context.beginPath();
    context.arc(at(data[2 * i]!), at(-data[2 * i + 1]!), radius, 0, 2 * Math.PI);
    context.fill();
  };
  context.fillStyle = style.getPropertyValue(marked === undefined ? "--generated" : "--muted");
  for (let i = 0; i < shape[0]!; i++) dot(i, marked === undefined ? 8 : 4);
  if (marked === undefined) return;
  context.fillStyle = style.getPropertyValue("--generated");
  dot(marked, 12);
}
