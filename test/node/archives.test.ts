import { readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { strToU8, type Zippable, zipSync } from "fflate";
import { create, Header } from "tar";
import { describe, expect, it } from "vitest";
import { DataError, StateError } from "../../src/core/errors.ts";
import { fillUniforms, Stream } from "../../src/core/random.ts";
import { type ImageFolderOptions, imageFolder } from "../../src/node/imageFolder.ts";
import { folderOf, opened, readAll } from "./folders.ts";
import { rawPNG } from "./pictures.js";

const pixel = (grey: number) => rawPNG({ width: 1, height: 1 }, [0, grey]);
const ONE: ImageFolderOptions = { shape: [1, 1, 1] };

/** Names longer than a header of tar has room for, and of letters that it does not know. */
const LONG = `${"deep/".repeat(30)}${"long ".repeat(20)}.png`;
const PICTURES: Readonly<Record<string, Buffer>> = { "cats/1.png": pixel(1), "cats/ñ 顔.png": pixel(2), "dogs/3.png": pixel(3), [LONG]: pixel(4) };
const OTHERS: Readonly<Record<string, string>> = { "cats/notes.txt": "text", "__MACOSX/cats/._1.png": "resource" };

const zipped = (files: Readonly<Record<string, Uint8Array | string>>): Uint8Array =>
  zipSync(
    Object.fromEntries(Object.entries(files).map(([name, content]) => [name, typeof content === "string" ? strToU8(content) : content])) as Zippable,
  );

/** One file of a tar, of which the header may say what it likes. */
function tarred(path: string, content: Buffer | string, header: ConstructorParameters<typeof Header>[0] = {}): Buffer {
  const bytes = Buffer.from(content);
  const block = Buffer.alloc(512 * (1 + Math.ceil(bytes.length / 512)));
  new Header({ path, size: bytes.length, mode: 0o644, mtime: new Date(0), type: "File", ...header }).encode(block);
  block.set(bytes, 512);
  return block;
}
const END = Buffer.alloc(1024);

/** An archive of these files, at a path that goes when the test ends. */
async function archiveOf(kind: "zip" | "tar" | "tgz", files: Readonly<Record<string, Uint8Array | string>>, top = ""): Promise<string> {
  const folder = await folderOf(Object.fromEntries(Object.entries(files).map(([name, content]) => [`${top}${name}`, content])));
  const out = join(await folderOf(), `pictures.${kind}`);
  if (kind === "zip") await writeFile(out, zipped(Object.fromEntries(Object.entries(files).map(([name, content]) => [`${top}${name}`, content]))));
  else await create({ file: out, cwd: folder, gzip: kind === "tgz" }, await readdir(folder));
  return out;
}

describe.each(["zip", "tar", "tgz"] as const)("a %s of pictures", (kind) => {
  it("is as a folder of them is, whatever it is called", async () => {
    const folder = await opened(await folderOf({ ...PICTURES, ...OTHERS }), { ...ONE, labels: "folders" });
    const archive = await opened(await archiveOf(kind, { ...PICTURES, ...OTHERS }), { ...ONE, labels: "folders" });
    expect([archive.files, archive.classes, archive.labels, archive.shape]).toEqual([folder.files, folder.classes, folder.labels, folder.shape]);
    expect(await readAll(archive)).toEqual(await readAll(folder));
    if (kind !== "zip") expect(archive.fingerprint).toBe(folder.fingerprint);
    // Whatever the order.
    expect([...(await archive.read([3, 0, 2, 0]))]).toEqual([3, 1, 4, 1]);
  });

  it("counts as the one folder that all lies in", async () => {
    const archive = await opened(await archiveOf(kind, PICTURES, "all of it/"), { ...ONE, labels: "folders" });
    expect(archive.classes).toEqual(["cats", "deep", "dogs"]);
  });

  it("has broken pictures named, and left out", async () => {
    const path = await archiveOf(kind, {
      "a/1.png": "text",
      "a/2.png": pixel(2),
      "a/3.png": rawPNG({ width: 9, height: 9 }, [0]),
      "b.png": pixel(4),
    });
    const error = await imageFolder(path, ONE).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(DataError);
    expect(error).toMatchObject({ path: join(path, "a/1.png"), got: "a text file" });
    const folder = await opened(path, { ...ONE, skipBroken: true });
    expect(folder.files).toEqual(["a/2.png", "a/3.png", "b.png"]);
    expect([...(await folder.read([1]))]).toEqual([4]);
    expect(folder.skipped.map(({ file }) => file)).toEqual(["a/1.png", "a/3.png"]);
  });

  it("has another fingerprint when a picture changes", async () => {
    const prints = await Promise.all(
      [pixel(1), pixel(2)].map(async (file) => (await opened(await archiveOf(kind, { "a.png": file, "b.png": pixel(3) }), ONE)).fingerprint),
    );
    expect(prints[0]).not.toBe(prints[1]);
    expect((await opened(await archiveOf(kind, { "a.png": pixel(1), "b.png": pixel(3) }), ONE)).fingerprint).toBe(prints[0]);
  });

  it("is refused with nothing in it, or cut", async () => {
    await expect(imageFolder(await archiveOf(kind, OTHERS), ONE)).rejects.toThrow(/got none, but other files, such as .*notes\.txt/);
    const whole = await archiveOf(kind, { "a.png": Buffer.concat([pixel(1), Buffer.alloc(5000, 7)]), "b.png": pixel(2) });
    const bytes = await readFile(whole);
    const half = join(await folderOf(), "half");
    await writeFile(half, bytes.subarray(0, Math.min(2000, bytes.length - 40)));
    const error = await imageFolder(half, ONE).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(DataError);
    expect((error as DataError).path).toBe(half);
  });

  it("can be read no more once it is closed", async () => {
    const folder = await imageFolder(await archiveOf(kind, PICTURES), ONE);
    await folder.close();
    await expect(folder.read([0])).rejects.toThrow(StateError);
  });
});

describe("names that lead out of an archive", () => {
  it.each(["../a.png", "b/../../a.png", "/etc/a.png", "..\\a.png"])("are refused: %s", async (name) => {
    const folder = await folderOf({ "a.zip": zipped({ [name]: pixel(1) }), "a.tar": Buffer.concat([tarred(name, pixel(1)), END]) });
    for (const archive of ["a.zip", "a.tar"]) {
      const error = await imageFolder(join(folder, archive), ONE).catch((e: unknown) => e);
      expect(error, archive).toBeInstanceOf(DataError);
      expect((error as DataError).path).toBe(join(folder, archive));
    }
  });
});

describe("a ZIP file", () => {
  it("of many large pictures is read at many places at once", async () => {
    // Noise does not compress: each is far larger than what is looked at of it.
    const noise = new Float32Array(701 * 700);
    const large = (seed: number) => {
      fillUniforms(noise, seed, Stream.data, 0);
      return rawPNG(
        { width: 700, height: 700 },
        Array.from(noise, (v, i) => (i % 701 === 0 ? 0 : Math.floor(256 * v))),
      );
    };
    const files = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`${i}.png`, large(i)]));
    const archive = await opened(await archiveOf("zip", files), { shape: [8, 8, 1] });
    const folder = await opened(await folderOf(files), { shape: [8, 8, 1] });
    expect(archive.files).toHaveLength(40);
    expect(await readAll(archive)).toEqual(await readAll(folder));
  });

  it("has its encrypted files named", async () => {
    const bytes = zipped({ "a.png": pixel(1), "b.png": pixel(2) });
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    // The flags of the first file, in the directory at the end.
    for (let at = 0; at + 4 <= bytes.length; at++) {
      if (view.getUint32(at, true) !== 0x02014b50) continue;
      view.setUint16(at + 8, view.getUint16(at + 8, true) | 1, true);
      break;
    }
    const folder = await folderOf({ "a.zip": bytes });
    await expect(imageFolder(join(folder, "a.zip"), ONE)).rejects.toThrow("got an encrypted file");
    expect((await opened(join(folder, "a.zip"), { ...ONE, skipBroken: true })).files).toEqual(["b.png"]);
  });

  it("is refused with a file that is longer than it says", async () => {
    const bytes = zipped({ "a.png": Buffer.concat([pixel(1), Buffer.alloc(2 ** 20)]), "b.png": pixel(2) });
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    for (let at = 0; at + 4 <= bytes.length; at++)
      if (view.getUint32(at, true) === 0x02014b50 && bytes[at + 46] === 97) view.setUint32(at + 24, 80, true);
    const folder = await folderOf({ "a.zip": bytes });
    const { files, skipped } = await opened(join(folder, "a.zip"), { ...ONE, skipBroken: true });
    expect([files, skipped.map(({ file }) => file)]).toEqual([["b.png"], ["a.png"]]);
  });
});

describe("a tar", () => {
  it("may have names by GNU's headers and by global ones, and the last of two files of the same name counts", async () => {
    const long = `${"folder/".repeat(20)}a.png`;
    const global = "19 comment=nothing\n";
    const parts = [
      tarred("global", global, { type: "GlobalExtendedHeader" }),
      tarred("././@LongLink", `${long}\0`, { type: "NextFileHasLongPath" }),
      tarred("folder/cut", pixel(5)),
      tarred("b.png", pixel(6)),
      tarred("b.png", pixel(7)),
      tarred("old.png", pixel(8), { type: "OldFile" }),
    ];
    const folder = await opened(join(await folderOf({ "a.tar": Buffer.concat([...parts, END]) }), "a.tar"), ONE);
    expect(folder.files).toEqual(["b.png", long, "old.png"]);
    expect([...(await readAll(folder))]).toEqual([7, 5, 8]);
  });

  it("has links named, which are not followed", async () => {
    const folder = await folderOf({ "a.png": pixel(1) });
    await symlink("/etc/passwd", join(folder, "link.png"));
    const file = join(await folderOf(), "a.tar");
    await create({ file, cwd: folder }, ["a.png", "link.png"]);
    await expect(imageFolder(file, ONE)).rejects.toThrow(/link\.png: .* got a link, which is not followed in an archive/);
    expect((await opened(file, { ...ONE, skipBroken: true })).files).toEqual(["a.png"]);
  });

  it("is refused where a header is damaged, or none", async () => {
    const damaged = Buffer.concat([tarred("a.png", pixel(1)), tarred("b.png", pixel(2)), END]);
    damaged[1024 + 3] = 65;
    const folder = await folderOf({ "a.tar": damaged, "b.tgz": gzipSync("no tar"), "c.tgz": gzipSync(Buffer.alloc(2000, 1)) });
    const refused = (name: string) => expect(imageFolder(join(folder, name), ONE)).rejects;
    await refused("a.tar").toThrow(`${join(folder, "a.tar")}: expected a sound tar, got a damaged header at byte 1024`);
    for (const name of ["b.tgz", "c.tgz"]) await refused(name).toThrow(`${join(folder, name)}: expected a sound tar, got something else`);
  });

  it("that is gzipped leaves no file behind, neither open nor closed nor refused, and is not unpacked without end", async () => {
    const left = async () => (await readdir(tmpdir())).filter((name) => /^ganvas-unpacked-/.test(name));
    const before = await left();
    const folder = await imageFolder(await archiveOf("tgz", PICTURES), ONE);
    // Where what is open can be removed.
    if (process.platform !== "win32") expect(await left()).toEqual(before);
    await folder.close();
    const bomb = await folderOf({ "a.tgz": gzipSync(Buffer.concat([tarred("a.png", pixel(1)), Buffer.alloc(2 ** 26)])) });
    await expect(imageFolder(join(bomb, "a.tgz"), ONE)).rejects.toThrow(/expected at most 67108864 bytes in a gzipped tar of \d+, got more/);
    await expect(imageFolder(await archiveOf("tgz", { "a.png": "text" }), ONE)).rejects.toThrow(DataError);
    expect(await left()).toEqual(before);
  });

  it("that is gzipped is not unpacked further when a signal says so", async () => {
    const reason = new Error("enough");
    await expect(imageFolder(await archiveOf("tgz", PICTURES), { ...ONE, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});
