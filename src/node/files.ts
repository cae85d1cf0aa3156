/** Files that are written whole or not at all. */
import { randomBytes } from "node:crypto";
import { open, realpath, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { GanvasError } from "../core/errors.ts";

/** A file that could not be written: a full disk, a folder that is read-only. What was there before is as it was. */
export class WriteError extends GanvasError {
  /** "WriteError". */
  override readonly name = "WriteError";

  /** @internal */
  constructor(path: string, cause: unknown) {
    const got = cause instanceof Error ? cause.message : String(cause);
    super({ path, expected: "a file that can be written", got }, { cause });
  }
}

/**
 * Writes a file whole or not at all: under another name in the same folder, flushed to the disk, then renamed, so that whoever reads it finds what was there before or all of what is new, whatever becomes of the process.
 * A file that is replaced leaves its permissions to the new one; where the path is a link, what it leads to is replaced.
 *
 * @param path of the file, in a folder that is there
 * @param content bytes, or text, which is written as UTF-8
 * @throws {@link WriteError} if it cannot be written; what was there before is then as it was
 *
 * @example
 * await writeWhole("model.safetensors", await gan.save());
 */
export async function writeWhole(path: string, content: Uint8Array | string): Promise<void> {
  const target = await realpath(path).catch(() => path);
  const draft = `${target}.${randomBytes(4).toString("hex")}.tmp`;
  try {
    const replaced = await stat(target).catch(() => undefined);
    const file = await open(draft, "wx");
    try {
      if (replaced) await file.chmod(replaced.mode); // what it is opened with is cut by the process's mask
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, target);
    await flush(dirname(target));
  } catch (cause) {
    await rm(draft, { force: true }).catch(() => {}); // what went wrong first is what the caller is to know
    throw new WriteError(path, cause);
  }
}

/** Flushes the names in a folder to the disk, where the system lets folders be opened. */
async function flush(folder: string): Promise<void> {
  const directory = await open(folder, "r").catch(() => null);
  await directory?.sync().catch(() => {});
  await directory?.close();
}
