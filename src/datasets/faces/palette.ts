import { type Color, rgb } from "../canvas.ts";
import type { Face } from "./factors.ts";

/** Four tones of one material. */
export interface Tones {
  readonly line: Color;
  readonly shade: Color;
  readonly base: Color;
  readonly light: Color;
}

function tones(line: number, shade: number, base: number, light: number): Tones {
  return { line: rgb(line), shade: rgb(shade), base: rgb(base), light: rgb(light) };
}

export const hairTones: Record<Face["hairColor"], Tones> = {
  black: tones(0x12111d, 0x1f1e30, 0x33324c, 0x7776a3),
  brown: tones(0x37180f, 0x593220, 0x85532f, 0xc98f5c),
  blonde: tones(0x8a5a1c, 0xd09a3c, 0xf3cd62, 0xfff3bd),
  red: tones(0x5c1420, 0x952a30, 0xd14a3c, 0xff9a6c),
  pink: tones(0x8f3560, 0xd06592, 0xf496b8, 0xffd9e5),
  violet: tones(0x3d2468, 0x63429f, 0x9067cc, 0xcfb2f7),
  blue: tones(0x1b3270, 0x3157ab, 0x4c83dc, 0xa3d0ff),
  teal: tones(0x0f5552, 0x258880, 0x43c2b3, 0xb4f7e8),
};

export const skinTones: Record<Face["skin"], Tones> = {
  fair: tones(0xa8604f, 0xf3c0ae, 0xffe9dd, 0xfff7f1),
  warm: tones(0x9c5540, 0xeab193, 0xfcdcc3, 0xffeedd),
  tan: tones(0x7e4429, 0xc98d65, 0xe6b58a, 0xf6cfa9),
  brown: tones(0x4f2717, 0x85523a, 0xad7650, 0xc8936b),
};

export const eyeTones: Record<Face["eyeColor"], Tones> = {
  blue: tones(0x101c4a, 0x1f4fa8, 0x3f8ee8, 0x9ee6ff),
  green: tones(0x0c2f22, 0x157048, 0x35b568, 0xb8f7a0),
  amber: tones(0x47230a, 0xa86210, 0xe8a220, 0xffec8c),
  brown: tones(0x26110c, 0x5c2c18, 0x96552c, 0xe0a46a),
  red: tones(0x3d0714, 0x9c1430, 0xdc3448, 0xff9c92),
  violet: tones(0x230f4a, 0x5c2f9e, 0x9456d8, 0xe0b4ff),
};

export const outfitTones: Record<Face["outfit"], Tones> = {
  navy: tones(0x171c3a, 0x232b55, 0x35427c, 0x5a69a8),
  white: tones(0x7d86a0, 0xc3cbdd, 0xeef1f8, 0xffffff),
  crimson: tones(0x4a0f1c, 0x7e1c2e, 0xb0304a, 0xd65a70),
  forest: tones(0x12301f, 0x1f5236, 0x347a50, 0x5ba57a),
};

/** Top and bottom of the sky behind a face, and of the lights in it. */
export const backgroundTones: Record<Face["background"], { readonly top: Color; readonly bottom: Color; readonly glow: Color }> = {
  sky: { top: rgb(0x9fd0f7), bottom: rgb(0xe6f6ff), glow: rgb(0xffffff) },
  rose: { top: rgb(0xf7b8c8), bottom: rgb(0xffeaea), glow: rgb(0xfff5f7) },
  mint: { top: rgb(0xa2e0c4), bottom: rgb(0xe8faee), glow: rgb(0xfbfff2) },
  lilac: { top: rgb(0xc2b2ee), bottom: rgb(0xf0eaff), glow: rgb(0xffffff) },
  lemon: { top: rgb(0xf8de8a), bottom: rgb(0xfff9dc), glow: rgb(0xffffff) },
  dusk: { top: rgb(0x4a4a8c), bottom: rgb(0xd99ab0), glow: rgb(0xffd9a8) },
};
