import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { create } from "tar";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ROOT, run } from "../child.ts";
import { makePictures } from "./pictures.js";

const PROGRAM = join(ROOT, "test/node/reading.js");

const DENO = join(ROOT, "node_modules/.bin/deno");
const onPath = (process.env.PATH ?? "").split(delimiter).map((folder) => join(folder, "bun"));
const BUN = [process.env.GANVAS_BUN, join(ROOT, "node_modules/.bin/bun"), ...onPath].find((file) => file && existsSync(file));

describe("a folder of pictures", () => {
  let folder: string;
  let archive: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "ganvas-runtimes-"));
    archive = join(folder, "pictures.tgz");
    await makePictures(join(folder, "pictures"), { count: 40, size: 32 });
    await create({ file: archive, cwd: join(folder, "pictures"), gzip: true }, ["."]);
  });
  afterAll(() => rm(folder, { recursive: true }));

  /** What a program in this runtime read. */
  const read = async (command: string, args: readonly string[]) => {
    const { code, stdout, stderr } = await run(command, [...args, PROGRAM, join(folder, "pictures"), archive]);
    expect(code, stderr).toBe(0);
    return JSON.parse(stdout) as { digest: string; skipped: readonly string[]; fingerprint: string }[];
  };

  const RUNTIMES = [
    { name: "Deno", command: existsSync(DENO) ? DENO : undefined, args: ["run", "--allow-all"] },
    { name: "Bun", command: BUN, args: ["run"] },
  ];
  for (const { name, command, args } of RUNTIMES) {
    it.skipIf(!command)(`has the same bytes in ${name} as in Node${command ? "" : `: skipped, as there is no ${name} here`}`, async () => {
      const [inNode, elsewhere] = [await read(process.execPath, []), await read(command!, args)];
      expect(elsewhere).toEqual(inNode);
      expect(inNode.map(({ skipped }) => skipped.length)).toEqual([12, 12]);
      expect(inNode[0]!.digest).toBe(inNode[1]!.digest);
    });
  }
});
