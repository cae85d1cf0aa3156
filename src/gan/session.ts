import type { CompileOptions, Executor, Session, VariableSpec } from "../exec/executor.ts";

export interface SessionOptions extends CompileOptions {
  readonly maxMemory?: number | undefined;
}

/** A session of these variables, each with the values that `initial` gives, or zero where it gives null. @throws BackendError when it needs more memory than there is */
export async function openSession<V extends VariableSpec>(
  executor: Executor,
  variables: readonly V[],
  initial: (variable: V) => Float32Array | null,
  options: SessionOptions,
): Promise<Session> {
  const session = await executor.open(variables, options);
  try {
    for (const variable of variables) {
      const values = initial(variable);
      if (values) await session.write(variable.name, values);
    }
    return session;
  } catch (error) {
    session.dispose();
    throw error;
  }
}
