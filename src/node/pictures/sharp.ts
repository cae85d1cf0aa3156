import type { Decoder } from "./decoder.ts";
import type { Kind } from "./kinds.ts";
import { reasonOf } from "./source.ts";
import { compose } from "./target.ts";

type Sharp = typeof import("sharp").default;

/** sharp, or in place of it a sentence about how to have it. */
export async function loadSharp(): Promise<Sharp | string> {
  try {
    return (await import("sharp")).default;
  } catch (error) {
    const isThere = (error as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND";
    return isThere ? `sharp is there, and cannot be loaded: ${reasonOf(error)}` : "`npm install sharp` adds what reads it";
  }
}

/** Kinds whose header lies within the first bytes; of others all are needed to find it. */
const HEADED: readonly Kind[] = ["JPEG", "PNG", "AVIF"];

const FITS = { cover: "cover", contain: "inside", stretch: "fill" } as const;

/** Everything, by sharp: colours as sRGB by the file's profile, turned as EXIF says, the first frame or page of several. Work is done by the threads of libuv. */
export function sharpDecoder(sharp: Sharp): Decoder {
  return {
    missing: () => null,
    async measure(kind, head, whole) {
      const read = async (bytes: Uint8Array) => {
        const { width, height } = await sharp(bytes, { limitInputPixels: false }).metadata();
        return { width, height };
      };
      if (!HEADED.includes(kind)) return read(await whole());
      return read(head).catch(async () => read(await whole()));
    },
    async decode(_, file, target) {
      const [height, width] = target.shape as [number, number];
      // Warnings are of files that every viewer shows: bytes between a JPEG's parts, a chunk of PNG that is out of place.
      const { data, info } = await sharp(file, { failOn: "error", limitInputPixels: target.maxPixels })
        .rotate()
        .resize({ width, height, fit: FITS[target.fit] })
        .toColourspace("srgb")
        .ensureAlpha()
        .raw()
        .toBuffer({ resolveWithObject: true });
      return compose({ width: info.width, height: info.height, bytes: data }, target);
    },
  };
}
