import { type Canvas, mix, rgb } from "../canvas.ts";
import { Path, type Point } from "../path.ts";
import type { Face } from "./factors.ts";
import { eyeTones, hairTones, skinTones } from "./palette.ts";

/** Middle of the eye on the right of the picture. */
const centre: Point = [0.265, 0.15];

/** Size of an eye, as a multiple of the measures below. */
const SIZE = 1.14;

/** Inner corner, top and outer corner of the eye on the right, and its lowest point, from its middle. */
const lids: Record<Face["eyeShape"], { readonly inner: Point; readonly outer: Point; readonly top: number; readonly bottom: number }> = {
  round: { inner: [-0.14, 0.01], outer: [0.16, 0], top: -0.21, bottom: 0.19 },
  upturned: { inner: [-0.15, 0.05], outer: [0.17, -0.075], top: -0.16, bottom: 0.16 },
  drooping: { inner: [-0.14, -0.03], outer: [0.165, 0.07], top: -0.17, bottom: 0.17 },
};

/** How far the upper lid is raised. */
const openness: Record<Face["expression"], number> = { calm: 1, winking: 1, stern: 0.72, shy: 0.8, laughing: 0 };

/** Both eyes with their lashes, and the brows. */
export function paintEyes(canvas: Canvas, face: Face): void {
  for (const side of [-1, 1]) {
    if (face.expression === "laughing" || (face.expression === "winking" && side === 1)) paintClosedEye(canvas, face, side);
    else paintOpenEye(canvas, face, side);
    paintBrow(canvas, face, side);
  }
}

/** What is drawn around (0, 0) for the eye on the right, brought to its place; for the eye on the left, mirrored. */
function onSide(path: Path, side: number): Path {
  return path.transformed(side * SIZE, SIZE, side * centre[0], centre[1]);
}

function paintOpenEye(canvas: Canvas, face: Face, side: number): void {
  const iris = eyeTones[face.eyeColor];
  const lash = mix(hairTones[face.hairColor].line, rgb(0x1a1016), 0.6);
  const { inner, outer, top, bottom } = lids[face.eyeShape];
  const t = top * openness[face.expression];
  const white = onSide(
    new Path()
      .move(...inner)
      .cubic(inner[0] + 0.02, t * 1.15, outer[0] - 0.05, t * 1.25, ...outer)
      .cubic(outer[0] - 0.02, bottom * 1.2, inner[0] + 0.06, bottom * 1.2, ...inner),
    side,
  );
  canvas.fill(white, { color: rgb(0xffffff), blend: { to: rgb(0xd9dcec), from: [0, centre[1]], until: [0, centre[1] + SIZE * t] } });
  canvas.clip(white);
  // The eyeball is lit from the same side, and looks the same way, in both eyes.
  const look = side * centre[0] + 0.025 * face.pose.gaze;
  const ball = (x: number, y: number, rx: number, ry: number) => new Path().ellipse(x, y, rx, ry).transformed(SIZE, SIZE, look, centre[1]);
  canvas.fill(ball(0, 0, 0.122, 0.178), { color: iris.line });
  canvas.fill(ball(0, 0, 0.106, 0.162), {
    color: iris.shade,
    blend: { to: iris.base, from: [look, centre[1] - 0.1], until: [look, centre[1] + 0.08] },
  });
  canvas.glow([look, centre[1] + 0.1 * SIZE], 0.11 * SIZE, 0.1 * SIZE, iris.light, 0.95);
  canvas.fill(ball(0, -0.005, 0.045, 0.075), { color: iris.line });
  canvas.fill(ball(0, -0.19, 0.14, 0.08), { color: iris.line, alpha: 0.55 });
  canvas.clip(null);
  canvas.fill(ball(-0.045, -0.075, 0.042, 0.052), { color: rgb(0xffffff) });
  canvas.fill(ball(0.05, 0.085, 0.024, 0.028), { color: rgb(0xffffff), alpha: 0.9 });
  const upper = new Path()
    .stroke([inner[0] - 0.01, inner[1]], [0.0, t * 2.05 - (inner[1] + outer[1]) / 2], [outer[0] + 0.02, outer[1]], 0.075, [0.25, 1])
    .stroke([outer[0] - 0.03, outer[1] - 0.05], [outer[0] + 0.03, outer[1] - 0.06], [outer[0] + 0.06, outer[1] - 0.1], 0.035, [1, 0]);
  canvas.fill(onSide(upper, side), { color: lash });
  const lower = new Path().stroke([outer[0] - 0.02, outer[1] + 0.09], [0.06, bottom * 1.15], [-0.06, bottom * 0.92], 0.022, [0.6, 0]);
  canvas.fill(onSide(lower, side), { color: lash, alpha: 0.8 });
}

/** A shut eye: an arch. */
function paintClosedEye(canvas: Canvas, face: Face, side: number): void {
  const lash = mix(hairTones[face.hairColor].line, rgb(0x1a1016), 0.6);
  const arch = new Path()
    .stroke([-0.15, 0.09], [0.01, -0.17], [0.17, 0.07], 0.066, [0.35, 0.5])
    .stroke([0.13, 0.02], [0.17, 0.02], [0.21, -0.01], 0.03, [1, 0]);
  canvas.fill(onSide(arch, side), { color: lash });
}

/** How far the inner and the outer end of a brow are raised. */
const brows: Record<Face["expression"], Point> = {
  calm: [0, 0],
  winking: [0.04, 0.03],
  stern: [-0.09, 0.05],
  shy: [0.08, -0.07],
  laughing: [0.05, 0.03],
};

function paintBrow(canvas: Canvas, face: Face, side: number): void {
  const [inner, outer] = brows[face.expression];
  const brow = new Path().stroke([-0.12, -0.255 - inner], [0.02, -0.315 - (inner + outer) / 2], [0.16, -0.25 - outer], 0.042, [0.6, 0]);
  canvas.fill(onSide(brow, side), { color: mix(hairTones[face.hairColor].line, skinTones[face.skin].line, 0.3), alpha: 0.85 });
}
