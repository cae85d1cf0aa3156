/** The folder of a run: made, refused, cleared. */
import { access, constants, mkdir, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { blame, UsageError } from "../errors.ts";
import { runPaths, stepOf } from "./paths.ts";

/** Files and folders of a run, that of its description first. */
function namesOf(run: string): string[] {
  const { record, model, checkpoints, previews, log, losses, samples, progress } = runPaths(run);
  return [record, model, checkpoints, previews, log, losses, samples("png"), samples("svg"), progress];
}

/**
 * Looks whether a run may be begun in a folder. Nothing is written.
 *
 * @param overwrite whether a run that is there may be replaced
 * @throws {UsageError} where it may not
 */
export async function checkFolder(run: string, overwrite: boolean): Promise<void> {
  await blame("--out", async () => {
    const found = await look(run);
    if (!found) return;
    if (!found.isDirectory()) throw new UsageError(`--out: expected a folder, got a file, ${run}`);
    await access(run, constants.W_OK);
    const { record, checkpoints, previews } = runPaths(run);
    const isRun = (await look(record)) !== null;
    for (const path of namesOf(run)) {
      const there = await look(path);
      if (!there) continue;
      if (there.isDirectory() !== [checkpoints, previews].includes(path)) {
        throw new UsageError(`--out: expected ${path} to be ${there.isDirectory() ? "a file, got a folder" : "a folder, got a file"}`);
      }
      if (!isRun) throw new UsageError(`--out: ${path} is there already, and is no part of a run: expected another folder`);
      if (!overwrite) throw new UsageError(`--out: ${run} holds a run; --resume ${run} goes on with it, --overwrite puts another in its place`);
    }
  });
}

/** What is at a path; null for nothing. */
async function look(path: string) {
  return stat(path).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "ENOENT") return null;
    throw cause;
  });
}

/** What a file is called while it is written whole: its own name, and what tells it from others. */
const DRAFT = /^(.+)\.[0-9a-f]{8}\.tmp$/;

/** Takes away what was being written in the folder of a run when its process was killed. */
export async function sweepFolder(run: string): Promise<void> {
  const { checkpoints, previews } = runPaths(run);
  for (const folder of [run, checkpoints, previews]) {
    for (const name of await readdir(folder).catch(() => [])) {
      const [, own] = DRAFT.exec(name) ?? [];
      if (own !== undefined && isOurs(run, folder, own)) await rm(join(folder, name), { force: true }).catch(() => {});
    }
  }
}

/** Whether a run has files of this name. */
function isOurs(run: string, folder: string, name: string): boolean {
  if (folder === run) return namesOf(run).includes(join(run, name));
  return EXTENSIONS.some((extension) => stepOf(name, extension) !== null);
}

/** Of files that are numbered. */
const EXTENSIONS = ["safetensors", "png", "svg"];

/** Makes the folder of a run that is about to begin, and takes away what an earlier one has left there. @throws {UsageError} */
export async function makeFolder(run: string): Promise<void> {
  await blame("--out", async () => {
    await mkdir(run, { recursive: true });
    await sweepFolder(run);
    await clearFolder(run);
  });
}

/** Takes away what an earlier run has left in a folder, and nothing else. */
async function clearFolder(run: string): Promise<void> {
  const { checkpoints, previews } = runPaths(run);
  for (const folder of [checkpoints, previews]) {
    for (const name of await readdir(folder).catch(() => [])) if (isOurs(run, folder, name)) await rm(join(folder, name));
  }
  for (const path of namesOf(run)) if (path !== checkpoints && path !== previews) await rm(path, { force: true });
}
