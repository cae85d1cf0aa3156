/** Images side by side, and how the first of them came to be. */
import type { Pictures } from "./view.ts";

const GAP = 1;

const columnsOf = (count: number): number => Math.ceil(Math.sqrt(count));

const imageOf = ({ rgba, height, width }: Pictures, i: number): ImageData => {
  const size = 4 * height * width;
  return new ImageData(rgba.subarray(i * size, (i + 1) * size), width, height);
};

/** Sets a canvas to as many pixels as its images have, and draws them; how large it is shown is a matter of style. */
export function drawPictures(canvas: HTMLCanvasElement, pictures: Pictures): void {
  const { height, width, count } = pictures;
  const columns = columnsOf(count);
  resize(canvas, columns * (width + GAP) - GAP, Math.ceil(count / columns) * (height + GAP) - GAP);
  const context = canvas.getContext("2d")!;
  context.clearRect(0, 0, canvas.width, canvas.height);
  for (let i = 0; i < count; i++) {
    context.putImageData(imageOf(pictures, i), (i % columns) * (width + GAP), Math.floor(i / columns) * (height + GAP));
  }
}

/** Sizes are set only where they change, as that clears the canvas. */
export function resize(canvas: HTMLCanvasElement, width: number, height: number): void {
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
}

/** Columns of a strip; when they are full, every second is left out, so that what there is spans the whole training. */
const MOMENTS = 16;
const ROWS = 4;

const isAlike = (image: ImageData, { width, height }: Pictures): boolean => image.width === width && image.height === height;

/** The first images at moments of a training. */
export class Strip {
  #moments: { readonly step: number; readonly images: readonly ImageData[] }[] = [];
  /** Steps between two moments. */
  #apart = 1;

  clear(): void {
    [this.#moments, this.#apart] = [[], 1];
  }

  get steps(): readonly number[] {
    return this.#moments.map(({ step }) => step);
  }

  /** Images of another size, or of an earlier step, are of another training: it begins anew with them. @returns whether there is something new to draw */
  add(step: number, pictures: Pictures): boolean {
    const last = this.#moments.at(-1);
    if (last && (step < last.step || !isAlike(last.images[0]!, pictures))) this.clear();
    else if (last && step < last.step + this.#apart) return false;
    // The bytes are the frame's, which is drawn and forgotten: these are kept.
    const images = Array.from({ length: Math.min(ROWS, pictures.count) }, (_, i) => {
      const { data, width, height } = imageOf(pictures, i);
      return new ImageData(data.slice(), width, height);
    });
    this.#moments.push({ step, images });
    while (this.#moments.length > MOMENTS) {
      this.#moments = this.#moments.filter((_, i) => i % 2 === 0);
      this.#apart = Math.max(1, this.#moments[1]!.step - this.#moments[0]!.step);
    }
    return true;
  }

  draw(canvas: HTMLCanvasElement): void {
    const first = this.#moments[0]?.images[0];
    if (!first) return;
    const { width, height } = first;
    resize(canvas, this.#moments.length * (width + GAP) - GAP, this.#moments[0]!.images.length * (height + GAP) - GAP);
    canvas.style.width = `${(100 * this.#moments.length) / MOMENTS}%`;
    const context = canvas.getContext("2d")!;
    context.clearRect(0, 0, canvas.width, canvas.height);
    for (const [column, { images }] of this.#moments.entries())
      for (const [row, image] of images.entries()) context.putImageData(image, column * (width + GAP), row * (height + GAP));
  }
}
