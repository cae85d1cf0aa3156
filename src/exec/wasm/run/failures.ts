/** Work that was not finished, as errors. */
import { BackendError } from "../../../core/errors.ts";

/** What a thread that did not finish its work is to its session, which ends with it. */
export function threadError(cause: unknown): BackendError {
  return new BackendError({ path: "threads", expected: "threads that finish their share", got: `an error: ${String(cause)}` }, { cause, lost: true });
}

/** The same failure as a loss: of threads that there were, and that cannot be replaced. */
export function asLoss(failure: BackendError): BackendError {
  return failure.lost ? failure : new BackendError(failure, { cause: failure.cause, lost: true });
}
