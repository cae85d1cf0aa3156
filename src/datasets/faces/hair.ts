import { type Canvas, mix, type Paint, rgb } from "../canvas.ts";
import { Path, type Point } from "../path.ts";
import type { Face } from "./factors.ts";
import { faceShape } from "./head.ts";
import { hairTones, skinTones } from "./palette.ts";

/** The scalp as seen from the front, without what hangs down. */
const scalp = new Path().ellipse(0, -0.13, 0.66, 0.73);

/** The right half of the hair behind the head; twin shapes hang on both sides. */
const backs: Record<Face["hairStyle"], Path> = {
  short: new Path()
    .move(0, -0.5)
    .line(0.6, -0.3)
    .quad(0.72, 0, 0.8, 0.14)
    .quad(0.7, 0.12, 0.66, 0.1)
    .quad(0.68, 0.26, 0.76, 0.38)
    .quad(0.62, 0.38, 0.56, 0.34)
    .quad(0.5, 0.5, 0.5, 0.58)
    .quad(0.3, 0.5, 0, 0.45),
  bob: new Path().move(0, -0.5).line(0.6, -0.35).cubic(0.76, -0.05, 0.84, 0.35, 0.7, 0.62).quad(0.58, 0.72, 0.4, 0.66).quad(0.2, 0.6, 0, 0.55),
  long: new Path()
    .move(0, -0.5)
    .line(0.58, -0.4)
    .cubic(0.74, -0.1, 0.7, 0.2, 0.78, 0.5)
    .cubic(0.84, 0.75, 0.8, 1.0, 0.88, 1.3)
    .line(0.3, 1.3)
    .line(0, 0.6),
  twintails: new Path()
    .move(0.5, -0.52)
    .cubic(0.75, -0.75, 1.02, -0.35, 0.96, 0.1)
    .cubic(0.94, 0.4, 0.98, 0.65, 0.84, 0.95)
    .cubic(0.82, 0.75, 0.7, 0.6, 0.68, 0.35)
    .cubic(0.66, 0, 0.7, -0.2, 0.5, -0.36),
  ponytail: new Path().move(0, -0.5).line(0.6, -0.3).cubic(0.7, 0, 0.68, 0.2, 0.54, 0.42).line(0, 0.4),
  buns: new Path().move(0, -0.5).line(0.6, -0.3).cubic(0.7, 0, 0.7, 0.2, 0.56, 0.44).line(0, 0.4).ellipse(0.5, -0.7, 0.25, 0.24),
};

const tail = new Path()
  .move(0.1, -0.76)
  .cubic(0.35, -1.05, 0.85, -0.95, 0.93, -0.35)
  .cubic(0.98, 0.05, 0.86, 0.4, 0.95, 0.72)
  .cubic(0.7, 0.6, 0.66, 0.2, 0.66, -0.1)
  .cubic(0.66, -0.4, 0.55, -0.5, 0.36, -0.56);

/** How far the locks beside the face hang down. */
const lockEnds: Record<Face["hairStyle"], number> = { short: 0.34, bob: 0.5, long: 0.86, twintails: 0.62, ponytail: 0.66, buns: 0.5 };

/** The lower edge of the bangs from right to left: notch, tip, notch, tip, ... notch. */
const fringes: Record<Face["bangs"], readonly Point[]> = {
  straight: [
    [0.55, 0.06],
    [0.42, -0.03],
    [0.3, -0.12],
    [0.22, -0.02],
    [0.1, -0.13],
    [0.02, -0.01],
    [-0.1, -0.13],
    [-0.18, -0.02],
    [-0.3, -0.12],
    [-0.4, -0.03],
    [-0.55, 0.06],
  ],
  jagged: [
    [0.55, 0.06],
    [0.42, 0.04],
    [0.33, -0.22],
    [0.2, 0.0],
    [0.12, -0.26],
    [-0.04, 0.1],
    [-0.1, -0.25],
    [-0.25, 0.02],
    [-0.33, -0.22],
    [-0.46, 0.06],
    [-0.55, 0.06],
  ],
  swept: [
    [0.55, 0.08],
    [0.5, 0.12],
    [0.36, -0.14],
    [0.34, 0.02],
    [0.12, -0.22],
    [0.1, -0.06],
    [-0.24, -0.52],
    [-0.42, -0.06],
    [-0.46, -0.16],
    [-0.5, 0.08],
    [-0.55, 0.08],
  ],
  parted: [
    [0.55, 0.08],
    [0.47, 0.14],
    [0.4, -0.1],
    [0.33, 0.0],
    [0.0, -0.52],
    [-0.33, 0.0],
    [-0.4, -0.1],
    [-0.47, 0.14],
    [-0.55, 0.08],
  ],
};

/** The side on which what is not symmetric lies: 1, right, or -1. */
function sideOf(face: Face): number {
  return face.whims[23]! < 0.5 ? -1 : 1;
}

function toSide(path: Path, side: number): Path {
  return side < 0 ? path.mirrored() : path;
}

function frontOf(face: Face): Path {
  const fringe = fringes[face.bangs].map(([x, y], i): Point => [x, y + (i % 2 === 1 ? 0.07 * (face.whims[12 + (i >> 1)]! - 0.5) : 0)]);
  const path = new Path().move(-0.6, 0.12).cubic(-0.72, -0.45, -0.5, -0.87, 0, -0.87).cubic(0.5, -0.87, 0.72, -0.45, 0.6, 0.12);
  let [x0, y0] = [0.6, 0.12];
  for (const [x, y] of fringe) {
    const bend = Math.abs(y - y0) * 0.12;
    path.quad((x0 + x) / 2 + (y > y0 ? bend : -bend), (y0 + y) / 2 + 0.02, x, y);
    [x0, y0] = [x, y];
  }
  return toSide(path, sideOf(face));
}

function lockOf(face: Face): Path {
  const end = lockEnds[face.hairStyle];
  return new Path()
    .move(0.42, -0.45)
    .cubic(0.68, -0.4, 0.7, 0.0, 0.63, end * 0.6)
    .quad(0.6, end * 0.85, 0.5, end)
    .cubic(0.54, end * 0.6, 0.47, 0.1, 0.42, -0.1);
}

/** What hangs behind the head. */
export function paintBackHair(canvas: Canvas, face: Face): void {
  const { line, shade, base } = hairTones[face.hairColor];
  const back = backs[face.hairStyle];
  const all = new Path().add(back).add(back.mirrored());
  if (face.hairStyle === "ponytail") all.add(toSide(tail, sideOf(face)));
  all.add(scalp);
  canvas.fill(all.grown(0.018), { color: line, alpha: 0.8 });
  canvas.fill(all, { color: mix(shade, base, 0.45), blend: { to: mix(shade, line, 0.25), from: [0, -0.3], until: [0, 0.9] } });
  if (face.hairStyle === "twintails" || face.hairStyle === "ponytail" || face.hairStyle === "buns") paintUpdo(canvas, face);
}

/** Light on tails and buns, and the ribbons that hold them. */
function paintUpdo(canvas: Canvas, face: Face): void {
  const { base, light } = hairTones[face.hairColor];
  const sides = face.hairStyle === "ponytail" ? [sideOf(face)] : [-1, 1];
  for (const side of sides) {
    const body = face.hairStyle === "buns" ? new Path().ellipse(0.5, -0.7, 0.25, 0.24) : face.hairStyle === "ponytail" ? tail : backs.twintails;
    const gleam =
      face.hairStyle === "buns"
        ? new Path().stroke([0.4, -0.82], [0.52, -0.86], [0.62, -0.76], 0.05)
        : face.hairStyle === "ponytail"
          ? new Path().stroke([0.6, -0.78], [0.84, -0.6], [0.84, -0.2], 0.07)
          : new Path().stroke([0.76, -0.42], [0.9, -0.2], [0.87, 0.2], 0.06);
    canvas.clip(toSide(body, side));
    canvas.fill(toSide(body, side), { color: base, blend: { to: hairTones[face.hairColor].shade, from: [0, -0.4], until: [0, 0.9] } });
    canvas.fill(toSide(gleam, side), { color: light, alpha: 0.7 });
    canvas.clip(null);
  }
}

/** The shadow the bangs throw on the face. */
export function paintHairShadow(canvas: Canvas, face: Face): void {
  canvas.clip(faceShape);
  canvas.fill(frontOf(face).transformed(1, 1, 0, 0.065), { color: skinTones[face.skin].shade, alpha: 0.85 });
  canvas.clip(null);
}

/** Bangs and the locks beside the face. */
export function paintFrontHair(canvas: Canvas, face: Face): void {
  const { line, shade, base, light } = hairTones[face.hairColor];
  const paint: Paint = { color: mix(base, light, 0.15), blend: { to: mix(base, shade, 0.35), from: [0, -0.5], until: [0, 0.2] } };
  const lock = lockOf(face);
  for (const side of [-1, 1]) {
    canvas.fill(toSide(lock.grown(0.018), side), { color: line, alpha: 0.7 });
    canvas.fill(toSide(lock, side), { color: base, blend: { to: shade, from: [0, 0], until: [0, lockEnds[face.hairStyle]] } });
  }
  const front = frontOf(face);
  canvas.fill(front.grown(0.018), { color: line, alpha: 0.75 });
  canvas.fill(front, paint);
  canvas.clip(front);
  const strands = new Path();
  const fringe = fringes[face.bangs];
  const crown = fringe.reduce((best, point) => (point[1] < best[1] ? point : best));
  for (let i = 2; i < fringe.length - 2; i += 2) {
    const [x, y] = fringe[i]!;
    const top: Point = [crown[0] + 0.25 * (x - crown[0]), -0.74];
    strands.stroke(top, [top[0] + 0.9 * (x - top[0]), -0.5], [x, y + 0.02], 0.03, [0, 1]);
  }
  canvas.fill(toSide(strands, sideOf(face)), { color: shade, alpha: 0.9 });
  const shine = new Path()
    .stroke([-0.54, -0.3], [-0.44, -0.5], [-0.24, -0.56], 0.085)
    .stroke([-0.16, -0.56], [0.02, -0.62], [0.2, -0.56], 0.1)
    .stroke([0.3, -0.53], [0.44, -0.48], [0.53, -0.32], 0.075);
  canvas.fill(shine, { color: light, alpha: 0.8 });
  canvas.clip(null);
}

/** A bow on the crown, or pins in the bangs. */
export function paintAccessory(canvas: Canvas, face: Face): void {
  const color = ["red", "pink", "violet"].includes(face.hairColor) ? rgb(0x3f7fe0) : rgb(0xe8384f);
  const dark = mix(color, rgb(0x000000), 0.4);
  const side = -sideOf(face);
  if (face.accessory === "bow") {
    const loop = new Path()
      .move(0, 0)
      .cubic(0.05, -0.14, 0.2, -0.2, 0.23, -0.12)
      .cubic(0.25, -0.04, 0.25, 0.06, 0.22, 0.11)
      .cubic(0.16, 0.15, 0.05, 0.1, 0, 0);
    for (const flip of [-1, 1]) {
      const half = loop.transformed(flip, 1, side * 0.38, -0.72);
      canvas.fill(half.grown(0.02), { color: dark });
      canvas.fill(half, { color, blend: { to: dark, from: [side * 0.38 + flip * 0.15, -0.7], until: [side * 0.38, -0.7] } });
    }
    canvas.fill(new Path().ellipse(side * 0.38, -0.72, 0.05, 0.06), { color: mix(color, rgb(0xffffff), 0.25) });
  } else if (face.accessory === "pin") {
    const pins = new Path()
      .stroke([0.36, -0.2], [0.45, -0.24], [0.53, -0.3], 0.055, [1, 1])
      .stroke([0.38, -0.1], [0.47, -0.14], [0.55, -0.2], 0.055, [1, 1]);
    canvas.fill(toSide(pins.grown(0.018), side), { color: dark });
    canvas.fill(toSide(pins, side), { color: rgb(0xffd84d) });
  }
}
