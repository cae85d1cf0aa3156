import { chmod, copyFile, cp, mkdir, mkdtemp, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DataError, SpecError, StateError } from "../../src/core/errors.ts";
import { createGAN } from "../../src/index.ts";
import { type ImageFolder, type ImageFolderOptions, imageFolder, openImageFolder } from "../../src/node/imageFolder.ts";
import type { Decoder } from "../../src/node/pictures/decoder.ts";
import { folderOf, opened, readAll } from "./folders.ts";
import { encoded, makePictures, rawPNG } from "./pictures.js";

/** A grey PNG of one pixel. */
const pixel = (grey: number) => rawPNG({ width: 1, height: 1 }, [0, grey]);
const ONE: ImageFolderOptions = { shape: [1, 1, 1] };

/** The same, by a decoder that counts, and gives what stands in a file of a PNG in place of a picture: how it was called last. */
async function counted(files: Readonly<Record<string, Buffer>>, options: Partial<ImageFolderOptions> = {}) {
  const seen = { decodes: 0, atOnce: 0, most: 0 };
  const decoder: Decoder = {
    missing: () => null,
    measure: async () => ({ width: 1, height: 1 }),
    decode: async (_, file) => {
      seen.decodes++;
      seen.most = Math.max(seen.most, ++seen.atOnce);
      await new Promise((resolve) => setTimeout(resolve, 1));
      seen.atOnce--;
      if (file.at(-1) === 255) throw new Error("it is broken");
      return Uint8Array.of(file.at(-1)!);
    },
  };
  return { seen, folder: await openImageFolder(await folderOf(files), { ...ONE, ...options }, async () => decoder) };
}
/** What `counted` takes for a picture of this grey; 255 for one that is broken. */
const counting = (grey: number) => Buffer.concat([pixel(0), Buffer.of(grey)]);

/** Why it fails, as a DataError that names a path. */
async function refusal(work: Promise<unknown>): Promise<{ path: string; expected: string; got: string }> {
  const error = await work.then(
    () => null,
    (e: unknown) => e,
  );
  expect(error).toBeInstanceOf(DataError);
  const { path, expected, got } = error as DataError;
  return { path, expected, got };
}

describe("a folder of every kind of file", () => {
  let path: string;
  let made: Awaited<ReturnType<typeof makePictures>>;
  beforeAll(async () => {
    path = await mkdtemp(join(tmpdir(), "ganvas-pictures-"));
    made = await makePictures(path, { count: 60, seed: 3, size: 32 });
  });
  afterAll(() => rm(path, { recursive: true }));

  it("is opened without what is broken, which is listed: by headers at once, by bodies when they are read", async () => {
    const folder = await opened(path, { shape: [16, 16, 3], skipBroken: true });
    expect(folder.files).toEqual([...made.files, ...made.bodies].sort());
    expect(folder.shape).toEqual([made.files.length + made.bodies.length, 16, 16, 3]);
    expect(folder.skipped.map(({ file }) => file)).toEqual(made.headers);
    expect(folder.labels).toBeNull();
    const all = await readAll(folder);
    expect(all.length).toBe(folder.files.length * 16 * 16 * 3);
    expect(
      folder.skipped
        .map(({ file }) => file)
        .slice(made.headers.length)
        .sort(),
    ).toEqual(made.bodies);
    for (const { file, reason } of folder.skipped) expect(reason, file).toMatch(/^expected .+, got .+/);
    // In place of each stands the next one that can be read.
    const at = (i: number) => [...all.subarray(i * 768, (i + 1) * 768)];
    for (const body of made.bodies) {
      const next = folder.files.findIndex((file) => file > body && !made.bodies.includes(file));
      expect(at(folder.files.indexOf(body)), body).toEqual(at(next));
    }
  });

  it("is refused with the first of them, by its path", async () => {
    const { path: named, expected, got } = await refusal(imageFolder(path, ONE));
    expect(named).toBe(join(path, made.headers[0]!));
    expect(expected).toContain("skipBroken: true");
    expect(got).toBe(
      `a text file; of ${made.files.length + made.headers.length + made.bodies.length} files ${made.headers.length - 1} more are broken`,
    );
  });

  it("is made of the same bytes each time, and whole where that is asked for", async () => {
    const [copy, whole] = [await folderOf(), await folderOf()];
    await makePictures(copy, { count: 60, seed: 3, size: 32 });
    const options = { shape: [8, 8, 3], skipBroken: true };
    const fingerprint = (await opened(path, options)).fingerprint;
    expect((await opened(copy, options)).fingerprint).toBe(fingerprint);
    const { files } = await makePictures(whole, { count: 30, seed: 3, size: 32, whole: true });
    expect((await opened(whole, { shape: [8, 8, 3] })).files).toEqual(files);
  });

  it("gives the same bytes whatever is kept, and whatever was asked for before", async () => {
    const options: ImageFolderOptions = { shape: [6, 5, 3], skipBroken: true };
    const all = await readAll(await opened(path, options));
    const size = 6 * 5 * 3;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.nat({ max: all.length / size - 1 }), { maxLength: 12 }), { minLength: 1, maxLength: 6 }),
        fc.constantFrom(0, 1, size, 3 * size, 10 * size, 2 ** 28),
        async (calls, cacheBytes) => {
          const folder = await imageFolder(path, { ...options, cacheBytes });
          // All under way at once.
          const results = await Promise.all(calls.map((indices) => folder.read(indices)));
          for (const [i, indices] of calls.entries()) {
            expect([...results[i]!]).toEqual(indices.flatMap((index) => [...all.subarray(index * size, (index + 1) * size)]));
          }
          await folder.close();
        },
      ),
      { numRuns: 15 },
    );
  });

  it("has classes by its folders, also of what stands in for a broken picture, and trains a GAN by them", async () => {
    const folder = await opened(path, { shape: [16, 16, 3], skipBroken: true, labels: "folders" });
    const classes = [...new Set(made.files.map((file) => file.split("/")[0]!))].sort();
    expect(folder.classes).toEqual(classes);
    expect(folder.labels).toBeInstanceOf(Uint8Array);
    expect([...folder.labels!].map((label) => classes[label])).toEqual(folder.files.map((file) => file.split("/")[0]));
    const gan = await createGAN({ shape: [16, 16, 3], width: 8, batchSize: 8, condition: { classes: classes.length }, backend: "wasm", threads: 1 });
    const report = await gan.train(folder, { steps: 3 });
    expect(report.steps).toBe(3);
    gan.dispose();
  });

  it("trains to the same weights as the same pictures in memory", async () => {
    const folder = await opened(path, { shape: [16, 16, 3], skipBroken: true, cacheBytes: 20_000 });
    const weights = async (data: Parameters<Awaited<ReturnType<typeof createGAN>>["train"]>[0]) => {
      const gan = await createGAN({ shape: [16, 16, 3], width: 8, batchSize: 8, seed: 5, backend: "wasm", threads: 1 });
      await gan.train(data, { steps: 4 });
      const file = await gan.save();
      gan.dispose();
      return file;
    };
    expect(await weights(folder)).toEqual(await weights(await folder.load()));
  });

  it("is loaded into memory in full, or as many as are asked for by a seed", async () => {
    const folder = await opened(path, { shape: [4, 4, 1], skipBroken: true, labels: "folders" });
    const whole = await folder.load();
    expect([whole.shape, whole.data, whole.labels]).toEqual([[...folder.shape], await readAll(folder), folder.labels]);
    const [some, same, others] = [
      await folder.load({ count: 9, seed: 1 }),
      await folder.load({ count: 9, seed: 1 }),
      await folder.load({ count: 9, seed: 2 }),
    ];
    expect(some.shape).toEqual([9, 4, 4, 1]);
    expect(same.data).toEqual(some.data);
    expect(others.data).not.toEqual(some.data);
    // Each is one of the whole, with its class.
    const rows = (data: ArrayLike<number>) =>
      Array.from({ length: data.length / 16 }, (_, i) =>
        Array.from(data)
          .slice(16 * i, 16 * i + 16)
          .join(),
      );
    const all = rows(whole.data);
    for (const [i, row] of rows(some.data).entries())
      expect(all.some((other, k) => other === row && whole.labels![k] === some.labels![i])).toBe(true);
    await expect(folder.load({ count: all.length + 1 })).rejects.toThrow(SpecError);
    await expect(folder.load({ size: 1 } as never)).rejects.toThrow(/^size: .*count, seed/);
  });
});

describe("which files count", () => {
  it("those named like pictures, in folders within too, in the order of their code units; not hidden ones", async () => {
    const names = ["b.png", "B.PNG", "a/1.png", "a/deep er/ñ/2.png", "a-.png", "中.png", "é.png", "\u{1f600}.png", "z.apng"];
    const others = [".hidden.png", ".git/c.png", "a/.d/e.png", "f.txt", "g.heic", "png", "h.png.bak"];
    const path = await folderOf(Object.fromEntries([...names, ...others].map((name, i) => [name, pixel(i)])));
    const folder = await opened(path, ONE);
    expect(folder.files).toEqual([...names].sort());
    expect([...(await readAll(folder))]).toEqual([...names].sort().map((name) => names.indexOf(name)));
  });

  it("what links lead to, of files and folders, but no circle", async () => {
    const path = await folderOf({ "a/1.png": pixel(1) });
    const elsewhere = await folderOf({ "2.png": pixel(2), "within/3.png": pixel(3) });
    await symlink(join(elsewhere, "2.png"), join(path, "link.png"));
    await symlink(elsewhere, join(path, "b"));
    await symlink(path, join(path, "a/round"));
    await symlink("../a", join(elsewhere, "no picture by its name"));
    const folder = await opened(path, ONE);
    expect(folder.files).toEqual(["a/1.png", "b/2.png", "b/within/3.png", "link.png"]);
    expect([...(await readAll(folder))]).toEqual([1, 2, 3, 2]);
  });

  it("one alone", async () => expect((await opened(await folderOf({ "1.png": pixel(7) }), ONE)).shape).toEqual([1, 1, 1, 1]));

  it("by what is in them, whatever they are called", async () => {
    const jpeg = await encoded("jpeg", sharp({ create: { width: 8, height: 8, channels: 3, background: "#646464" } }));
    const folder = await opened(await folderOf({ "a.gif": jpeg, "b.webp": pixel(100) }), ONE);
    expect([...(await readAll(folder))]).toEqual([100, 100]);
  });
});

describe("labels by folders", () => {
  it("are floats where there are more than 256", async () => {
    const path = await folderOf(Object.fromEntries(Array.from({ length: 257 }, (_, i) => [`${1000 + i}/a.png`, pixel(i % 200)])));
    const { labels, classes } = await opened(path, { ...ONE, labels: "folders" });
    expect(labels).toEqual(Float32Array.from({ length: 257 }, (_, i) => i));
    expect(classes[256]).toBe("1256");
  });

  it("are not without a folder", async () => {
    const path = await folderOf({ "a/1.png": pixel(1), "2.png": pixel(2) });
    expect(await refusal(imageFolder(path, { ...ONE, labels: "folders" }))).toMatchObject({
      path: join(path, "2.png"),
      got: "one beside the folders",
    });
  });

  it("are those of what is there: a picture that is broken is replaced within its class, and by nothing where that has no other", async () => {
    const files = { "a/1.png": counting(1), "a/2.png": counting(2), "a/3.png": counting(255), "b/4.png": counting(4), "c/5.png": counting(255) };
    const { folder } = await counted(files, { labels: "folders", skipBroken: true });
    expect([...(await folder.read([2, 3, 2]))]).toEqual([1, 4, 1]);
    expect(await refusal(folder.read([4]))).toMatchObject({ expected: "a picture of its class that is not broken", got: "none" });
    const { folder: plain } = await counted(files, { skipBroken: true });
    expect([...(await plain.read([4, 2]))]).toEqual([1, 4]);
  });
});

describe("what is refused", () => {
  it("a path that leads to no folder", async () => {
    const picture = await folderOf({ "a b.png": pixel(1), "notes.txt": "some text", "empty.txt": "" });
    const refused = (path: string) => refusal(imageFolder(path, ONE));
    const expected = "a folder of pictures, or a .zip, .tar or .tar.gz of them";
    const cases = {
      missing: "nothing there",
      "a b.png": "a single PNG file",
      "notes.txt": "a text file",
      "empty.txt": "an empty file",
      "notes.txt/x": "a path through a file that is no folder",
    };
    for (const [name, got] of Object.entries(cases)) expect(await refused(join(picture, name))).toEqual({ path: join(picture, name), expected, got });
    for (const none of ["", undefined, 5, null]) expect((await refusal(imageFolder(none as string, ONE))).path).toBe("path");
  });

  it("a folder without a picture, and what there is is named", async () => {
    expect((await refusal(imageFolder(await folderOf(), ONE))).got).toBe("nothing");
    const path = await folderOf({ "photos/IMG_1.HEIC": "x" });
    expect(await refusal(imageFolder(path, ONE))).toEqual({
      path,
      expected: "a folder or an archive with pictures: .jpg, .png, .webp, .gif, .avif or .tiff",
      got: "none, but other files, such as photos/IMG_1.HEIC",
    });
    const broken = await folderOf({ "a.png": "", "b.jpg": "text" });
    expect(await refusal(imageFolder(broken, { ...ONE, skipBroken: true }))).toMatchObject({
      path: broken,
      got: "2 broken files, the first of them a.png: an empty file",
    });
  });

  it.each([
    ["a text file", "This is text.", "a text file"],
    ["an empty file", "", "an empty file"],
    ["a HEIC file", Buffer.from("\0\0\0\x18ftypheic\0\0\0\0mif1heic"), "a HEIC file, which is to be converted to JPEG first"],
    ["anything else", Buffer.from("00010203", "hex"), "a file that begins with the bytes 00 01 02 03"],
    ["a bomb", rawPNG({ width: 30_000, height: 30_000 }, [0]), "30000 x 30000"],
    ["half a header", pixel(1).subarray(0, 20), expect.stringMatching(/^a broken file: /)],
  ])("%s that is called a picture", async (_, content, got) => {
    const path = await folderOf({ "a b/ü.jpg": content, "z.png": pixel(1) });
    expect(await refusal(imageFolder(path, ONE))).toMatchObject({ path: join(path, "a b", "ü.jpg"), got });
    const { skipped, files } = await opened(path, { ...ONE, skipBroken: true });
    expect([skipped.map(({ file }) => file), files]).toEqual([["a b/ü.jpg"], ["z.png"]]);
  });

  it("a picture of more pixels than are allowed, of every kind", async () => {
    const large = sharp({ create: { width: 40, height: 30, channels: 3, background: "#808080" } });
    const kinds = ["jpeg", "png", "webp", "gif", "avif", "tiff"];
    const path = await folderOf(
      Object.fromEntries(await Promise.all(kinds.map(async (kind) => [`${kind}.png`, await encoded(kind, large)] as const))),
    );
    expect((await opened(path, { ...ONE, maxPixels: 1200 })).files.length).toBe(6);
    await expect(imageFolder(path, { ...ONE, maxPixels: 1199, skipBroken: true })).rejects.toThrow(/6 broken files, .* avif\.png: 40 x 30/);
  });

  it("a link that leads nowhere, and a pipe, but not where they are not called pictures", async () => {
    const path = await folderOf({ "z.png": pixel(1) });
    await symlink("nowhere", join(path, "a.png"));
    await symlink("nowhere", join(path, "link"));
    await symlink("b.png", join(path, "b.png"));
    expect(await refusal(imageFolder(path, ONE))).toMatchObject({
      path: join(path, "a.png"),
      got: "a link that leads nowhere; of 3 files 1 more are broken",
    });
    const { skipped } = await opened(path, { ...ONE, skipBroken: true });
    expect(skipped.map(({ reason }) => reason)).toEqual([
      "expected a picture, got a link that leads nowhere",
      "expected a picture, got a link that leads to itself",
    ]);
  });

  it.skipIf(!process.seteuid)(
    `a file and a folder that may not be read${process.seteuid ? "" : ": skipped, as this system has no users of POSIX"}`,
    async () => {
      const path = await folderOf({ "a.png": pixel(1), "b/c.png": pixel(1), "z.png": pixel(1) });
      const locked = [join(path, "a.png"), join(path, "b")];
      await opened(path, ONE); // what is loaded when it is first needed is there now
      for (const each of locked) await chmod(each, 0);
      await chmod(path, 0o755);
      const isRoot = process.geteuid!() === 0;
      if (isRoot) process.seteuid!(65534); // root may read everything
      try {
        expect(await refusal(imageFolder(path, ONE))).toMatchObject({ path: locked[0], got: expect.stringContaining("no permission to read it") });
        const { skipped } = await opened(path, { ...ONE, skipBroken: true });
        expect(skipped).toEqual(["a.png", "b"].map((file) => ({ file, reason: "expected a picture, got no permission to read it" })));
      } finally {
        if (isRoot) process.seteuid!(0);
        for (const each of locked) await chmod(each, 0o700);
      }
    },
  );

  it("a file that is gone when it is read, or that has changed to what is none", async () => {
    const path = await folderOf({ "a.png": pixel(1), "b.png": pixel(2), "c.png": pixel(3) });
    const [strict, lenient] = [await opened(path, ONE), await opened(path, { ...ONE, skipBroken: true })];
    await rm(join(path, "a.png"));
    await writeFile(join(path, "b.png"), "text");
    expect(await refusal(strict.read([2, 0]))).toMatchObject({ path: join(path, "a.png"), got: "nothing there" });
    expect((await refusal(strict.read([1]))).path).toBe(join(path, "b.png"));
    expect([...(await lenient.read([0, 1, 2]))]).toEqual([3, 3, 3]);
    expect(lenient.skipped.map(({ file }) => file).sort()).toEqual(["a.png", "b.png"]);
    await rm(join(path, "c.png"));
    expect([...(await lenient.read([0]))]).toEqual([3]); // it is kept
    const none = await counted({ "a.png": counting(255), "b.png": counting(255) }, { skipBroken: true });
    expect(await refusal(none.folder.read([1]))).toMatchObject({ expected: "a picture that is not broken", got: "none" });
  });

  it("options that cannot be, every one by name, before anything is looked at", async () => {
    const options = {
      shape: [0, 8, 2],
      fit: "fill",
      background: "red",
      labels: "files",
      skipBroken: 1,
      cacheBytes: -1,
      maxPixels: 0,
      signal: {},
      sise: 3,
    };
    const error = await imageFolder("/nowhere", options as never).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(SpecError);
    const named = ["sise", "shape", "fit", "background", "labels", "skipBroken", "cacheBytes", "maxPixels", "signal"];
    expect((error as SpecError).faults.map(({ path }) => path)).toEqual(named);
    for (const none of [undefined, null, 5, {}]) await expect(imageFolder("/nowhere", none as never)).rejects.toThrow(SpecError);
  });

  it("indices that there are not", async () => {
    const folder = await opened(await folderOf({ "a.png": pixel(1) }), ONE);
    for (const index of [1, -1, 0.5, Number.NaN])
      expect(await refusal(folder.read([0, index]))).toMatchObject({ path: "indices[1]", expected: "an integer in 0..0" });
    expect(await folder.read([])).toEqual(new Uint8Array());
  });
});

describe("reading", () => {
  const files = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`${100 + i}.png`, counting(i)]));

  it("decodes a picture once, however often it is asked for at once, and again only when it is no longer kept", async () => {
    const { folder, seen } = await counted(files);
    const results = await Promise.all([folder.read([3, 3, 4]), folder.read([4, 3]), folder.read(Uint32Array.of(4))]);
    expect(results.map((bytes) => [...bytes])).toEqual([[3, 3, 4], [4, 3], [4]]);
    expect(seen.decodes).toBe(2);
    await folder.read([3, 4]);
    expect(seen.decodes).toBe(2);
    const two = await counted(files, { cacheBytes: 2 });
    for (const [index, decodes] of [
      [0, 1],
      [1, 2],
      [0, 2],
      [2, 3],
      [0, 3],
      [1, 4],
      [2, 5],
    ] as const) {
      await two.folder.read([index]);
      expect(two.seen.decodes, `${index}`).toBe(decodes);
    }
    const none = await counted(files, { cacheBytes: 0 });
    await none.folder.read([0, 0]);
    await none.folder.read([0]);
    expect(none.seen.decodes).toBe(2);
  });

  it("decodes many at once, but not all", async () => {
    const { folder, seen } = await counted(files);
    await Promise.all([folder.read(folder.files.map((_, i) => i)), folder.read([0, 1, 2])]);
    expect(seen.decodes).toBe(60);
    expect(seen.most).toBeGreaterThan(1);
    expect(seen.most).toBeLessThan(60);
  });

  it("looks at a broken picture once, and tells of it once", async () => {
    const { folder, seen } = await counted({ "a.png": counting(255), "b.png": counting(2) }, { skipBroken: true });
    await Promise.all([folder.read([0]), folder.read([0, 1])]);
    await folder.read([0]);
    expect(seen.decodes).toBe(2);
    expect(folder.skipped).toEqual([{ file: "a.png", reason: "expected a picture, got a broken PNG file: it is broken" }]);
  });

  it("ends when it is closed, after what is under way; closing twice is closing once", async () => {
    const { folder } = await counted(files);
    let isDone = false;
    const work = folder.read([5]).then((bytes) => {
      isDone = true;
      return bytes;
    });
    await folder.close();
    expect(isDone).toBe(true);
    expect([...(await work)]).toEqual([5]);
    await expect(folder.read([5])).rejects.toThrow(StateError);
    await expect(folder.load()).rejects.toThrow("read: expected an open folder, got a closed one");
    await folder.close();
    const { folder: other } = await counted(files);
    await other[Symbol.asyncDispose]();
    await expect(other.read([5])).rejects.toThrow(StateError);
  });

  it("is not begun when a signal ends the opening, by its reason", async () => {
    const path = await folderOf(Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`${i}.png`, pixel(1)])));
    const reason = new Error("enough");
    await expect(imageFolder(path, { ...ONE, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const controller = new AbortController();
    let looks = 0;
    const decoder: Decoder = {
      missing: () => null,
      measure: async () => {
        if (++looks === 5) controller.abort(reason);
        return { width: 1, height: 1 };
      },
      decode: async () => Uint8Array.of(0),
    };
    await expect(openImageFolder(path, { ...ONE, signal: controller.signal }, async () => decoder)).rejects.toBe(reason);
    expect(looks).toBeLessThan(200);
  });
});

describe("a fingerprint", () => {
  const print = async (path: string, options: Partial<ImageFolderOptions> = {}) => {
    const folder: ImageFolder = await opened(path, { ...ONE, skipBroken: true, ...options });
    return folder.fingerprint;
  };

  it("is that of a copy, and of any options", async () => {
    const path = await folderOf({ "a/1.png": pixel(1), "2.png": pixel(2), "broken.png": "text", "notes.txt": "x" });
    const before = await print(path);
    expect(before).toMatch(/^[0-9a-f]{64}$/);
    const copy = await folderOf();
    await cp(path, copy, { recursive: true });
    await writeFile(join(copy, "notes.txt"), "other notes");
    expect(await print(copy)).toBe(before);
    expect(await print(path, { shape: [3, 2, 4], fit: "contain", background: "#123456", cacheBytes: 0 })).toBe(before);
  });

  it("is another one when a file is changed, added, lost or renamed, or two change places, also among the broken", async () => {
    const path = await folderOf({ "1.png": pixel(1), "2.png": pixel(2), "broken.png": "text" });
    const seen = new Set([await print(path)]);
    const changed = async (change: () => Promise<unknown>) => {
      await change();
      const found = await print(path);
      expect(seen).not.toContain(found);
      seen.add(found);
    };
    const at = (name: string) => join(path, name);
    await changed(() => writeFile(at("1.png"), pixel(9)));
    await changed(() => copyFile(at("1.png"), at("3.png")));
    await changed(() => rename(at("3.png"), at("4.png")));
    await changed(() =>
      rm(at("4.png"))
        .then(() => writeFile(at("1.png"), pixel(2)))
        .then(() => writeFile(at("2.png"), pixel(1))),
    );
    await changed(() => writeFile(at("broken.png"), "other text"));
    await changed(() => rm(at("broken.png")));
    await changed(() => mkdir(at("sub")).then(() => rename(at("1.png"), at("sub/1.png"))));
  });

  it("tells of changes at both ends of a large file", async () => {
    const path = await folderOf({ "1.png": Buffer.concat([pixel(1), Buffer.alloc(300_000)]) });
    const before = await print(path);
    const content = await readFile(join(path, "1.png"));
    for (const position of [pixel(1).length + 5, content.length - 1]) {
      const other = Buffer.from(content);
      other[position] = 1;
      await writeFile(join(path, "1.png"), other);
      expect(await print(path)).not.toBe(before);
    }
  });
});
