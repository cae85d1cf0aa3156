/** The library `benchmark`, as it is in Node, or put together for a bundle of a page's worker. */
import Benchmark from "benchmark";
import lodash from "lodash";

/** What the library asks of Node's `process` for the time in nanoseconds. */
function hrtime(since: readonly [number, number] = [0, 0]): [number, number] {
  const nanoseconds = performance.now() * 1e6 - since[0] * 1e9 - since[1];
  return [Math.floor(nanoseconds / 1e9), nanoseconds % 1e9];
}

/**
 * The library finds its own dependency by a `require` that bundlers do not see, and without it is a stub; and where there is no `process.hrtime` it counts the milliseconds of `Date`. It is given both.
 * It takes them from the object `global`, which a page's worker must have before this module is loaded.
 */
export const Clock: typeof Benchmark =
  "Suite" in Benchmark
    ? Benchmark
    : (Benchmark as { runInContext(context: object): typeof import("benchmark") }).runInContext({ _: lodash, process: { hrtime } });
