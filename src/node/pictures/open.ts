import { open, stat } from "node:fs/promises";
import { DataError } from "../../core/errors.ts";
import type { AbortSignalLike } from "../../core/platform.ts";
import { openFolder } from "./folder.ts";
import { describeOther, kindOf } from "./kinds.ts";
import { dataError, type PictureSource, readAt, reasonOf } from "./source.ts";

const EXPECTED = "a folder of pictures, or a .zip, .tar or .tar.gz of them";

/** What the path leads to, by what is there and not by its name. @throws DataError if that is nothing with files in it, or it is damaged */
export async function openPictures(path: string, signal: AbortSignalLike | undefined): Promise<PictureSource> {
  try {
    const found = await stat(path);
    if (found.isDirectory()) return await openFolder(path);
    if (!found.isFile()) throw dataError(path, EXPECTED, "neither a folder nor a file");
    const file = await open(path);
    const head = await readAt(file, 0, 512).finally(() => file.close());
    if (head.length === 0) throw dataError(path, EXPECTED, "an empty file");
    // A ZIP with a file in it, or with none.
    if (/^504b(0304|0506)/.test(head.toString("hex", 0, 4))) return await (await import("./zip.ts")).openZip(path);
    if (head[0] === 0x1f && head[1] === 0x8b) return await (await import("./tar.ts")).openTarGzip(path, signal);
    const { isTarHeader, openTar } = await import("./tar.ts");
    if (isTarHeader(head)) return await openTar(path);
    const kind = kindOf(head);
    throw dataError(path, EXPECTED, kind ? `a single ${kind} file` : describeOther(head));
  } catch (error) {
    if (error instanceof DataError || signal?.aborted) throw error;
    throw dataError(path, EXPECTED, reasonOf(error), error);
  }
}
