/** Pictures within an archive, as if it were a folder. */
import { isPictureName } from "./kinds.ts";
import { byName, dataError, type PictureFile, type PictureSource } from "./source.ts";

/** An archive's files that are named like pictures, of several of the same name the last. A folder that all of them lie in counts as the archive. */
export class ArchiveFiles {
  readonly #path: string;
  readonly #files = new Map<string, PictureFile>();
  #other: string | null = null;

  constructor(path: string) {
    this.#path = path;
  }

  /** @throws DataError for a name that leads out of the archive */
  add(given: string, make: (name: string) => PictureFile): void {
    const name = given.replaceAll("\\", "/").replace(/^(\.\/)+/, "");
    if (/^(\/|[a-z]:)|(^|\/)\.\.(\/|$)/i.test(name))
      throw dataError(this.#path, "an archive of files that lie in it", `one named ${JSON.stringify(given)}`);
    if (isPictureName(name)) this.#files.set(name, make(name));
    else if (!/(^|\/)\./.test(name)) this.#other ??= name;
  }

  source(close: () => Promise<void>): PictureSource {
    const files = [...this.#files.values()];
    const top = files[0]?.name.match(/^[^/]+\//)?.[0] ?? "";
    const isWithin = top !== "" && files.every(({ name }) => name.startsWith(top));
    const named = isWithin ? files.map((file) => ({ ...file, name: file.name.slice(top.length) })) : files;
    return { files: named.sort(byName), other: this.#other, close };
  }
}
