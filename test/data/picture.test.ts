import { describe, expect, it } from "vitest";
import { type Examples, fitExamples, takeAll } from "../../src/data/dataset.ts";
import { Images } from "../../src/formats/image.ts";
import { faultOf } from "./fault.ts";

const picture = (channels: number, ...data: number[]) => ({ width: data.length / channels, height: 1, data: Uint8ClampedArray.from(data) });
const bytesOf = (source: object, shape: number[]) => [...fitExamples(source, { shape }).data];

describe("a picture", () => {
  it.each([1, 3, 4])("of %i channels, made from a sample, is that sample", (channels) => {
    const sample = new Images(
      [1, 2, 3, channels],
      Float32Array.from({ length: 6 * channels }, (_, i) => ((i * 31) % 256) / 127.5 - 1),
    );
    const format = { shape: [2, 3, channels] };
    const { count, data } = takeAll(fitExamples(sample.at(0).toImageData() as Examples, format), format);
    expect(count).toBe(1);
    expect(data).toEqual(sample.data);
  });

  it("loses an alpha that is opaque and colours that are grey, and gains them", () => {
    expect(bytesOf(picture(4, 1, 2, 3, 255, 4, 5, 6, 255), [1, 2, 3])).toEqual([1, 2, 3, 4, 5, 6]);
    expect(bytesOf(picture(4, 7, 7, 7, 255, 8, 8, 8, 255), [1, 2, 1])).toEqual([7, 8]);
    expect(bytesOf({ ...picture(1, 7, 8), channels: 1 }, [1, 2, 3])).toEqual([7, 7, 7, 8, 8, 8]);
    expect(bytesOf({ ...picture(2, 7, 255, 8, 0), channels: 2 }, [1, 2, 4])).toEqual([7, 7, 7, 255, 8, 8, 8, 0]);
  });

  it("brings its labels along", () => {
    const source = { ...picture(4, 7, 7, 7, 255), labels: [2] };
    expect(fitExamples(source, { shape: [1, 1, 1], condition: { classes: 3 } }).labels).toEqual(Float32Array.of(2));
  });

  it.each<[string, RegExp, object, number[]]>([
    ["of another size", /^data: expected shape \[1, 2, 1\], got a picture of shape \[1, 4, 1\]/, picture(1, 1, 2, 3, 4), [1, 2, 1]],
    [
      "of as many bytes in other rows",
      /shape \[28, 28, 1\], got .* \[14, 56, 1\]/,
      { width: 56, height: 14, data: new Uint8Array(784) },
      [28, 28, 1],
    ],
    ["with colours", /shape \[1, 1, 1\], or grey pixels, got .* \[1, 1, 4\], colour 1, 2, 3 at pixel 0/, picture(4, 1, 2, 3, 255), [1, 1, 1]],
    ["with an alpha", /shape \[1, 1, 3\], or opaque pixels, got .*, an alpha of 9 at pixel 0/, picture(4, 1, 2, 3, 9), [1, 1, 3]],
    ["for vectors", /^data: expected shape \[4\]/, picture(4, 1, 2, 3, 255), [4]],
    ["of another length", /^data: expected a picture of 2 x 1 pixels.*, got 3 bytes/, { width: 2, height: 1, data: new Uint8Array(3) }, [1, 2, 1]],
    ["of numbers that are no bytes", /^data: expected a picture's bytes/, { width: 2, height: 1, data: new Float32Array(2) }, [1, 2, 1]],
    ["from a decoder that tells more", /^depth: .*an unknown one/, { ...picture(1, 1, 2), depth: 1 }, [1, 2, 1]],
    ["with its size apart", /^info: expected one of the fields data, shape, labels/, { data: new Uint8Array(4), info: { width: 1 } }, [1, 1, 1]],
  ])("is refused %s", (_, message, source, shape) => {
    expect(() => fitExamples(source, { shape })).toThrow(message);
  });

  it("is read from an ImageData, whose fields are getters", () => {
    class ImageData {
      get width() {
        return 1;
      }
      get height() {
        return 1;
      }
      get data() {
        return Uint8ClampedArray.of(9, 9, 9, 255);
      }
    }
    expect(bytesOf(new ImageData(), [1, 1, 1])).toEqual([9]);
    expect(faultOf(() => fitExamples(new ImageData(), { shape: [2, 2, 1] }))).toBe("data");
  });
});
