/** The table of named architectures. To add one: a file beside this one, and its row here. */
import type { Architecture } from "./architecture.ts";
import { dcgan } from "./dcgan.ts";
import { mlp } from "./mlp.ts";

/** In the order in which they are named; `preferred` is what a shape gets that no architecture is named for. */
export const ARCHITECTURES = { mlp, dcgan } satisfies Record<string, Architecture>;

/**
 * The name of an architecture: "mlp" or "dcgan".
 *
 * @useDeclaredType
 */
export type ArchitectureName = keyof typeof ARCHITECTURES;

/** The architecture for a shape that none is named for: the first of these that accepts it. */
export const PREFERENCE: readonly ArchitectureName[] = ["dcgan", "mlp"];
