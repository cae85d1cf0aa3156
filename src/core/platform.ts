/** What the platform brings, as far as it is used: so that whoever imports the declarations needs neither the DOM's nor WebGPU's. */

/** A `GPUDevice` of WebGPU, as far as it tells that it is one. */
export interface GPUDeviceLike {
  /** Takes what is to be done. */
  readonly queue: object;
  /** Ends in news that the device is lost. */
  readonly lost: PromiseLike<unknown>;
  /** Makes a buffer, from a `GPUBufferDescriptor`. */
  createBuffer(descriptor: never): object;
}

/** What is used of an `AbortSignal`. */
export interface AbortSignalLike {
  /** Whether what has the signal is to end. */
  readonly aborted: boolean;
  /** Why it is to end: what a call then throws. */
  readonly reason: unknown;
  /** Calls `listener` once the signal is aborted. */
  addEventListener(type: "abort", listener: () => void, options: { once: boolean }): void;
  /** Leaves it be. */
  removeEventListener(type: "abort", listener: () => void): void;
}

/** A `Uint8Array` with a buffer of its own, not a shared one: `Uint8Array<ArrayBuffer>`, for a TypeScript that tells them apart (5.7 and later), else plainly `Uint8Array`. */
export type Bytes = ReturnType<Uint8ArrayConstructor["of"]>;

/** A `Float32Array` with a buffer of its own, likewise. */
export type Floats = ReturnType<Float32ArrayConstructor["of"]>;

/** The fields of the DOM's ImageData, for runtimes that have none. */
export interface ImageDataLike {
  /** Pixels in a row. */
  readonly width: number;
  /** Rows of pixels. */
  readonly height: number;
  /** Red, green, blue and alpha of each pixel, 8 bits each, row by row: `[height, width, 4]`. */
  readonly data: Uint8ClampedArray;
  /** How the numbers are colours: "srgb". */
  readonly colorSpace: string;
}

/** `ImageData` where the project's `lib` declares it, as "dom" does, else its fields. */
export type PlatformImageData = typeof globalThis extends Record<"ImageData", Record<"prototype", infer T>> ? T : ImageDataLike;

/** What a `Response` can be asked, for projects whose `lib` does not declare it. */
export interface ResponseLike {
  /** The status of HTTP. */
  readonly status: number;
  /** What comes before the body. */
  readonly headers: {
    /** The header of this name, in whatever case; null where there is none. */
    get(name: string): string | null;
  };
  /** Gives the body. It can be read once. */
  arrayBuffer(): Promise<ArrayBuffer>;
}

/** `Response` where the project's `lib` or `types` declare it, as "dom" and "node" do, else what is mostly asked of one. */
export type PlatformResponse = typeof globalThis extends Record<"Response", Record<"prototype", infer T>> ? T : ResponseLike;

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
