/** The kernels, and that they are ours. */
import { FORMAT } from "../../../../assembly/format/opcodes.ts";
import { BackendError } from "../../../core/errors.ts";

/** What the kernels export. */
export interface Kernels {
  /** Runs the plan of `length` bytes at `plan` as thread ith of nth; `sync` is where threads meet. */
  run(plan: number, length: number, ith: number, nth: number, sync: number): void;
  /** The format of the plans it runs. */
  readonly FORMAT?: WebAssembly.Global;
  /** There where they can train. */
  readonly TRAINS?: WebAssembly.Global;
}

/** The kernels compiled for this machine; memory is supplied at instantiation. */
export interface Modules {
  /** The fastest there are, which may round as this machine's fused multiply-add does. */
  readonly fast: WebAssembly.Module;
  /** Those that give the same bits on every machine; may be the same. */
  readonly exact: WebAssembly.Module;
}

/** An instance of a module over `memory`. @throws BackendError */
export async function instantiate(module: WebAssembly.Module, memory: WebAssembly.Memory): Promise<Kernels> {
  try {
    const instance = await WebAssembly.instantiate(module, { env: { memory } });
    return instance.exports as unknown as Kernels;
  } catch (cause) {
    throw new BackendError({ path: "backend", expected: "a runtime that instantiates the kernels", got: String(cause) }, { cause });
  }
}

/** @throws BackendError unless these are the kernels of that name, of this version */
export async function checkKernels(module: WebAssembly.Module, name: string, suffice: (kernels: Kernels) => boolean): Promise<void> {
  const expected = `${name}, of this version`;
  let kernels: Kernels;
  try {
    kernels = await instantiate(module, new WebAssembly.Memory({ initial: 1 }));
  } catch (cause) {
    throw new BackendError({ path: "wasm", expected, got: (cause as BackendError).got }, { cause });
  }
  const format = kernels.FORMAT?.value;
  if (format === FORMAT && suffice(kernels)) return;
  const got = format === undefined ? "another module" : format === FORMAT ? "kernels that cannot train" : `kernels of format ${format}`;
  throw new BackendError({ path: "wasm", expected, got });
}
