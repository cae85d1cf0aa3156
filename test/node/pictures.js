/**
 * A folder of drawn faces as picture files of every kind, and broken ones: `node test/node/pictures.js <folder> [--count 500] [--seed 0] [--size 64] [--whole]`. The same arguments make the same files.
 */
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { crc32, deflateSync } from "node:zlib";
import sharp from "sharp";
import { animeFaceFactors, animeFaces } from "../../dist/datasets.js";

/** What turns and mirrors undo what an EXIF orientation asks for. */
const UNTURNED = {
  2: (p) => p.flop(),
  3: (p) => p.rotate(180),
  4: (p) => p.flip(),
  5: (p) => p.rotate(270).flop(),
  6: (p) => p.rotate(270),
  7: (p) => p.rotate(90).flop(),
  8: (p) => p.rotate(90),
};

/** A JPEG that lies on its side, and says so. */
const turned = (orientation) => async (p) =>
  sharp(await UNTURNED[orientation](p).png().toBuffer())
    .withMetadata({ orientation })
    .jpeg({ quality: 95 });

/** A PNG whose upper left pixel is transparent throughout. */
const seeThrough = async (p) => {
  const { data, info } = await p.ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  data[3] = 0;
  return sharp(data, { raw: info });
};

/** Every kind of file: its ending, and what makes it of a picture of sharp's. */
export const KINDS = {
  jpeg: ["jpg", (p) => p.jpeg({ quality: 95 })],
  "jpeg-progressive": ["jpeg", (p) => p.jpeg({ quality: 95, progressive: true })],
  "jpeg-grey": ["jpg", (p) => p.greyscale().toColourspace("b-w").jpeg({ quality: 95 })],
  "jpeg-cmyk": ["jpg", (p) => p.withIccProfile("cmyk").jpeg({ quality: 95 })],
  "jpeg-p3": ["JPG", (p) => p.withIccProfile("p3").jpeg({ quality: 95 })],
  ...Object.fromEntries(Object.keys(UNTURNED).map((n) => [`jpeg-turned-${n}`, ["jpg", turned(Number(n))]])),
  png: ["png", (p) => p.png()],
  "png-palette": ["png", (p) => p.png({ palette: true, colours: 64 })],
  "png-palette-of-4": ["png", (p) => p.png({ palette: true, colours: 4 })],
  "png-16-bit": ["png", (p) => p.toColourspace("rgb16").png()],
  "png-grey": ["png", (p) => p.greyscale().toColourspace("b-w").png()],
  "png-grey-alpha": ["png", async (p) => (await seeThrough(p.greyscale())).toColourspace("b-w").png()],
  "png-alpha": ["png", async (p) => (await seeThrough(p)).png()],
  "png-interlaced": ["PNG", (p) => p.png({ progressive: true })],
  "png-named-jpg": ["jpg", (p) => p.png()],
  webp: ["webp", (p) => p.webp({ quality: 95 })],
  "webp-lossless": ["webp", (p) => p.webp({ lossless: true })],
  "webp-alpha": ["webp", async (p) => (await seeThrough(p)).webp({ lossless: true })],
  gif: ["gif", (p) => p.gif({ dither: 0 })],
  "gif-animated": ["gif", async (p) => animated(await p.png().toBuffer())],
  avif: ["avif", (p) => p.avif({ quality: 90, effort: 0 })],
  tiff: ["tiff", (p) => p.tiff({ compression: "lzw" })],
  "tiff-16-bit": ["tif", (p) => p.toColourspace("rgb16").tiff({ compression: "deflate" })],
};

/** The picture and, as a second frame, nothing but black. */
async function animated(picture) {
  const { width, height } = await sharp(picture).metadata();
  const black = await sharp({ create: { width, height, channels: 3, background: "#000000" } })
    .png()
    .toBuffer();
  return sharp([picture, black], { join: { animated: true } }).gif({ dither: 0, delay: [100, 100] });
}

/** The bytes of a file of this kind, of a picture of sharp's. */
export const encoded = async (kind, picture) => (await KINDS[kind][1](picture)).toBuffer();

/** One piece of a PNG. */
function chunk(type, content) {
  const bytes = Buffer.alloc(12 + content.length);
  bytes.writeUInt32BE(content.length);
  bytes.write(type, 4, "latin1");
  bytes.set(content, 8);
  bytes.writeUInt32BE(crc32(bytes.subarray(4, 8 + content.length)), 8 + content.length);
  return bytes;
}

/** A PNG of these numbers: lines of a filter's type and then samples, which need not be as many as the header says. */
export function rawPNG({ width, height, depth = 8, type = 0, interlaced = false }, lines, extra = []) {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width);
  header.writeUInt32BE(height, 4);
  header.set([depth, type, 0, 0, Number(interlaced)], 8);
  const parts = [["IHDR", header], ...extra, ["IDAT", deflateSync(Buffer.from(lines))], ["IEND", Buffer.alloc(0)]];
  return Buffer.concat([Buffer.from("89504e470d0a1a0a", "hex"), ...parts.map(([name, content]) => chunk(name, content))]);
}

/** Files that are named like pictures and are none, from a folder and how it is broken: those whose header says so, and those that break behind it. */
export const BROKEN = {
  headers: ["a text file.jpg", "empty.png", "bomb.png", "half a header.png", "half.webp", "half.gif", "no page.tiff", "zeros.avif"],
  bodies: ["half.jpg", "half.png", "half.avif"],
};

async function broken(name, picture) {
  const half = async (kind, share = 0.5) => {
    const bytes = await encoded(kind, picture());
    return bytes.subarray(0, Math.floor(bytes.length * share));
  };
  switch (name) {
    case "a text file.jpg":
      return "This is no picture.\n";
    case "empty.png":
      return "";
    case "bomb.png":
      return rawPNG({ width: 30_000, height: 30_000 }, Buffer.alloc(1000));
    case "half a header.png":
      return rawPNG({ width: 8, height: 8 }, []).subarray(0, 20);
    case "zeros.avif":
      return Buffer.alloc(100);
    case "no page.tiff":
      return Buffer.from("49492a00ffffffff", "hex");
    default:
      return half(name.slice(name.indexOf(".") + 1).replace("jpg", "jpeg"));
  }
}

/**
 * Writes the files: a folder for each colour of hair, in it faces of all kinds in turn, with sizes and proportions that change; and, unless `whole`, broken ones beside them.
 *
 * @returns the paths from the folder of the pictures, of files that are no pictures, and of those that only their bodies give away
 */
export async function makePictures(folder, { count = 500, seed = 0, size = 64, whole = false } = {}) {
  const faces = animeFaces({ count, size, seed });
  const kinds = Object.keys(KINDS);
  const files = [];
  const at = (i) => {
    const bytes = size * size * 3;
    return sharp(faces.data.subarray(i * bytes, (i + 1) * bytes), { raw: { width: size, height: size, channels: 3 } });
  };
  for (let i = 0; i < count; i++) {
    const kind = kinds[i % kinds.length];
    const colour = animeFaceFactors.hairColor[faces.factors.hairColor[i]];
    // Most are squares; every fourth lies, every fifth stands.
    const [width, height] = [i % 4 === 3 ? size + 12 : size, i % 5 === 4 ? size + 21 : size];
    const resized = await at(i).resize(width, height, { fit: "cover" }).png().toBuffer();
    const name = `${colour}/${i % 3 === 0 ? `顔 ${i}` : `face-${i}`} (${kind}).${KINDS[kind][0]}`;
    await mkdir(join(folder, colour), { recursive: true });
    await writeFile(join(folder, name), await encoded(kind, sharp(resized)));
    files.push(name);
  }
  const some = files[0].split("/")[0];
  await writeFile(join(folder, some, "one pixel.png"), rawPNG({ width: 1, height: 1 }, [0, 200]));
  await writeFile(join(folder, some, "notes.txt"), "Not named like a picture.\n");
  await writeFile(join(folder, some, ".hidden.png"), "");
  files.push(`${some}/one pixel.png`);
  if (whole) return { files: files.sort(), headers: [], bodies: [] };
  const put = async (names) => {
    for (const name of names) await writeFile(join(folder, some, name), await broken(name, () => at(0)));
    return names.map((name) => `${some}/${name}`);
  };
  const [headers, bodies] = [await put(BROKEN.headers), await put(BROKEN.bodies)];
  await symlink("nothing-there.png", join(folder, some, "broken link.png"));
  return { files: files.sort(), headers: [...headers, `${some}/broken link.png`].sort(), bodies: bodies.sort() };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { count: { type: "string" }, seed: { type: "string" }, size: { type: "string" }, whole: { type: "boolean" } },
  });
  const [folder, ...more] = positionals;
  if (!folder || more.length > 0) {
    console.error("node test/node/pictures.js <folder> [--count 500] [--seed 0] [--size 64] [--whole]");
    process.exit(2);
  }
  const numbers = Object.fromEntries(["count", "seed", "size"].flatMap((name) => (values[name] === undefined ? [] : [[name, Number(values[name])]])));
  const { files, headers, bodies } = await makePictures(folder, { ...numbers, whole: values.whole ?? false });
  console.log(`${files.length} pictures, ${headers.length + bodies.length} broken files in ${folder}`);
}
