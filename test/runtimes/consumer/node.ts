/** What compiles where there is Node, without the DOM. */
import { createReadStream } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { type AbortSignalLike, loadGAN, type ResponseLike } from "ganvas";
import { readIdx } from "ganvas/datasets";
import { type ImageFolder, imageFolder } from "ganvas/node";
import { gan, images } from "./common.js";

export const response: Response = await images.toResponse();
export const alike: ResponseLike = response;
export const file = new Blob([await images.toPNG()]);
await writeFile("model.safetensors", await gan.save());
export const copy = await loadGAN(await readFile("model.safetensors"), { backend: "wasm" });
export const digits = readIdx(await readFile("train-images-idx3-ubyte.gz"));
export const signal: AbortSignalLike = AbortSignal.timeout(1000);
await gan.train(createReadStream("faces") as AsyncIterable<Uint8Array>, { steps: 1, signal: new AbortController().signal });
export const faces: ImageFolder = await imageFolder("faces", { shape: [64, 64, 3], labels: "folders", signal: AbortSignal.timeout(1000) });
await gan.train(faces, { steps: 1 });
export const bytes: Uint8Array = await faces.read([0, 1]);
export const classes: readonly string[] = faces.classes;
await gan.train(await faces.load({ count: 10 }), { steps: 1 });
