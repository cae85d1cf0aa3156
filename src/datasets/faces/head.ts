import { type Canvas, mix, rgb } from "../canvas.ts";
import { Path } from "../path.ts";
import type { Face } from "./factors.ts";
import { backgroundTones, outfitTones, skinTones } from "./palette.ts";

/** The outline of the face, from the crown to the chin. */
export const faceShape = new Path()
  .move(0, -0.66)
  .cubic(0.34, -0.66, 0.53, -0.42, 0.53, -0.08)
  .cubic(0.53, 0.18, 0.48, 0.34, 0.32, 0.48)
  .cubic(0.2, 0.585, 0.08, 0.64, 0, 0.64)
  .cubic(-0.08, 0.64, -0.2, 0.585, -0.32, 0.48)
  .cubic(-0.48, 0.34, -0.53, 0.18, -0.53, -0.08)
  .cubic(-0.53, -0.42, -0.34, -0.66, 0, -0.66);

export function paintBackground(canvas: Canvas, face: Face): void {
  const { top, bottom, glow } = backgroundTones[face.background];
  canvas.place({ x: 0, y: 0, scale: 1, tilt: 0 });
  const all = new Path().move(-1, -1).line(1, -1).line(1, 1).line(-1, 1);
  canvas.fill(all, { color: top, blend: { to: bottom, from: [0, -1], until: [0, 1] } });
  for (let i = 0; i < 4; i++) {
    const [u, v, w] = face.whims.subarray(3 * i, 3 * i + 3);
    canvas.glow([2 * u! - 1, 1.4 * v! - 1], 0.15 + 0.3 * w!, 0.15 + 0.3 * w!, glow, 0.75);
  }
}

/** Neck, shoulders and collar. */
export function paintBody(canvas: Canvas, face: Face): void {
  const skin = skinTones[face.skin];
  const outfit = outfitTones[face.outfit];
  const collar = face.outfit === "white" ? outfitTones.navy : outfitTones.white;
  const shoulders = new Path().move(-0.2, 0.72).cubic(-0.45, 0.8, -0.75, 0.84, -0.85, 1.4).line(0.85, 1.4).cubic(0.75, 0.84, 0.45, 0.8, 0.2, 0.72);
  canvas.fill(shoulders, { color: outfit.base, blend: { to: outfit.shade, from: [0, 0.7], until: [0, 1.2] } });
  const neck = new Path().move(-0.15, 0.4).line(0.15, 0.4).line(0.17, 0.76).line(0, 0.98).line(-0.17, 0.76);
  canvas.fill(neck, { color: skin.shade, blend: { to: skin.base, from: [0, 0.68], until: [0, 0.95] } });
  const lapel = new Path().move(0.14, 0.68).line(0.34, 0.76).line(0.2, 1.02).line(0, 1.02).line(0.165, 0.8);
  for (const side of [lapel, lapel.mirrored()]) {
    canvas.fill(side.grown(0.015), { color: outfit.line, alpha: 0.5 });
    canvas.fill(side, { color: collar.base });
  }
  const knot = new Path().move(0, 0.98).line(0.13, 0.92).line(0.13, 1.1).line(0, 1.03);
  for (const side of [knot, knot.mirrored()]) canvas.fill(side, { color: face.outfit === "crimson" ? rgb(0xf2c14e) : rgb(0xe0455c) });
}

/** Skin, ears, blush and nose. */
export function paintSkin(canvas: Canvas, face: Face): void {
  const skin = skinTones[face.skin];
  const ear = new Path().ellipse(0.53, 0.14, 0.08, 0.13);
  for (const side of [ear, ear.mirrored()]) {
    canvas.fill(side.grown(0.015), { color: skin.line, alpha: 0.6 });
    canvas.fill(side, { color: skin.shade });
  }
  canvas.fill(faceShape.grown(0.018), { color: skin.line, alpha: 0.75 });
  canvas.fill(faceShape, { color: skin.base, blend: { to: mix(skin.base, skin.light, 0.6), from: [0.2, 0.5], until: [-0.2, 0] } });
  const warmth = face.expression === "shy" ? 0.85 : face.expression === "winking" || face.expression === "laughing" ? 0.55 : 0.35;
  for (const side of [-1, 1]) canvas.glow([side * 0.33, 0.37], 0.17, 0.1, rgb(0xf2606c), warmth);
  canvas.fill(new Path().stroke([0.005, 0.315], [0.035, 0.35], [0.0, 0.365], 0.03), { color: skin.line, alpha: 0.7 });
}

/** The mouth, under the nose. */
export function paintMouth(canvas: Canvas, face: Face): void {
  const { line } = skinTones[face.skin];
  const ink = mix(line, rgb(0x6a1c24), 0.5);
  const tongue = rgb(0xf28a8f);
  const inside = rgb(0x9c2f3c);
  switch (face.mouth) {
    case "smile":
      canvas.fill(new Path().stroke([-0.13, 0.445], [0, 0.545], [0.13, 0.445], 0.042, [0.4, 0.4]), { color: ink });
      break;
    case "open": {
      const lips = new Path().move(-0.14, 0.43).quad(0, 0.46, 0.14, 0.43).cubic(0.12, 0.6, -0.12, 0.6, -0.14, 0.43);
      canvas.fill(lips.grown(0.018), { color: ink });
      canvas.fill(lips, { color: inside });
      canvas.clip(lips);
      canvas.fill(new Path().ellipse(0, 0.57, 0.09, 0.06), { color: tongue });
      canvas.clip(null);
      break;
    }
    case "line":
      canvas.fill(new Path().stroke([-0.09, 0.475], [0, 0.465], [0.09, 0.475], 0.036, [0.5, 0.5]), { color: ink });
      break;
    case "cat":
      canvas.fill(
        new Path()
          .stroke([-0.14, 0.45], [-0.08, 0.54], [0, 0.455], 0.04, [0.5, 0.6])
          .stroke([0, 0.455], [0.08, 0.54], [0.14, 0.45], 0.04, [0.6, 0.5]),
        { color: ink },
      );
      break;
    case "small": {
      const lips = new Path().ellipse(0, 0.48, 0.052, 0.048);
      canvas.fill(lips.grown(0.016), { color: ink });
      canvas.fill(lips, { color: inside, blend: { to: tongue, from: [0, 0.46], until: [0, 0.53] } });
    }
  }
}
