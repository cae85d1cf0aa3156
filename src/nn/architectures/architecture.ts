import type { Fields } from "../../core/check.ts";
import type { Shape } from "../../core/shape.ts";
import type { Initialization } from "../init.ts";
import type { LayerSpec } from "../layers/table.ts";

/** The layers of both networks, as a list each. */
export interface LayerLists {
  readonly generator: readonly LayerSpec[];
  readonly discriminator: readonly LayerSpec[];
}

/** What an architecture is asked for. */
export interface Blueprint {
  readonly shape: Shape;
  /** Whether the generator begins at images as large as those it makes, and not at a vector. */
  readonly fromImages: boolean;
  readonly width: number;
  /** The discriminator must judge each image alone, as a gradient penalty needs: no batch normalisation in it. */
  readonly imagesAlone: boolean;
}

/** A named architecture: layer lists from a few numbers. `P` are its parameters with all options filled in. */
export interface Architecture<P = object> {
  readonly fields: Fields<P>;
  /** Null for shapes that it takes; for others what it does take, as it completes "expected ...". */
  expected(shape: Shape): string | null;
  readonly defaultWidth: number;
  readonly initialization: Initialization;
  layers(blueprint: Blueprint, parameters: P): LayerLists;
}

/** A row of the table; it keeps the type of its parameters. */
export const architecture = <P>(row: Architecture<P>): Architecture<P> => row;
