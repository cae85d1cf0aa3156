/** Defined in builds that sample alone (sampling.ts); to be asked for by `isDefined`. */
declare const SAMPLING_ONLY: i32;
