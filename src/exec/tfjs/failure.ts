import { BackendError, ShapeError, show } from "../../core/errors.ts";

/** A device that fails at what it should do is taken for lost. */
export function asBackendError(cause: unknown, expected: string): Error {
  if (cause instanceof BackendError || cause instanceof ShapeError) return cause;
  const message = (cause as { message?: unknown } | null)?.message;
  return new BackendError({ path: "webgpu", expected, got: typeof message === "string" ? message : show(cause) }, { cause, lost: true });
}
