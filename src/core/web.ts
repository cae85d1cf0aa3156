/** What is used of objects of the web platform, as types that need no declarations of it. */

/** What is used of a `URL`. */
export interface URLLike {
  /** The URL, written out. */
  readonly href: string;
}

/** What is used of a `Response` that is read. */
export interface FetchedLike {
  /** Whether it is what was asked for. */
  readonly ok: boolean;
  /** The status code of HTTP. */
  readonly status: number;
  /** Where it came from. */
  readonly url: string;
  /** The body. */
  arrayBuffer(): Promise<ArrayBuffer>;
}

/**
 * Where the kernels come from: a `WebAssembly.Module` (any object, as far as types go), as a static import gives it on edge runtimes; the bytes of the file; a `Response` whose body they are; or
 * the URL that they are fetched from.
 */
export type WasmSource = object | ArrayBuffer | Uint8Array | FetchedLike | URLLike | string;
