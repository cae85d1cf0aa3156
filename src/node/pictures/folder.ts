import { open, readdir, readFile, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import { isPictureName } from "./kinds.ts";
import { byName, endsAt, faultyFile, isShortage, type PictureFile, type PictureSource, reasonOf } from "./source.ts";

/** The pictures of a folder and of those within it. Links are followed, but for those that lead back to where they lie. What cannot be looked into is a file with a fault. */
export async function openFolder(root: string): Promise<PictureSource> {
  const files: PictureFile[] = [];
  let other: string | null = null;

  /** @param above the true paths of the folders that lead here */
  const walk = async (folder: string, prefix: string, above: readonly string[]): Promise<void> => {
    const here = await realpath(folder);
    if (above.includes(here)) return;
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      if (entry.name.startsWith(".")) continue;
      const [path, name] = [join(folder, entry.name), `${prefix}${entry.name}`];
      const isPicture = isPictureName(entry.name);
      try {
        if (entry.isDirectory()) await walk(path, `${name}/`, [...above, here]);
        else {
          const found = entry.isSymbolicLink() ? await stat(path) : entry;
          if (found.isDirectory()) await walk(path, `${name}/`, [...above, here]);
          else if (isPicture) files.push(found.isFile() ? fileAt(path, name) : faultyFile(name, "no regular file"));
          else other ??= name;
        }
      } catch (error) {
        if (isShortage(error)) throw error;
        const isBrokenLink = entry.isSymbolicLink() && (error as NodeJS.ErrnoException).code === "ENOENT";
        if (!isBrokenLink) files.push(faultyFile(name, reasonOf(error)));
        else if (isPicture) files.push(faultyFile(name, "a link that leads nowhere"));
      }
    }
  };
  await walk(root, "", []);
  return { files: files.sort(byName), other, close: async () => {} };
}

function fileAt(path: string, name: string): PictureFile {
  return {
    name,
    async ends(head, tail) {
      const file = await open(path);
      try {
        return await endsAt(file, 0, (await file.stat()).size, head, tail);
      } finally {
        await file.close();
      }
    },
    read: () => readFile(path),
  };
}
