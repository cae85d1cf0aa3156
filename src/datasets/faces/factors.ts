import { fillUniforms, Stream } from "../../core/random.ts";

/** The discrete factors that make one drawn face differ from another, and the names of their values. */
export const animeFaceFactors = {
  /** Colour of the hair. */
  hairColor: ["black", "brown", "blonde", "red", "pink", "violet", "blue", "teal"],
  /** How the hair is worn. */
  hairStyle: ["short", "bob", "long", "twintails", "ponytail", "buns"],
  /** How the hair falls over the forehead. */
  bangs: ["straight", "jagged", "swept", "parted"],
  /** Colour of the eyes. */
  eyeColor: ["blue", "green", "amber", "brown", "red", "violet"],
  /** Shape of the eyes. */
  eyeShape: ["round", "upturned", "drooping"],
  /** What eyes and brows express. */
  expression: ["calm", "winking", "stern", "shy", "laughing"],
  /** Shape of the mouth. */
  mouth: ["smile", "open", "line", "cat", "small"],
  /** Colour of the skin. */
  skin: ["fair", "warm", "tan", "brown"],
  /** Colour of the background. */
  background: ["sky", "rose", "mint", "lilac", "lemon", "dusk"],
  /** Colour of the clothes. */
  outfit: ["navy", "white", "crimson", "forest"],
  /** What is worn in the hair. */
  accessory: ["none", "bow", "pin"],
} as const;

type Values = { readonly [name in FaceFactor]: (typeof animeFaceFactors)[name][number] };

/** The name of a discrete factor of a drawn face. */
export type FaceFactor = keyof typeof animeFaceFactors;

/** How the head is held, as numbers: shift and size in halves of the picture, tilt as a tangent, and where the eyes look, -1 (left) to 1. */
export const animeFacePose = ["x", "y", "scale", "tilt", "gaze"] as const;

/** The name of a number of a drawn face's pose. */
export type FacePose = (typeof animeFacePose)[number];

/** One face, described. */
export interface Face extends Values {
  /** The index of each factor's value. */
  readonly indices: { readonly [name in FaceFactor]: number };
  readonly pose: { readonly [name in FacePose]: number };
  /** Uniform numbers in (0, 1) for small variations. */
  readonly whims: Float32Array;
}

const names = Object.keys(animeFaceFactors) as FaceFactor[];
const WHIMS = 24;

/** Face number `index` of a seed. */
export function drawFace(seed: number, index: number): Face {
  const uniforms = new Float32Array(names.length + animeFacePose.length + WHIMS);
  fillUniforms(uniforms, seed, Stream.data, index);
  const indices = Object.fromEntries(names.map((name, i) => [name, Math.floor(uniforms[i]! * animeFaceFactors[name].length)]));
  const values = Object.fromEntries(names.map((name) => [name, animeFaceFactors[name][indices[name]!]]));
  const [x, y, scale, tilt, gaze] = Array.from(uniforms.subarray(names.length, names.length + 5), (u) => 2 * u - 1);
  const pose = { x: 0.05 * x!, y: 0.1 + 0.04 * y!, scale: 1.02 + 0.06 * scale!, tilt: 0.09 * tilt!, gaze: gaze! };
  return { ...(values as Values), indices: indices as Face["indices"], pose, whims: uniforms.subarray(names.length + 5) };
}
