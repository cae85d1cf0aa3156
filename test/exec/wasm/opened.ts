/** What most tests of the WASM executor run on. */
import { afterAll, beforeAll } from "vitest";
import type { Executor, Session } from "../../../src/exec/executor.ts";
import { createWasmExecutor, type WasmOptions } from "../../../src/exec/wasm/executor.ts";

/** An executor and a session without variables for all tests of a file, from before the first of them to after the last. */
export function openSession(options?: WasmOptions): { readonly executor: Executor; readonly session: Session } {
  let executor: Executor;
  let session: Session;
  beforeAll(async () => {
    executor = await createWasmExecutor(options);
    session = await executor.open([]);
  });
  afterAll(() => {
    session.dispose();
    executor.dispose();
  });
  return {
    get executor() {
      return executor;
    },
    get session() {
      return session;
    },
  };
}
