/** `ganvas train`: a new run, or one that is gone on with. */
import { realpath } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { CheckpointError, type CreateOptions, createGAN, type GAN, loadGAN, SpecError } from "../../index.ts";
import type { TrainArguments } from "../arguments.ts";
import type { Surroundings } from "../context.ts";
import { type OpenData, openData, refuseOtherClasses } from "../data.ts";
import { blame, blameOptions, FailedError, UsageError } from "../errors.ts";
import { firstWhole, modelFiles } from "../model.ts";
import { checkFolder, makeFolder, sweepFolder } from "../run/directory.ts";
import { runPaths } from "../run/paths.ts";
import { type RecordedOptions, type RunRecord, readRecord } from "../run/record.ts";
import type { Run } from "../run/run.ts";
import { trainRun } from "../run/training.ts";

/** What may be said of a run that is gone on with; all else is as it was when it began. */
const OF_RESUMED: readonly (keyof TrainArguments)[] = [
  "resume",
  "allowChangedData",
  "skipBroken",
  "labels",
  "steps",
  "minutes",
  "keep",
  "checkpointEvery",
  "previewEvery",
  "backend",
  "threads",
  "maxMemory",
  "json",
];

/**
 * Trains as the command line says.
 *
 * @throws {UsageError} before anything is written, if it asks for what cannot be
 */
export async function train(data: string | undefined, given: TrainArguments, surroundings: Surroundings): Promise<void> {
  const run = given.resume === undefined ? await newRun(data, given, surroundings) : await oldRun(given.resume, data, given, surroundings);
  try {
    await trainRun(run, given.json === true, surroundings);
  } finally {
    run.gan.dispose();
    await run.data.close();
  }
}

async function newRun(source: string | undefined, given: TrainArguments, { signal, err }: Surroundings): Promise<Run> {
  const { out = "run", overwrite = false, resume, allowChangedData, json, ...rest } = given;
  const options = fromAnywhere(rest);
  if (!source) throw new UsageError("expected what to train on (a folder of pictures, or faces to see it work), got nothing");
  if (allowChangedData) throw new UsageError("--allow-changed-data: expected --resume with it, got none");
  await checkFolder(out, overwrite);
  const data = await openFor(source, options, signal);
  let gan: GAN | undefined;
  try {
    await refuseMixed(out, data.source);
    gan = await blameOptions(() => createGAN(modelOptions(data, options)));
    // A call of no steps refuses all that one of many would, before an earlier run is gone.
    await blameOptions(() => tryTraining(gan!, data, options));
    // Whoever stops it now may have seen that the folder is another's.
    signal.throwIfAborted();
    await makeFolder(out);
    if (options.architecture === undefined) err.write(await denseNote(gan));
    return { path: out, gan, data, record: { data: recorded(data), options, step: 0, seconds: 0 } };
  } catch (error) {
    gan?.dispose();
    await data.close();
    throw error;
  }
}

async function oldRun(path: string, source: string | undefined, given: TrainArguments, surroundings: Surroundings): Promise<Run> {
  const record = await readRecord(path, surroundings.version);
  if (!record) throw new UsageError(`--resume: expected a run, got ${path}, in which there is no run.json`);
  const others = (Object.keys(given) as (keyof TrainArguments)[]).filter((name) => !OF_RESUMED.includes(name));
  if (others.length > 0) {
    const flag = others[0]!.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    throw new UsageError(`--${flag}: expected none with --resume, as a run goes on as it began`);
  }
  const { resume, allowChangedData = false, json, ...changed } = given;
  const options: RecordedOptions = { ...record.options, ...fromAnywhere(changed) };
  const data = await openFor(source ?? record.data.source, options, surroundings.signal);
  let gan: GAN | undefined;
  try {
    if (data.fingerprint !== record.data.fingerprint && !allowChangedData) {
      const counts = data.count === record.data.count ? `${data.count} examples as before` : `${data.count} examples, ${record.data.count} before`;
      throw new UsageError(`--resume: ${data.source} is no longer what the run began with (${counts}); --allow-changed-data goes on all the same`);
    }
    const known = record.data.classes;
    refuseOtherClasses(data, known, "run");
    gan = await openNewest(path, data, record, options, surroundings);
    await blame(data.source, () => blameOptions(() => tryTraining(gan!, data, options)));
    if (options.steps !== undefined && given.steps !== undefined && options.steps < gan.step) {
      throw new UsageError(`--steps: expected at least ${gan.step}, the steps that are done, got ${options.steps}`);
    }
    await sweepFolder(path);
    return { path, gan, data, record: { data: { ...recorded(data), classes: known }, options, step: gan.step, seconds: record.seconds } };
  } catch (error) {
    gan?.dispose();
    await data.close();
    throw error;
  }
}

/** What is said of networks that learn pictures without convolutions though nobody asked for that: they learn worse, and a size nearby would do. Nothing of others. */
async function denseNote({ spec: { shape, architecture } }: GAN): Promise<string> {
  if (shape.length !== 3 || architecture.generator.some(({ type }) => type.startsWith("conv2d"))) return "";
  const refusal = await createGAN({ shape, architecture: "dcgan" }).then(
    (gan) => gan.dispose(),
    (error) => error,
  );
  if (!(refusal instanceof SpecError)) return "";
  return `ganvas: the networks have dense layers alone, which learn pictures worse than convolutions do; for those, ${refusal.message}\n`;
}

/** Refuses all that training would, before anything is written. */
const tryTraining = (gan: GAN, { examples }: OpenData, { mirror, validation }: RecordedOptions) =>
  gan.train(examples, { steps: 0, mirror, validation });

/** A run is gone on with from wherever one is. */
const fromAnywhere = <T extends RecordedOptions>({ labels, ...others }: T): RecordedOptions => ({
  ...others,
  ...(labels !== undefined && { labels: resolve(labels) }),
});

/** Refuses to write among the pictures that are learned from, and to learn from those that an earlier run in the folder has made: they are removed before the new one begins. */
async function refuseMixed(out: string, source: string): Promise<void> {
  if (!isAbsolute(source)) return; // drawn
  const [run, pictures] = [await truePath(resolve(out)), await realpath(source)];
  if (isWithin(run, pictures)) throw new UsageError(`--out: expected a folder that is not within the pictures, ${source}, got ${out}`);
  const { checkpoints, previews } = runPaths(run);
  for (const folder of [checkpoints, previews]) {
    if (isWithin(pictures, await truePath(folder)))
      throw new UsageError(`--out: expected another folder than that of the run whose previews are learned from, got ${out}`);
  }
}

/** Whether a path is a folder, or leads to something in it. */
function isWithin(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return !(way === ".." || way.startsWith(`..${sep}`) || isAbsolute(way));
}

/** Where a path leads, which need not be there yet: links on the way to it are followed. */
const truePath = (path: string): Promise<string> =>
  realpath(path).catch(async (cause) => {
    const above = dirname(path);
    if (above === path) throw cause;
    return join(await truePath(above), basename(path));
  });

/** The GAN as the newest checkpoint that can be read has it; one with fresh weights where there can be none yet. */
async function openNewest(run: string, data: OpenData, record: RunRecord, options: RecordedOptions, { err }: Surroundings): Promise<GAN> {
  const files = await modelFiles(run);
  if (files.length === 0) {
    if (record.step === 0) return blameOptions(() => createGAN(modelOptions(data, options)));
    throw new UsageError(`--resume: expected a model of ${run}, which is at step ${record.step}, got neither checkpoints nor model.safetensors`);
  }
  const passed: string[] = [];
  const open = () =>
    firstWhole(
      files,
      (bytes) => loadGAN(bytes, backendOptions(options)),
      (path, fault) => {
        passed.push(path);
        err.write(`ganvas: ${path} is broken: ${fault.message}\n`);
      },
    );
  const { path, model } = (await blameOptions(open).catch((cause) => {
    // Smaller than it began a run cannot be.
    if (cause instanceof UsageError) throw new UsageError(cause.message.replace(/; a smaller [^;]* needs less/, ""), { cause });
    if (!(cause instanceof CheckpointError)) throw cause;
    throw new FailedError(`no model of ${run} can be read; of ${files.at(-1)}: ${cause.message}`, { cause });
  }))!;
  if (passed.length > 0) err.write(`ganvas: goes on from ${path}, step ${model.step}\n`);
  return model;
}

function openFor(source: string, options: RecordedOptions, signal: AbortSignal): Promise<OpenData> {
  return openData(source, { ...options, condition: options.condition === true, seed: options.seed ?? 0, signal });
}

const backendOptions = ({ backend, threads, reproducible, maxMemory }: RecordedOptions): Partial<CreateOptions> =>
  given({ backend, threads, reproducible, maxMemory });

/** Names of the library's own are checked by it. */
function modelOptions({ shape, classes }: OpenData, options: RecordedOptions): CreateOptions {
  const { architecture, objective, width, latent, batchSize, augment, seed } = options;
  return {
    shape,
    ...given({ architecture, objective, width, latent, batchSize, augment, seed }),
    ...(classes && { condition: { classes: classes.length } }),
    ...backendOptions(options),
  };
}

/** What is not undefined. */
const given = (options: object): Partial<CreateOptions> => Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));

const recorded = ({ source, fingerprint, count, shape, classes, skipped }: OpenData): RunRecord["data"] => ({
  source,
  fingerprint,
  count,
  shape,
  classes,
  skipped: skipped.slice(),
});
