/** `ganvas sample`: pictures of a model. */
import { mkdir, open, readFile, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Images } from "../../index.ts";
import { writeWhole } from "../../node.ts";
import { plotPoints } from "../../plots.ts";
import type { SampleArguments } from "../arguments.ts";
import type { Surroundings } from "../context.ts";
import { blame, blameOptions, oneLine, UsageError } from "../errors.ts";
import { exists } from "../exists.ts";
import { tellJSON } from "../json.ts";
import { type OpenModel, openModel } from "../model.ts";
import { Speed, showProgress } from "../progress.ts";

const DEFAULT_COUNT = 64;
const DEFAULT_GRID = "samples";

/** Pictures that are made at once, at most: what is lost by an interruption. */
const TOGETHER = 64;

/** Digits of a picture's number. */
const DIGITS = 6;

/** What all pictures of a call have in common. */
interface Request {
  readonly seed: number;
  readonly truncation?: number;
  readonly condition?: number | readonly number[];
}

/**
 * Makes pictures as the command line says.
 *
 * @throws {UsageError} before anything is written, if it asks for what cannot be
 */
export async function makeSamples(path: string, given: SampleArguments, surroundings: Surroundings): Promise<void> {
  const { grid, out, shard, truncation, condition, seed = 0 } = given;
  if (grid !== undefined && out !== undefined) throw new UsageError("--grid: expected none with --out, got both");
  if (shard && out === undefined) throw new UsageError("--shard: expected --out with it, as parts are put together in a folder");
  using model = await openModel(path, surroundings);
  const request: Request = {
    seed,
    ...(truncation !== undefined && { truncation }),
    ...(condition !== undefined && { condition: conditionOf(model, condition) }),
  };
  if (out === undefined) await makeGrid(model, request, given, surroundings);
  else await makeFiles(model, request, out, given, surroundings);
}

/** A class by its name or number, or numbers, as the model takes it. */
function conditionOf({ spec, classes }: OpenModel, text: string): number | readonly number[] {
  const { condition } = spec;
  if (!condition) throw new UsageError(`--condition: expected none, as this model has no classes, got ${JSON.stringify(text)}`);
  if (!("classes" in condition)) {
    const numbers = text.split(",").map(Number);
    if (text === "" || !numbers.every(Number.isFinite)) throw new UsageError(`--condition: expected numbers with commas between them, got ${text}`);
    return numbers;
  }
  const index = classes?.indexOf(text) ?? -1;
  if (index >= 0) return index;
  // Where names are numbers, as folders 1 and 2 are, a number is a name.
  if (classes?.some((name) => /^\d+$/.test(name))) {
    throw new UsageError(`--condition: expected the name of a class, ${classes.join(", ")}, got ${JSON.stringify(text)}`);
  }
  const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (number < condition.classes) return number;
  const names = classes ? classes.join(", ") : "classes without names";
  throw new UsageError(`--condition: expected a class, 0 to ${condition.classes - 1} (${names}), got ${JSON.stringify(text)}`);
}

async function makeGrid({ generator, spec }: OpenModel, request: Request, given: SampleArguments, { out, signal }: Surroundings): Promise<void> {
  const { count = DEFAULT_COUNT, scale = 1, grid, json } = given;
  const isPicture = spec.shape.length === 3;
  const file = grid ?? `${DEFAULT_GRID}.${isPicture ? "png" : "svg"}`;
  // What was not named is not written over either.
  if (grid === undefined && (await exists(file))) throw new UsageError(`${file} is there already; --grid says where the picture goes`);
  await refuseFile(file);
  const images = await blameOptions(() => generator.sample({ count, ...request, signal }));
  const content = isPicture
    ? await blame("", () => images.toPNG({ scale }))
    : plotPoints([{ name: "samples", points: images }], { title: "Samples" });
  await writeWhole(file, content);
  if (json) tellJSON(out, "grid", { file, count, seed: request.seed });
  else out.write(`${count} ${isPicture ? "pictures" : "points"} of seed ${request.seed} are in ${file}.\n`);
}

/** Refuses a path at which no file can be written, before it is made. */
async function refuseFile(file: string): Promise<void> {
  const isFolder = async (path: string) => (await stat(path).catch(() => null))?.isDirectory() === true;
  if (await isFolder(file)) throw new UsageError(`--grid: expected a file, got a folder, ${file}`);
  if (!(await isFolder(dirname(file)))) throw new UsageError(`--grid: expected a file in a folder that is there, got ${file}`);
}

async function makeFiles(model: OpenModel, request: Request, folder: string, given: SampleArguments, surroundings: Surroundings): Promise<void> {
  const { count = DEFAULT_COUNT, scale = 1, shard: [part, of] = [1, 1], json } = given;
  const { out, signal } = surroundings;
  const { generator, spec, fingerprint } = model;
  if (spec.shape.length !== 3) throw new UsageError("--out: expected none, as this model makes points; --grid draws them");
  const { seed } = request;
  const nameOf = (index: number): string => join(folder, `${seed}-${String(index).padStart(DIGITS, "0")}.png`);
  await prepareFolder(folder, seed, { model: fingerprint, ...request, scale });
  const indices = Array.from({ length: Math.ceil((count - part + 1) / of) }, (_, k) => part - 1 + k * of);
  const progress = json ? undefined : showProgress(out, { unit: "picture", total: indices.length });
  const speed = new Speed(0);
  let [done, made] = [0, 0];
  const tell = () => {
    speed.note(made);
    const { perSecond } = speed;
    const state = made < done ? `${done - made} were there` : "";
    const secondsLeft = perSecond && (indices.length - done) / perSecond;
    progress?.update(done / Math.max(1, indices.length), () => ({ done, state, imagesPerSecond: perSecond, secondsLeft }));
  };
  try {
    for (let at = 0; at < indices.length && !signal.aborted; ) {
      const missing: number[] = [];
      for (; at < indices.length && missing.length < TOGETHER; at++) {
        if (await isWhole(nameOf(indices[at]!))) done++;
        else missing.push(indices[at]!);
      }
      if (missing.length > 0) {
        const images = await blame("", () => generator.sample({ ...request, indices: missing, signal })).catch((error) => {
          if (signal.aborted) return null;
          throw error;
        });
        if (!images) break;
        for (const [i, index] of missing.entries()) {
          const file = nameOf(index);
          await writeWhole(file, await pictureOf(images, i, scale));
          if (json) tellJSON(out, "picture", { index, file });
        }
        done += missing.length;
        made += missing.length;
      }
      tell();
    }
  } finally {
    progress?.stop();
  }
  if (json) tellJSON(out, "end", { folder, made, there: done - made, interrupted: signal.aborted });
  else if (signal.aborted) out.write(`Interrupted: ${done} of ${indices.length} pictures are in ${folder}. The same command makes the others.\n`);
  else
    out.write(`${indices.length} pictures of seed ${seed} are in ${folder}${made < done ? `, of which ${done - made} were there already` : ""}.\n`);
}

const pictureOf = (images: Images, i: number, scale: number): Promise<Uint8Array> => images.at(i).toPNG({ scale });

/** Makes the folder, and sees to it that pictures of one seed there are all of one model and made in one way. @throws {UsageError} */
async function prepareFolder(folder: string, seed: number, made: object): Promise<void> {
  await blame("--out", async () => {
    await mkdir(folder, { recursive: true });
    const note = join(folder, `${seed}.json`);
    const text = `${JSON.stringify(made, null, 2)}\n`;
    const there = (await exists(note)) ? await readFile(note, "utf8") : null;
    if (there === text) return;
    if (there !== null) {
      throw new UsageError(
        `--out: ${folder} has pictures of seed ${seed} that were made otherwise: expected ${compact(there)} of ${note}, got ${JSON.stringify(made)}`,
      );
    }
    await writeWhole(note, text);
  });
}

/** JSON as one line, if it is any. */
function compact(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text));
  } catch {
    return oneLine(text);
  }
}

/** The last chunk of every PNG. */
const END = Buffer.from([0, 0, 0, 0, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82]);

/** Whether a picture is there to its end. */
async function isWhole(path: string): Promise<boolean> {
  const file = await open(path).catch(() => null);
  if (!file) return false;
  try {
    const { size } = await file.stat();
    if (size < END.length) return false;
    const { buffer } = await file.read(Buffer.alloc(END.length), 0, END.length, size - END.length);
    return buffer.equals(END);
  } finally {
    await file.close();
  }
}
