import { join } from "node:path";

/** The number of a step in the name of a file, which is so in order. */
export const numbered = (step: number): string => String(step).padStart(6, "0");

/** Where everything of a run is. */
export const runPaths = (run: string) => ({
  record: join(run, "run.json"),
  model: join(run, "model.safetensors"),
  checkpoints: join(run, "checkpoints"),
  previews: join(run, "previews"),
  log: join(run, "log.jsonl"),
  losses: join(run, "losses.svg"),
  samples: (extension: string) => join(run, `samples.${extension}`),
  progress: join(run, "progress.png"),
});

/** The step that a numbered file is of; null of any other file. */
export function stepOf(name: string, extension: string): number | null {
  const [, step] = new RegExp(`^(\\d+)\\.${extension}$`).exec(name) ?? [];
  return step === undefined ? null : Number(step);
}
