/** The table of named architectures. To add one: a file beside this one, and its row here. */
import type { Architecture } from "./architecture.ts";
import { dcgan } from "./dcgan.ts";
import { mlp } from "./mlp.ts";
import { r3gan } from "./r3gan.ts";
import { resnet } from "./resnet.ts";

/** In the order in which they are named. */
export const ARCHITECTURES = { mlp, dcgan, resnet, r3gan };

/**
 * The name of an architecture: "mlp", "dcgan", "resnet" or "r3gan".
 *
 * @useDeclaredType
 */
export type ArchitectureName = keyof typeof ARCHITECTURES;

/** @inline */
type AnyArchitecture = {
  [N in ArchitectureName]: {
    /** The name of the architecture. */
    readonly name: N;
  } & ((typeof ARCHITECTURES)[N] extends Architecture<infer P> ? P : never);
}[ArchitectureName];

/** A named architecture with its parameters, every default filled in. */
export type ArchitectureSpec = AnyArchitecture;

/** The row of an architecture, the type of its parameters forgotten. */
export const architectureRow = ({ name }: Pick<ArchitectureSpec, "name">): Architecture => ARCHITECTURES[name] as Architecture;

/** The architecture for a shape that none is named for: the first of these that takes it. */
export const PREFERENCE: readonly ArchitectureName[] = ["dcgan", "mlp"];
