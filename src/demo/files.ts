import { randomBytes } from "node:crypto";
import { open, realpath, rename, rm, stat } from "node:fs/promises";

/** What could not be written. */
export class WriteError extends Error {
  constructor(path: string, cause: unknown) {
    super(`${path}: ${(cause as Error).message}`, { cause });
  }
}

/**
 * Writes a file whole or not at all: under another name in the same folder, flushed to the disk, then renamed. A file that is replaced
 * leaves its permissions to the new one; where the path is a link, what it leads to is replaced.
 *
 * @throws {WriteError} if it cannot be written; what was there before is then as it was
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
  } catch (cause) {
    await rm(draft, { force: true }).catch(() => {}); // what went wrong first is what the caller is to know
    throw new WriteError(path, cause);
  }
}
