import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import { type ImageFolder, type ImageFolderOptions, imageFolder, openImageFolder } from "../../src/node/imageFolder.ts";
import { plainDecoder } from "../../src/node/pictures/png.ts";

/** A folder with these files in it, which goes when the test ends. */
export async function folderOf(files: Readonly<Record<string, Uint8Array | string>> = {}): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "ganvas test ö "));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
  return folder;
}

/** The folder, open until the test ends. */
export async function opened(path: string, options: ImageFolderOptions): Promise<ImageFolder> {
  const folder = await imageFolder(path, options);
  onTestFinished(() => folder.close());
  return folder;
}

/** What is said where sharp is not installed. */
export const NO_SHARP = "`npm install sharp` adds what reads it";

/** The same as where sharp is not installed. */
export async function openedWithoutSharp(path: string, options: ImageFolderOptions): Promise<ImageFolder> {
  const folder = await openImageFolder(path, options, async () => plainDecoder(NO_SHARP));
  onTestFinished(() => folder.close());
  return folder;
}

export const readAll = async (folder: ImageFolder): Promise<Uint8Array> => folder.read(folder.files.map((_, i) => i));
