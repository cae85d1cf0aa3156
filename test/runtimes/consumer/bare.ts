/** What compiles with the language alone. */
import type { ImageDataLike, ResponseLike } from "ganvas";
import { images } from "./common.js";

export const png: Uint8Array = await images.toPNG();
export const picture: ImageDataLike = images.toImageData();
const response = await images.toResponse();
export const body: ArrayBuffer = await response.arrayBuffer();
export const kind: string | null = response.headers.get("content-type");
export const same: ResponseLike = response;
// @ts-expect-error there is no such field to be seen
response.url;
