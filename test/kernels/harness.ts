import { readFileSync } from "node:fs";

/** Every kernel takes addresses, sizes and float parameters, and gives nothing back. */
export type Kernels = Readonly<Record<string, (...args: number[]) => void>>;

/** A tensor in the kernels' memory: 64-byte aligned and padded to whole vectors, as the memory plan of a program lays them out. */
export interface Buffer {
  readonly address: number;
  readonly length: number;
  /** The elements, as a view that later allocations leave valid. */
  readonly values: Float32Array;
  /** Whether the space between this buffer's padding and the next buffer is as it was. */
  intact(): boolean;
}

const GUARD = 0x7fc0dead;
const PAGES = 1024;

/** The builds that kernels are tested in: without relaxed SIMD and with it. Those of threads differ from them in how shares are handed out alone. */
export type TestBuild = "plain" | "relaxed";
export const TEST_BUILDS: readonly TestBuild[] = ["plain", "relaxed"];
const FILES = { plain: "test", relaxed: "test-relaxed", threads: "simd-threads" };

/** Kernels with 64 MiB of their own memory. Built by `npm run build:wasm:test`; the build of threads, which has `run` alone, by `npm run build:wasm`. */
export function createHarness(build: TestBuild | "threads" = "plain") {
  const memory = new WebAssembly.Memory(build === "threads" ? { initial: PAGES, maximum: 65536, shared: true } : { initial: PAGES });
  const path = new URL(`../../dist/kernels/${FILES[build]}.wasm`, import.meta.url);
  const module = new WebAssembly.Module(readFileSync(path));
  const kernels = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Kernels;
  let top = 64;

  function allocate(length: number): Buffer {
    const address = top;
    const padded = (length + 3) & ~3;
    top = ((address + padded * 4 + 127) & ~63) >>> 0;
    if (top > memory.buffer.byteLength) throw new RangeError(`the test needs more than ${memory.buffer.byteLength} bytes`);
    const guard = new Int32Array(memory.buffer, address + padded * 4, (top - address) / 4 - padded).fill(GUARD);
    return { address, length, values: new Float32Array(memory.buffer, address, length), intact: () => guard.every((word) => word === GUARD) };
  }

  return {
    kernels,
    memory,
    /** Space for `length` floats, each NaN, so that an element left out shows. */
    empty(length: number): Buffer {
      const buffer = allocate(length);
      buffer.values.fill(Number.NaN);
      return buffer;
    },
    /** A copy of `values`, padded with NaN, so that padding which counts shows. */
    from(values: ArrayLike<number>): Buffer {
      const buffer = allocate(values.length);
      new Float32Array(memory.buffer, buffer.address, (values.length + 3) & ~3).fill(Number.NaN);
      buffer.values.set(values);
      return buffer;
    },
    /** A copy of `values` that ends where memory ends, so that reading past it traps. One at a time. */
    atEnd(values: ArrayLike<number>): Buffer {
      const address = memory.buffer.byteLength - 4 * values.length;
      const view = new Float32Array(memory.buffer, address, values.length);
      view.set(values);
      return { address, length: values.length, values: view, intact: () => true };
    },
    /** A descriptor of 32-bit words. */
    words(values: readonly number[]): number {
      const buffer = allocate(values.length);
      new Int32Array(memory.buffer, buffer.address, values.length).set(values);
      return buffer.address;
    },
    /** Gives all space back; earlier buffers must not be used again. */
    reset(): void {
      top = 64;
    },
  };
}

export type Harness = ReturnType<typeof createHarness>;

/** `n` reproducible integers in [-8, 8]: sums of thousands of their products are exact, in whatever order. */
export function integers(n: number, seed: number): Float32Array {
  return uniform(n, seed, 8.5).map((x) => Math.round(x) + 0);
}

/** `n` reproducible floats in [-scale, scale). */
export function uniform(n: number, seed: number, scale = 1): Float32Array {
  let state = (seed * 2654435761 + 12345) >>> 0;
  return Float32Array.from({ length: n }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return ((state >>> 8) / 0x800000 - 1) * scale;
  });
}

/** The bits of `values`: two results are the same only if these are. */
export function bits(values: Float32Array): Int32Array {
  return new Int32Array(values.slice().buffer);
}

/** max |got - expected| / max(|expected|, floor). */
export function relativeError(got: ArrayLike<number>, expected: ArrayLike<number>, floor = 0): number {
  if (got.length !== expected.length) throw new RangeError(`${got.length} values against ${expected.length}`);
  let worst = 0;
  for (let i = 0; i < got.length; i++) {
    const e = expected[i]!;
    const error = Object.is(got[i], e) || got[i] === e ? 0 : Math.abs(got[i]! - e) / Math.max(Math.abs(e), floor);
    if (!(error <= worst)) worst = error;
    if (Number.isNaN(worst)) return Number.POSITIVE_INFINITY;
  }
  return worst;
}
