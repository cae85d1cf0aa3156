import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { SpecError } from "../../src/core/errors.ts";
import { paintFace } from "../../src/datasets/animeFaces.ts";
import { Canvas } from "../../src/datasets/canvas.ts";
import { drawFace, type Face } from "../../src/datasets/faces/factors.ts";
import { animeFaceFactors, animeFaces, type FaceFactor } from "../../src/datasets.ts";
import { expectSameBytes } from "../bytes.ts";

const hash = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const names = Object.keys(animeFaceFactors) as FaceFactor[];

describe("animeFaces", () => {
  it("draws the same bytes everywhere and always", () => {
    expect(hash(animeFaces({ count: 64, size: 32, seed: 1 }).data as Uint8Array)).toBe(
      "687d92a2615b313435e5b2e6e29c1b12406d368175990f3428c3946683c098a7",
    );
    expect(hash(animeFaces({ count: 16, size: 64, seed: 2 }).data as Uint8Array)).toBe(
      "fac20753e74f9e35a751ff1e59dbc521b242cda4ea79cccf33ab75e99b9ff097",
    );
  });

  it("gives face i of a seed whatever the count, and describes it alike at every size", () => {
    const many = animeFaces({ count: 9, size: 16, seed: 5 });
    const few = animeFaces({ count: 4, size: 16, seed: 5 });
    expectSameBytes(few.data, many.data.slice(0, few.data.length));
    expectSameBytes(animeFaces({ count: 9, size: 24, seed: 5 }).factors, many.factors);
    expect(animeFaces({ count: 9, size: 16, seed: 6 }).data).not.toEqual(many.data);
  });

  it("draws colour images of the size asked for, with the hair's colour as their class", () => {
    const faces = animeFaces({ count: 3, size: 20 });
    expect(faces.shape).toEqual([3, 20, 20, 3]);
    expect(Array.from(faces.labels!)).toEqual(Array.from(faces.factors.hairColor));
    expect(animeFaces({ count: 3 }).shape).toEqual([3, 32, 32, 3]);
    const mouths = animeFaces({ count: 3, size: 16, label: "mouth" });
    expect(Array.from(mouths.labels!)).toEqual(Array.from(mouths.factors.mouth));
  });

  it("takes every value of every factor equally often", () => {
    const count = 4000;
    const drawn = Array.from({ length: count }, (_, i) => drawFace(3, i).indices);
    for (const name of names) {
      const values = animeFaceFactors[name].length;
      const counts = new Array<number>(values).fill(0);
      for (const indices of drawn) counts[indices[name]]!++;
      // Binomial counts: five standard deviations either way.
      for (const members of counts) expect(Math.abs(members - count / values)).toBeLessThan(5 * Math.sqrt(count / values));
    }
  });

  it("shows every factor: a face with one value changed looks different at 32 x 32", () => {
    const canvas = new Canvas(32);
    const picture = (face: Face) => {
      const bytes = new Uint8Array(32 * 32 * 3);
      paintFace(canvas, face);
      canvas.write(bytes, 0);
      return bytes;
    };
    for (let i = 0; i < 8; i++) {
      const face: Face = { ...drawFace(7, i), expression: "calm", bangs: "parted" };
      for (const name of names) {
        const pictures = animeFaceFactors[name].map((value) => picture({ ...face, [name]: value }));
        for (const [a, one] of pictures.entries()) {
          for (const other of pictures.slice(0, a)) {
            const changed = one.filter((byte, k) => Math.abs(byte - other[k]!) >= 16).length;
            expect(changed, `${name} ${animeFaceFactors[name][a]}`).toBeGreaterThanOrEqual(3);
          }
        }
      }
    }
  });

  it.each<[string, Parameters<typeof animeFaces>[0]]>([
    ["count", { count: 0 }],
    ["count", { count: 1.5 }],
    ["count", { count: 1e9, size: 256 }],
    ["count", { count: 43691, size: 128 }],
    ["count", {} as { count: number }],
    ["options", undefined as unknown as { count: number }],
    ["sizes", { count: 1, sizes: 20 } as { count: number }],
    ["size", { count: 1, size: 15 }],
    ["size", { count: 1, size: 129 }],
    ["seed", { count: 1, seed: -1 }],
    ["label", { count: 1, label: "toString" as FaceFactor }],
  ])("refuses a wrong %s: %o", (path, options) => {
    expect(() => animeFaces(options)).toThrow(SpecError);
    expect(() => animeFaces(options)).toThrow(new RegExp(`^${path}: `));
  });

  it("tells how many faces there may be of a size", () => {
    expect(() => animeFaces({ count: 1e7, size: 128 })).toThrow("count: expected an integer from 1 to 43690 at size 128, got 10000000");
  });
});
