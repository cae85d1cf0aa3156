import { describe, expect, it } from "vitest";
import { Canvas, mix, rgb } from "../../src/datasets/canvas.ts";
import { Path } from "../../src/datasets/path.ts";
import { expectSameBytes } from "../bytes.ts";

const white = rgb(0xffffff);
const rectangle = (x0: number, y0: number, x1: number, y1: number) => new Path().move(x0, y0).line(x1, y0).line(x1, y1).line(x0, y1);

/** Red bytes of what `paint` paints on black. */
function painted(size: number, paint: (canvas: Canvas) => void): number[] {
  const canvas = new Canvas(size);
  canvas.clear(rgb(0));
  paint(canvas);
  const bytes = new Uint8Array(size * size * 3);
  canvas.write(bytes, 0);
  return Array.from({ length: size * size }, (_, i) => bytes[3 * i]!);
}

/** Painted area in halves of the canvas squared; the whole is 4. */
const areaOf = (bytes: readonly number[]) => (4 * bytes.reduce((sum, byte) => sum + byte, 0)) / 255 / bytes.length;

describe("Canvas", () => {
  it("covers each pixel by the exact area of a shape in it", () => {
    // On 4 x 4 pixels of 0.5, from pixel 0.5 to 2.2 across and 1 to 2.4 down.
    const bytes = painted(4, (canvas) => canvas.fill(rectangle(-0.75, -0.5, 0.1, 0.2), { color: white }));
    const row = [0.5, 1, 0.2, 0];
    expect(bytes).toEqual([[0, 0, 0, 0], row, row.map((c) => 0.4 * c), [0, 0, 0, 0]].flat().map((c) => Math.floor(c * 255 + 0.5)));
  });

  it("covers slopes exactly: a triangle's area comes out whole", () => {
    const triangle = new Path().move(-0.83, -0.71).line(0.92, -0.13).line(-0.27, 0.88);
    const area = Math.abs(1.75 * 1.59 - 0.56 * 0.58) / 2;
    // 32 x 32 bytes, each rounded by up to half of 1/255 where an edge runs: far below 1e-3 in all.
    expect(areaOf(painted(32, (canvas) => canvas.fill(triangle, { color: white })))).toBeCloseTo(area, 3);
  });

  it("draws the same shape whichever way its outline runs, and the union of overlapping outlines", () => {
    const there = new Path().move(-0.5, -0.5).line(0.5, -0.5).line(0.5, 0.5);
    const back = new Path().move(0.5, 0.5).line(0.5, -0.5).line(-0.5, -0.5);
    const [a, b, both] = [there, back, new Path().add(there).add(back)].map((path) => painted(9, (canvas) => canvas.fill(path, { color: white })));
    expect(a).toEqual(b);
    expect(areaOf(a!)).toBeCloseTo(0.5, 2);
    // Where both cover a part of a pixel their parts are added, so that only the pixels inside must agree.
    a!.forEach((byte, i) => {
      if (byte === 0 || byte === 255) expect(both![i]).toBe(byte);
    });
  });

  it("cuts off what lies beyond the canvas, on every side", () => {
    const huge = new Path().ellipse(0, 0, 5, 5);
    expect(painted(8, (canvas) => canvas.fill(huge, { color: white })).every((byte) => byte === 255)).toBe(true);
    const corner = painted(8, (canvas) => canvas.fill(rectangle(0.5, 0.5, 3, 3), { color: white }));
    expect(areaOf(corner)).toBe(0.25);
    for (const [x, y] of [
      [3, 0],
      [-3, 0],
      [0, 3],
      [0, -3],
    ] as const) {
      expect(areaOf(painted(8, (canvas) => canvas.fill(new Path().ellipse(x, y, 0.5, 0.5), { color: white })))).toBe(0);
    }
  });

  it("places, turns and scales about the pose's origin", () => {
    const square = rectangle(-0.2, -0.2, 0.2, 0.2);
    const bytes = painted(40, (canvas) => {
      canvas.place({ x: 0.3, y: -0.1, scale: 1.5, tilt: 0.4 });
      canvas.fill(square, { color: white });
    });
    expect(areaOf(bytes)).toBeCloseTo(0.36, 2);
    const total = bytes.reduce((a, b) => a + b);
    const centre = (of: (i: number) => number) => bytes.reduce((sum, byte, i) => sum + byte * ((of(i) + 0.5) / 20 - 1), 0) / total;
    expect(centre((i) => i % 40)).toBeCloseTo(0.3, 2);
    expect(centre((i) => Math.floor(i / 40))).toBeCloseTo(-0.1, 2);
  });

  it("paints only within the clip until it is lifted", () => {
    const bytes = painted(8, (canvas) => {
      canvas.clip(rectangle(-1, -1, 0, 1));
      canvas.clip(rectangle(0, -1, 0.5, 1));
      canvas.fill(rectangle(-1, -1, 1, 0), { color: white });
      canvas.glow([0.75, 0.5], 0.4, 0.4, white, 1);
    });
    bytes.forEach((byte, i) => {
      if (i % 8 < 4 || i % 8 > 5) expect(byte).toBe(0);
    });
    expect(areaOf(painted(8, (canvas) => canvas.fill(rectangle(-1, -1, 1, 0), { color: white })))).toBe(2);
  });

  it("blends colours along a line, and lays them with opacity", () => {
    const bytes = painted(4, (canvas) =>
      canvas.fill(rectangle(-1, -1, 1, 1), { color: rgb(0), blend: { to: white, from: [-0.5, 0], until: [0.5, 0] }, alpha: 0.5 }),
    );
    expect(bytes.slice(0, 4)).toEqual([0, 0.125, 0.375, 0.5].map((c) => Math.floor(c * 255 + 0.5)));
    expect(mix(rgb(0x336699), white, 0)).toEqual([0.2, 0.4, 0.6]);
  });

  it("leaves no trace of one shape in the next", () => {
    const canvas = new Canvas(16);
    const once = new Uint8Array(16 * 16 * 3);
    const again = new Uint8Array(16 * 16 * 3);
    for (const bytes of [once, again]) {
      canvas.clear(rgb(0));
      canvas.fill(new Path().ellipse(0.31, 0.17, 1.4, 0.77), { color: rgb(0x4080c0) });
      canvas.fill(new Path().stroke([-0.9, 0.3], [0, -1.3], [1.2, 0.4], 0.13, [0.5, 0]), { color: white, alpha: 0.7 });
      canvas.write(bytes, 0);
    }
    expectSameBytes(again, once);
  });
});

describe("Path", () => {
  const area = (path: Path) => areaOf(painted(128, (canvas) => canvas.fill(path, { color: white })));

  it("makes ellipses of the right area", () => {
    // A polygon of 32 corners inside an ellipse has 0.64 % less area.
    expect(area(new Path().ellipse(0.1, 0, 0.6, 0.4)) / (Math.PI * 0.24)).toBeCloseTo(0.9936, 2);
  });

  it("makes strokes that taper to their ends", () => {
    // Width w (e + (1 - e) 4t(1 - t)) along a straight line of length 1 has the mean w (2 + e) / 3.
    expect(area(new Path().stroke([-0.5, 0], [0, 0], [0.5, 0], 0.3, [1, 1]))).toBeCloseTo(0.3, 2);
    expect(area(new Path().stroke([-0.5, 0], [0, 0], [0.5, 0], 0.3))).toBeCloseTo(0.2, 2);
  });

  it("grows outwards whichever way an outline runs", () => {
    const disc = new Path().ellipse(0, 0, 0.5, 0.5);
    const ratio = (0.6 / 0.5) ** 2;
    expect(area(disc.grown(0.1)) / area(disc)).toBeCloseTo(ratio, 1);
    expect(area(disc.mirrored().grown(0.1)) / area(disc)).toBeCloseTo(ratio, 1);
  });

  it("mirrors left and right", () => {
    const path = rectangle(-0.5, 0, 0.25, 1);
    expect(painted(8, (canvas) => canvas.fill(path.mirrored(), { color: white }))).toEqual(
      painted(8, (canvas) => canvas.fill(rectangle(-0.25, 0, 0.5, 1), { color: white })),
    );
  });
});
