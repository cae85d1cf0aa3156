/** What the tests of the command have in common. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Writable } from "node:stream";
import { cli } from "../../src/cli/cli.ts";
import { animeFaces } from "../../src/datasets.ts";
import { Image } from "../../src/index.ts";
import { ROOT } from "../child.ts";

/** The command as it is built. */
export const COMMAND = join(ROOT, "dist/cli.js");

/** A model that learns in no time. */
export const TINY = ["--size", "16", "--width", "4", "--latent", "4", "--batch-size", "4", "--threads", "1", "--backend", "wasm"];

/** A stream that keeps what is written to it. */
export class Sink extends Writable {
  text = "";
  constructor(
    readonly onText = (_: string) => {},
    readonly isTTY = false,
  ) {
    super();
  }
  override _write(chunk: Buffer, _: string, done: () => void) {
    this.text += chunk;
    this.onText(String(chunk));
    done();
  }
}

/** Runs the command in this process. */
export async function ganvas(
  argv: readonly string[],
  { signal = new AbortController().signal, onText = (_: string) => {}, version = "0.1.0", debug = false } = {},
) {
  const [out, err] = [new Sink(onText), new Sink()];
  const code = await cli(argv, { out, err, signal, version, debug });
  return { code, out: out.text, err: err.text };
}

/** Reports, a line each. */
export const reports = (text: string): Record<string, unknown>[] =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));

/** Writes drawn faces as PNGs, in a folder for each class. */
export async function writeFaces(folder: string, classes: readonly string[], each: number): Promise<void> {
  const faces = animeFaces({ count: classes.length * each, size: 20, seed: 5 });
  for (const [c, name] of classes.entries()) {
    mkdirSync(join(folder, name), { recursive: true });
    for (let i = 0; i < each; i++) {
      const { data } = faces.take([c * each + i]);
      writeFileSync(join(folder, name, `${i}.png`), await new Image([20, 20, 3], data).toPNG());
    }
  }
}

/** A file in MNIST's format. */
const idx = (shape: readonly number[], data: readonly number[]): Uint8Array =>
  Uint8Array.of(0, 0, 8, shape.length, ...shape.flatMap((n) => [n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255]), ...data);

/** Writes six grey images of 16 x 16, and their labels, of three classes. */
export function writeDigits(images: string, labels: string): void {
  const pixels = Array.from({ length: 6 * 256 }, (_, i) => i % 251);
  writeFileSync(images, idx([6, 16, 16], pixels));
  writeFileSync(labels, idx([6], [0, 1, 2, 0, 1, 2]));
}
