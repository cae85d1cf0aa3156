/** What compiles where there is the DOM, of a page or of a worker. */
import type { AbortSignalLike, ImageDataLike, ResponseLike } from "ganvas";
import { gan, images } from "./common.js";

export const response: Response = await images.toResponse();
export const alike: ResponseLike = response;
export const picture: ImageData = images.toImageData();
export const pictureAlike: ImageDataLike = picture;
export const draw = (context: OffscreenCanvasRenderingContext2D) => context.putImageData(images.at(0).toImageData({ scale: 2 }), 0, 0);
export const bitmap = await createImageBitmap(images.toImageData());
export const file = new Blob([await images.toPNG(), await gan.save()]);
export const request = fetch("/model", { method: "PUT", body: await gan.save() });
export const signal: AbortSignalLike = AbortSignal.timeout(1000);
export const scores = await gan.discriminate(picture);
await gan.train([picture], { steps: 1, signal: new AbortController().signal });
