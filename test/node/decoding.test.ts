import { deflateSync } from "node:zlib";
import sharp, { type Sharp } from "sharp";
import { describe, expect, it } from "vitest";
import type { ImageFolderOptions } from "../../src/node/imageFolder.ts";
import { folderOf, NO_SHARP, opened, openedWithoutSharp, readAll } from "./folders.ts";
import { encoded, KINDS, rawPNG } from "./pictures.js";

type Colour = readonly [number, number, number];

/** Colours of the four quarters, row by row: all within what printing inks can do. */
const COLOURS: readonly Colour[] = [
  [180, 90, 80],
  [90, 150, 100],
  [80, 100, 160],
  [200, 180, 120],
];
const GREYS: readonly Colour[] = [
  [40, 40, 40],
  [100, 100, 100],
  [160, 160, 160],
  [220, 220, 220],
];

/** A picture of four quarters. */
function quarters(colours: readonly Colour[], width = 64, height = width): Sharp {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) data.set(colours[2 * Number(y >= height / 2) + Number(x >= width / 2)]!, (y * width + x) * 3);
  }
  return sharp(data, { raw: { width, height, channels: 3 } });
}

/** The middles of the quarters: at 16 pixels a side further from every edge than three pixels, as far as Lanczos' kernel reaches. */
function middles(bytes: Uint8Array, [height, width, channels] = [16, 16, 3]): number[][] {
  const pixel = (y: number, x: number) => Array.from({ length: channels! }, (_, c) => bytes[(y * width! + x) * channels! + c]!);
  const [top, bottom, left, right] = [height! >> 2, height! - 1 - (height! >> 2), width! >> 2, width! - 1 - (width! >> 2)];
  return [pixel(top, left), pixel(top, right), pixel(bottom, left), pixel(bottom, right)];
}

/**
 * How far a channel of a flat colour may be off. Lossless formats keep it. Those that keep luma and two differences of colour in 8 bits are off by half a step in each, which weighs up to 1.8 times in red or blue, and by their quantiser: that of JPEG at quality
 * 95 has steps of 2, WebP's luma has 219 levels. A palette that is looked for may be off by a step in its five or six bits. The profile of
 * inks that libvips brings along darkens by up to 20, there and back; taken as they are or inverted, inks would be off by 60 and more.
 */
const TOLERANCES: readonly (readonly [RegExp, number])[] = [
  [/cmyk/, 22],
  [/jpeg|^webp$|avif/, 5],
  [/palette|gif/, 4],
  [/./, 0],
];

function expectColours(found: readonly (readonly number[])[], expected: readonly (readonly number[])[], tolerance: number): void {
  for (const [i, colour] of expected.entries()) {
    for (const [c, value] of colour.entries())
      expect(Math.abs(found[i]![c]! - value), `quarter ${i}: ${found[i]} for ${colour}`).toBeLessThanOrEqual(tolerance);
  }
}

const OPTIONS: ImageFolderOptions = { shape: [16, 16, 3] };

describe("a picture's colours are where they belong, decoded by sharp", () => {
  it.each(Object.keys(KINDS))("from %s", async (kind) => {
    const isGrey = kind.includes("grey");
    const colours = isGrey ? GREYS : COLOURS;
    const path = await folderOf({ [`picture.${KINDS[kind]![0]}`]: await encoded(kind, quarters(colours)) });
    const tolerance = TOLERANCES.find(([pattern]) => pattern.test(kind))![1];
    const folder = await opened(path, OPTIONS);
    expectColours(middles(await folder.read([0])), colours, tolerance);
    // Grey by luma, which of greys is themselves.
    const grey = await opened(path, { shape: [16, 16, 1] });
    const lumas = colours.map(([r, g, b]) => [Math.round((299 * r + 587 * g + 114 * b) / 1000)]);
    expectColours(middles(await grey.read([0]), [16, 16, 1]), lumas, tolerance);
    const opaque = await opened(path, { shape: [16, 16, 4] });
    expectColours(
      middles(await opaque.read([0]), [16, 16, 4]),
      colours.map((colour) => [...colour, 255]),
      tolerance,
    );
  });
});

/** PNG files of every type and depth, small enough to be written by hand: what they show is told as red, green, blue and alpha. */
const PNGS: Readonly<Record<string, { file: Buffer; pixels: readonly (readonly number[])[] }>> = {
  "1 bit of grey": {
    file: rawPNG({ width: 2, height: 2, depth: 1 }, [0, 0x80, 0, 0x40]),
    pixels: [
      [255, 255, 255, 255],
      [0, 0, 0, 255],
      [0, 0, 0, 255],
      [255, 255, 255, 255],
    ],
  },
  "2 bits of grey": {
    file: rawPNG({ width: 2, height: 2, depth: 2 }, [0, 0x10, 0, 0xb0]),
    pixels: [
      [0, 0, 0, 255],
      [85, 85, 85, 255],
      [170, 170, 170, 255],
      [255, 255, 255, 255],
    ],
  },
  "4 bits of grey, one of them transparent": {
    file: rawPNG({ width: 2, height: 2, depth: 4 }, [0, 0x0f, 0, 0x35], [["tRNS", Buffer.from([0, 3])]]),
    pixels: [
      [0, 0, 0, 255],
      [255, 255, 255, 255],
      [0, 0, 0, 0],
      [85, 85, 85, 255],
    ],
  },
  "16 bits of grey": {
    file: rawPNG({ width: 2, height: 2, depth: 16 }, [0, 0, 0, 255, 255, 0, 128, 128, 51, 51]),
    pixels: [
      [0, 0, 0, 255],
      [255, 255, 255, 255],
      [128, 128, 128, 255],
      [51, 51, 51, 255],
    ],
  },
  "RGB, one of them transparent": {
    file: rawPNG({ width: 2, height: 2, type: 2 }, [0, 1, 2, 3, 4, 5, 6, 0, 7, 8, 9, 1, 2, 4], [["tRNS", Buffer.from([0, 1, 0, 2, 0, 3])]]),
    pixels: [
      [0, 0, 0, 0],
      [4, 5, 6, 255],
      [7, 8, 9, 255],
      [1, 2, 4, 255],
    ],
  },
  "a palette of 2 bits, part of it translucent": {
    file: rawPNG(
      { width: 2, height: 2, depth: 2, type: 3 },
      [0, 0x10, 0, 0xb0],
      [
        ["PLTE", Buffer.from([9, 8, 7, 10, 20, 30, 40, 50, 60, 70, 80, 90])],
        ["tRNS", Buffer.from([0, 128])],
      ],
    ),
    pixels: [
      [0, 0, 0, 0],
      [10, 20, 30, 128],
      [40, 50, 60, 255],
      [70, 80, 90, 255],
    ],
  },
  "a palette of 8 bits": {
    file: rawPNG({ width: 2, height: 2, type: 3 }, [0, 1, 0, 0, 0, 1], [["PLTE", Buffer.from([9, 8, 7, 10, 20, 30])]]),
    pixels: [
      [10, 20, 30, 255],
      [9, 8, 7, 255],
      [9, 8, 7, 255],
      [10, 20, 30, 255],
    ],
  },
  "grey and alpha": {
    file: rawPNG({ width: 2, height: 2, type: 4 }, [0, 10, 255, 20, 51, 0, 30, 0, 40, 255]),
    pixels: [
      [10, 10, 10, 255],
      [20, 20, 20, 51],
      [0, 0, 0, 0],
      [40, 40, 40, 255],
    ],
  },
  "16 bits of RGB and alpha": {
    file: rawPNG({ width: 1, height: 2, depth: 16, type: 6 }, [0, 10, 10, 20, 20, 30, 30, 255, 255, 0, 90, 90, 80, 80, 70, 70, 102, 102]),
    pixels: [
      [10, 20, 30, 255],
      [90, 80, 70, 102],
    ],
  },
  "filters that add up": {
    file: rawPNG({ width: 2, height: 2, type: 2 }, [1, 10, 20, 30, 5, 5, 5, 2, 1, 1, 1, 1, 1, 1]),
    pixels: [
      [10, 20, 30, 255],
      [15, 25, 35, 255],
      [11, 21, 31, 255],
      [16, 26, 36, 255],
    ],
  },
  interlaced: {
    file: rawPNG({ width: 2, height: 2, interlaced: true }, [0, 10, 0, 20, 0, 30, 40]),
    pixels: [
      [10, 10, 10, 255],
      [20, 20, 20, 255],
      [30, 30, 30, 255],
      [40, 40, 40, 255],
    ],
  },
};

/** A colour before a background. */
const over = ([red, green, blue, alpha]: readonly number[], background: Colour): number[] =>
  [red!, green!, blue!].map((value, c) => Math.round((value * alpha! + background[c]! * (255 - alpha!)) / 255));

describe.each([
  ["by sharp", opened],
  ["without sharp", openedWithoutSharp],
])("a PNG, decoded %s", (_, open) => {
  it.each(Object.keys(PNGS))("has its numbers: %s", async (name) => {
    const { file, pixels } = PNGS[name]!;
    const [height, width] = pixels.length === 2 ? [2, 1] : [2, 2];
    const path = await folderOf({ "a.png": file });
    // Unpremultiplied and rounded, a colour of little alpha may be a step off.
    const rgba = await (await open(path, { shape: [height!, width!, 4] })).read([0]);
    for (const [i, value] of pixels.flat().entries()) expect(Math.abs(rgba[i]! - value), `${[...rgba]}`).toBeLessThanOrEqual(1);
    const rgb = await (await open(path, { shape: [height!, width!, 3], background: "#ff8000" })).read([0]);
    for (const [i, value] of pixels.flatMap((pixel) => over(pixel, [255, 128, 0])).entries())
      expect(Math.abs(rgb[i]! - value), `${[...rgb]}`).toBeLessThanOrEqual(1);
  });

  it.each([
    [
      "cover",
      [
        [180, 90, 80],
        [90, 150, 100],
        [80, 100, 160],
        [200, 180, 120],
      ],
    ],
    [
      "stretch",
      [
        [180, 90, 80],
        [90, 150, 100],
        [80, 100, 160],
        [200, 180, 120],
      ],
    ],
  ] as const)("fits by %s what lies or stands", async (fit, expected) => {
    const path = await folderOf({
      "a.png": await quarters(COLOURS, 96, 48).png().toBuffer(),
      "b.png": await quarters(COLOURS, 40, 80).png().toBuffer(),
      "c.png": await quarters(COLOURS, 8, 8).png().toBuffer(),
    });
    const folder = await open(path, { shape: [24, 24, 3], fit });
    for (const i of [0, 1]) expectColours(middles(await folder.read([i]), [24, 24, 3]), expected, 1);
    // Three times as large: the corner is far from the edges.
    expect([...(await folder.read([2])).subarray(0, 3)].map((x, c) => Math.abs(x - COLOURS[0]![c]!) <= 1)).toEqual([true, true, true]);
  });

  it("leaves margins by contain, of the background or, with alpha, of nothing", async () => {
    const lying = await quarters(COLOURS, 96, 48).png().toBuffer();
    const standing = await quarters(COLOURS, 24, 48).png().toBuffer();
    const path = await folderOf({ "a.png": lying, "b.png": standing });
    const folder = await open(path, { shape: [24, 24, 3], fit: "contain", background: "#0000ff" });
    const pixelsOf = (bytes: Uint8Array, channels: number) => (y: number, x: number) => [
      ...bytes.subarray((y * 24 + x) * channels, (y * 24 + x + 1) * channels),
    ];
    const [a, b] = [pixelsOf(await folder.read([0]), 3), pixelsOf(await folder.read([1]), 3)];
    for (const at of [a(0, 0), a(5, 12), a(18, 12), a(23, 23), b(0, 0), b(12, 5), b(12, 18), b(23, 23)]) expect(at).toEqual([0, 0, 255]);
    expectColours([a(7, 3), a(7, 20), a(16, 3), a(16, 20)], COLOURS, 1);
    expectColours([b(3, 7), b(3, 16), b(20, 7), b(20, 16)], COLOURS, 1);
    const seen = pixelsOf(await (await open(path, { shape: [24, 24, 4], fit: "contain", background: "#0000ff" })).read([0]), 4);
    expect([seen(0, 0), seen(5, 12)]).toEqual([
      [0, 0, 0, 0],
      [0, 0, 0, 0],
    ]);
    expectColours([seen(7, 3)], [[...COLOURS[0]!, 255]], 1);
  });

  it("takes no colour from what is not seen when it shrinks", async () => {
    // Columns of a red that is opaque and a green that is not there.
    const data = Uint8Array.from(
      { length: 32 * 32 * 4 },
      (_, i) =>
        [
          [200, 0, 0, 255],
          [0, 255, 0, 0],
        ][(i >> 2) % 2]![i % 4]!,
    );
    const path = await folderOf({
      "a.png": await sharp(data, { raw: { width: 32, height: 32, channels: 4 } })
        .png()
        .toBuffer(),
    });
    const [red, green, , alpha] = (await (await open(path, { shape: [4, 4, 4] })).read([0])).subarray(4 * 5);
    expect([Math.abs(red! - 200) <= 2, green! <= 2, Math.abs(alpha! - 128) <= 4]).toEqual([true, true, true]);
  });

  it("is refused with pixels too few or too many, behind a header that is well", async () => {
    const header = { width: 64, height: 64 };
    const lines = (count: number) => new Uint8Array(count * 65);
    const path = await folderOf({ "few.png": rawPNG(header, lines(40)), "whole.png": rawPNG(header, lines(64)) });
    const folder = await open(path, { shape: [8, 8, 1] });
    await expect(folder.read([0])).rejects.toThrow(/few\.png: expected a picture .*, got a broken PNG file: /);
    expect(new Set(await folder.read([1]))).toEqual(new Set([0]));
  });
});

describe("without sharp", () => {
  it("every other kind is refused by how to add it, whatever is skipped", async () => {
    for (const kind of ["jpeg", "webp", "gif", "avif", "tiff"]) {
      const name = `picture.${KINDS[kind]![0]}`;
      const path = await folderOf({ [name]: await encoded(kind, quarters(COLOURS)), "a.png": PNGS.interlaced!.file });
      const [, ending] = name.split(".");
      const said = new RegExp(`picture\\.${ending}: expected a PNG file, got an? ${kind}.* file; ${NO_SHARP}$`, "i");
      await expect(openedWithoutSharp(path, { ...OPTIONS, skipBroken: true }), kind).rejects.toThrow(said);
    }
  });

  it("PNGs are as sharp has them: the same where none is resized, and within a few steps where they are", async () => {
    const names = Object.keys(KINDS).filter((kind) => kind.startsWith("png"));
    // Smooth, so that the kernel that shrinks matters little: where a pixel is transparent, and in the noise of a palette.
    const smooth = sharp(
      Uint8Array.from({ length: 64 * 64 * 3 }, (_, i) => Math.round(128 + 100 * Math.sin(i / 3 / 64 / 12 + (i % 3)) * Math.cos(((i / 3) % 64) / 14))),
      {
        raw: { width: 64, height: 64, channels: 3 },
      },
    );
    const files = await Promise.all(names.map(async (kind) => [`${kind}.png`, await encoded(kind, smooth.clone())] as const));
    const path = await folderOf(Object.fromEntries(files));
    for (const [size, most] of [
      [64, 1],
      [24, 12],
    ] as const) {
      const options: ImageFolderOptions = { shape: [size, size, 3] };
      const [ours, theirs] = [await readAll(await openedWithoutSharp(path, options)), await readAll(await opened(path, options))];
      const off = ours.map((x, i) => Math.abs(x - theirs[i]!));
      expect(Math.max(...off), `at ${size}`).toBeLessThanOrEqual(most);
    }
  });

  it("a PNG is refused that unpacks to more than its header says, or is interlaced and of fewer than 8 bits", async () => {
    const bomb = rawPNG({ width: 4, height: 4 }, new Uint8Array(2 ** 24));
    const path = await folderOf({
      "bomb.png": bomb,
      "a.png": PNGS.interlaced!.file,
      "odd.png": rawPNG({ width: 4, height: 4, depth: 1, interlaced: true }, [0]),
    });
    const folder = await openedWithoutSharp(path, { shape: [4, 4, 1], skipBroken: true });
    expect(folder.skipped).toEqual([{ file: "odd.png", reason: expect.stringContaining("an interlaced PNG of 1 bits, which takes sharp") }]);
    expect(await folder.read([1])).toEqual(await folder.read([0]));
    expect(folder.skipped.map(({ file }) => file)).toEqual(["odd.png", "bomb.png"]);
  });

  it("what is packed beside the picture is left packed", async () => {
    const endless = Buffer.concat([Buffer.from("name\0\0"), deflateSync(Buffer.alloc(2 ** 24))]);
    const path = await folderOf({
      "a.png": rawPNG(
        { width: 2, height: 2 },
        [0, 1, 2, 0, 3, 4],
        [
          ["iCCP", endless],
          ["fdAT", endless],
        ],
      ),
    });
    expect([...(await (await openedWithoutSharp(path, { shape: [2, 2, 1] })).read([0]))]).toEqual([1, 2, 3, 4]);
  });
});
