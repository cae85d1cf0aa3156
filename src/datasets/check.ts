import { DataError, show } from "../core/errors.ts";

/** @throws {DataError} unless `count` is an integer of at least 1. */
export function checkCount(count: number, path = "count"): void {
  if (!Number.isSafeInteger(count) || count < 1) throw new DataError({ path, expected: "an integer of at least 1", got: show(count) });
}

/** @throws {DataError} unless `length` is finite and not negative. */
export function checkLength(length: number, path: string): void {
  if (!Number.isFinite(length) || length < 0) throw new DataError({ path, expected: "a finite number of at least 0", got: show(length) });
}
