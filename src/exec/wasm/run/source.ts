/** Kernels from wherever they come: compiled already, as bytes, or to be fetched. */
import { bytesOf } from "../../../core/arrays.ts";
import { BackendError, show } from "../../../core/errors.ts";
import type { FetchedLike, WasmSource } from "../../../core/platform.ts";

/** @throws BackendError where there is no WebAssembly */
export function checkWebAssembly(): void {
  if (typeof WebAssembly === "undefined") throw notCompiled("there is no WebAssembly");
}

/** The kernels as a module, or as bytes that are to be compiled. @throws BackendError when they cannot be had */
export async function readSource(source: WasmSource): Promise<Uint8Array<ArrayBuffer> | WebAssembly.Module> {
  try {
    if (isModule(source)) return source;
    const bytes = bytesOf(source);
    if (bytes) return checkMagic(bytes as Uint8Array<ArrayBuffer>);
    const body = isBody(source) ? source : await fetched(source);
    if (body.ok === false) throw new BackendError({ path: "wasm", expected: "kernels", got: `status ${body.status} from ${body.url}` });
    return checkMagic(new Uint8Array(await body.arrayBuffer()));
  } catch (cause) {
    if (cause instanceof BackendError) throw cause;
    const got = `${explainRead(cause)}; the body of a Response can be read once`;
    throw new BackendError({ path: "wasm", expected: "kernels that can be read", got }, { cause });
  }
}

/** @throws BackendError for bytes that are no WebAssembly, as of a page that a server has in place of such a file */
function checkMagic(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  if (String.fromCharCode(...bytes.subarray(0, 4)) === "\0asm") return bytes;
  throw new BackendError({ path: "wasm", expected: "kernels", got: "bytes of something else" });
}

/** Bytes that are carried along as hexadecimal digits: compressed, as files are sent, they take less room than base64. */
export function carriedBytes(digits: string): Uint8Array<ArrayBuffer> {
  const digit = (i: number): number => {
    const code = digits.charCodeAt(i);
    return code < 0x3a ? code - 0x30 : code - 0x57;
  };
  const bytes = new Uint8Array(digits.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = 16 * digit(2 * i) + digit(2 * i + 1);
  return bytes;
}

/**
 * The kernels, compiled.
 *
 * @param kernels hexadecimal digits where they are carried along
 * @throws BackendError that says what may be missing: SIMD, or leave by a policy
 */
export async function compileKernels(kernels: string | Uint8Array<ArrayBuffer> | WebAssembly.Module): Promise<WebAssembly.Module> {
  if (isModule(kernels)) return kernels;
  try {
    return await WebAssembly.compile(typeof kernels === "string" ? carriedBytes(kernels) : kernels);
  } catch (cause) {
    throw notCompiled(explain(String(cause)), cause);
  }
}

/** Modules of other realms are modules too. */
function isModule(source: unknown): source is WebAssembly.Module {
  return Object.prototype.toString.call(source) === "[object WebAssembly.Module]";
}

/** A Response, or anything else that gives its bytes, such as a Blob. */
function isBody(source: object | string): source is Pick<FetchedLike, "arrayBuffer"> & Partial<FetchedLike> {
  return typeof source === "object" && "arrayBuffer" in source;
}

async function fetched(source: object | string): Promise<FetchedLike> {
  const address = typeof source === "object" && "href" in source ? source.href : source;
  if (typeof address !== "string") {
    throw new BackendError({ path: "wasm", expected: "a WebAssembly.Module, bytes, a Response or a URL", got: show(source) });
  }
  try {
    return await fetch(address);
  } catch (cause) {
    const remedy = address.startsWith("file:") ? "; hand in the bytes of the file" : "";
    throw new BackendError({ path: "wasm", expected: `kernels at ${address}`, got: `${explainRead(cause)}${remedy}` }, { cause });
  }
}

/** What went wrong, with what that came of: "fetch failed" says little. */
function explainRead(error: unknown): string {
  const { cause } = (error ?? {}) as { cause?: unknown };
  return cause === undefined ? String(error) : `${String(error)} (${String(cause)})`;
}

/** What a runtime says that may not compile, with what helps. */
function explain(message: string): string {
  if (/Content.Security.Policy|unsafe-eval|\bCSP\b/i.test(message)) return `${message}; the page's policy needs script-src 'wasm-unsafe-eval'`;
  if (/disallowed by embedder/i.test(message)) {
    return `${message}; this runtime takes modules that are imported: let its bundler use the conditions "workerd" or "edge-light", or hand one in by the option \`wasm\``;
  }
  return message;
}

const notCompiled = (got: string, cause?: unknown): BackendError =>
  new BackendError({ path: "backend", expected: "WebAssembly with SIMD, and leave to compile the kernels", got }, { cause });
