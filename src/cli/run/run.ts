import type { GAN } from "../../index.ts";
import type { OpenData } from "../data.ts";
import type { RunRecord } from "./record.ts";

/** A run that is open. */
export interface Run {
  /** Its folder. */
  readonly path: string;
  readonly gan: GAN;
  readonly data: OpenData;
  /** As it was before this call. */
  readonly record: RunRecord;
}
