import { DataError } from "../../src/core/errors.ts";

/** The path of the DataError that `run` throws. */
export function faultOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof DataError) return error.path;
    throw error;
  }
  throw new Error("nothing was thrown");
}
