/** A run under way: training, and all that is written of it meanwhile. */
import { fileCheckpoints, writeWhole } from "../../node.ts";
import type { Interval } from "../arguments.ts";
import type { Surroundings } from "../context.ts";
import { blame } from "../errors.ts";
import { Goal, PreviewSchedule } from "./goal.ts";
import { Journal } from "./journal.ts";
import { runPaths } from "./paths.ts";
import { Previews } from "./previews.ts";
import { writeRecord } from "./record.ts";
import type { Run } from "./run.ts";
import { type Teller, tellMachines, tellPeople } from "./teller.ts";

const DEFAULT_KEEP = 3;
const DEFAULT_CHECKPOINT_SECONDS = 60;
const DEFAULT_PREVIEW: Interval = { steps: 500 };

/** Pictures are made with checkpoints, but no more often than so, as they take longer where those are made all the time. */
const PICTURES_MS = 10_000;

/**
 * Trains to the end of the run, or until it is told to end, and saves what there is in either case.
 *
 * @param json whether machines are told
 * @throws {UsageError} where the folder cannot be written
 * @throws {TrainingError} if the training broke down, or {@link WriteError} where something could not be written; what was saved before is whole
 */
export async function trainRun(run: Run, json: boolean, surroundings: Surroundings): Promise<void> {
  const { path, gan, record } = run;
  const { options } = record;
  const goal = new Goal(options, record.seconds);
  const teller = (json ? tellMachines : tellPeople)(run, goal, surroundings);
  const saveRecord = () =>
    writeRecord(
      path,
      { ...record, data: { ...record.data, skipped: run.data.skipped.slice() }, step: gan.step, seconds: goal.seconds },
      surroundings.version,
    );
  // The first thing that is written: where it cannot be, nothing else can.
  await blame("", saveRecord);
  const journal = await Journal.open(path, gan.step);
  try {
    const previews = await Previews.open(gan, path, options.seed ?? 0);
    if (gan.step === 0) await previews.keep();
    teller.begins();
    goal.begin();
    const left = goal.left(gan.step);
    const savePictures = async () => {
      await previews.write();
      await journal.plot();
    };
    try {
      if (left) await trainOn(run, left, { goal, journal, previews, teller, savePictures, saveRecord, signal: surroundings.signal });
    } catch (error) {
      await savePictures().catch(() => {}); // what went wrong first is what the user is to know
      throw error;
    }
    // Also where nothing was left to do: an earlier call may have been killed just before.
    await savePictures();
    await saveRecord();
    teller.ends(left !== null);
  } finally {
    teller.stop();
    await journal.close();
  }
}

interface Equipment {
  readonly goal: Goal;
  readonly journal: Journal;
  readonly previews: Previews;
  readonly teller: Teller;
  /** Writes the pictures of all steps so far. */
  savePictures(): Promise<void>;
  saveRecord(): Promise<void>;
  readonly signal: AbortSignal;
}

async function trainOn(
  { path, gan, data, record }: Run,
  left: { readonly steps?: number; readonly milliseconds?: number },
  { goal, journal, previews, teller, savePictures, saveRecord, signal }: Equipment,
): Promise<void> {
  const { mirror, validation, keep = DEFAULT_KEEP, checkpointEvery = DEFAULT_CHECKPOINT_SECONDS, previewEvery = DEFAULT_PREVIEW } = record.options;
  const { checkpoints, model } = runPaths(path);
  const files = fileCheckpoints(checkpoints, { keep });
  await files.list(); // those of later steps are of this run, and could not be read
  let pictured = performance.now();
  const schedule = new PreviewSchedule(previewEvery, goal.share(gan.step));
  const { stopped } = await gan.train(data.examples, {
    ...left,
    mirror,
    validation,
    signal,
    async onStep(report) {
      await journal.note(report);
      teller.step(report, journal.unwell);
      if (schedule.isDue(report.step, goal.share(report.step))) await previews.keep();
    },
    checkpoint: {
      every: { milliseconds: Math.ceil(checkpointEvery * 1000) },
      async write(bytes, { step }) {
        // The log is never behind a checkpoint, and model.safetensors, a copy of the newest, never before it.
        await journal.flush();
        await files.write(bytes, { step });
        await writeWhole(model, bytes);
        if (performance.now() - pictured >= PICTURES_MS) {
          await savePictures();
          pictured = performance.now();
        }
        await saveRecord();
        teller.saved(step);
      },
    },
  });
  if (stopped === "time") goal.timeIsOver();
}
