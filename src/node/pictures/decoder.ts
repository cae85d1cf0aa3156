import type { Kind } from "./kinds.ts";
import type { Target } from "./target.ts";

/** Makes pictures of files. */
export interface Decoder {
  /** A sentence about what is missing to read files of this kind; null for those that can be read. */
  missing(kind: Kind): string | null;
  /**
   * The size that a file's header tells.
   *
   * @param head the first bytes
   * @param whole gives all of them, where the first do not tell
   * @throws Error for a header that is broken
   */
  measure(kind: Kind, head: Uint8Array, whole: () => Promise<Uint8Array>): Promise<{ readonly width: number; readonly height: number }>;
  /** The target's bytes. @throws Error for a file that is broken */
  decode(kind: Kind, file: Uint8Array, target: Target): Promise<Uint8Array>;
}
