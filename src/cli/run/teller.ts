/** What is told of a run while it is under way: to people, or to machines. */
import type { StepReport } from "../../index.ts";
import type { Surroundings } from "../context.ts";
import { Interruption } from "../interruption.ts";
import { tellJSON } from "../json.ts";
import { type Progress, Speed, showProgress, trainingState } from "../progress.ts";
import type { Goal } from "./goal.ts";
import type { Run } from "./run.ts";

/** Pictures that were left out and are named one by one. */
const MOST_NAMED = 20;

export interface Teller {
  begins(): void;
  step(report: StepReport, unwell: Iterable<string>): void;
  saved(step: number): void;
  /** @param isNew whether any step was done */
  ends(isNew: boolean): void;
  /** Whatever is drawn is left as it is. */
  stop(): void;
}

/** A path as a shell takes it. */
const quoted = (path: string): string => (/^[\w./@:+,=-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`);

/** A line of JSON for each report on standard output; what is not well on standard error too. */
export function tellMachines({ path, gan, data }: Run, goal: Goal, { out, err, signal }: Surroundings): Teller {
  const tellSkipped = skippedTeller(data, err);
  return {
    begins() {
      const { count, shape, classes, skipped } = data;
      tellJSON(out, "start", { run: path, step: gan.step, steps: goal.steps, data: { count, shape, classes, skipped }, backend: gan.backend });
      tellSkipped();
    },
    step(report) {
      tellJSON(out, "step", report);
      err.write(healthText(report));
    },
    saved: (step) => tellJSON(out, "checkpoint", { step }),
    ends() {
      tellSkipped();
      tellJSON(out, "end", { run: path, step: gan.step, interrupted: signal.aborted });
    },
    stop() {},
  };
}

/** Lines, and a bar on a terminal. */
export function tellPeople({ path, gan, data }: Run, goal: Goal, { out, err, signal }: Surroundings): Teller {
  const { batchSize, objective } = gan.spec;
  const tellSkipped = skippedTeller(data, err);
  const imagesPerStep = batchSize * objective.discriminatorSteps;
  let progress: Progress | undefined;
  let speed: Speed | undefined;
  return {
    begins() {
      const what = data.shape.length === 3 ? `pictures of ${data.shape[1]} x ${data.shape[0]}` : "points";
      const { name, threads } = gan.backend;
      const classes = data.classes ? ` in ${data.classes.length} classes` : "";
      const from = gan.step > 0 ? `, from step ${gan.step} on` : "";
      out.write(`Training on ${data.count} ${what}${classes}, on ${name}, threads: ${threads}${from}. The run is ${path}.\n`);
      tellSkipped();
    },
    step(report, unwell) {
      const { step } = report;
      progress ??= showProgress(out, { unit: "step", total: goal.steps });
      speed ??= new Speed(step);
      speed.note(step);
      const { perSecond } = speed;
      if (report.health.length > 0) progress.aside(() => void err.write(healthText(report)));
      progress.update(goal.share(step), () => ({
        done: step,
        state: trainingState(report, unwell, process.memoryUsage().rss),
        imagesPerSecond: perSecond && perSecond * imagesPerStep,
        secondsLeft: goal.secondsLeft(step, perSecond),
      }));
    },
    saved() {},
    ends(isNew) {
      progress?.stop();
      tellSkipped();
      const resume = `ganvas train --resume ${quoted(path)}`;
      const { step } = gan;
      if (signal.reason instanceof Interruption)
        out.write(`Interrupted ${step === 0 ? "before the first step" : `at step ${step}, which is saved`}. To go on: ${resume}\n`);
      else if (!isNew || step === 0)
        out.write(
          `The run has come to its end${step === 0 ? "" : " already"}, at step ${step}, by its ${goal.limit(step)}. To go on: ${resume} --${goal.limit(step)} with more\n`,
        );
      else out.write(`Trained to step ${step}. ${path} has the model, model.safetensors, and pictures: samples, progress, losses.\n`);
    },
    stop: () => progress?.stop(),
  };
}

const healthText = ({ step, health }: StepReport): string =>
  health
    .map(({ state, name, evidence, remedy }) =>
      state === "raised" ? `ganvas: step ${step}, ${name}: ${evidence}; ${remedy}\n` : `ganvas: step ${step}, ${name} no more\n`,
    )
    .join("");

/** Tells of pictures that were left out, each once: some turn out broken only when they are read. */
function skippedTeller(data: Run["data"], err: NodeJS.WritableStream): () => void {
  let told = 0;
  return () => {
    const skipped = data.skipped.slice(told);
    told += skipped.length;
    if (skipped.length === 0) return;
    const named = skipped.slice(0, MOST_NAMED).map(({ file, reason }) => `  ${file}: ${reason}\n`);
    const others = skipped.length > MOST_NAMED ? `  and ${skipped.length - MOST_NAMED} more, which run.json names\n` : "";
    err.write(`ganvas: ${skipped.length} ${skipped.length === 1 ? "picture is" : "pictures are"} left out:\n${named.join("")}${others}`);
  };
}
