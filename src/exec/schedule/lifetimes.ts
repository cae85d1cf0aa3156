/** When values are in use, from which their places are planned. */

/** From the first step that touches a value to the last, both included. */
export interface Span {
  first: number;
  last: number;
}

/** A value's need for memory over its span. */
export interface Lifetime extends Readonly<Span> {
  readonly bytes: number;
}

/**
 * The span of every value, in the order of first use.
 *
 * @param touched what each step reads and writes
 * @param before written before the first step, at time -1
 * @param after read after the last one
 */
export function spansOf<T>(touched: readonly Iterable<T>[], before: Iterable<T>, after: Iterable<T>): Map<T, Span> {
  const spans = new Map<T, Span>();
  const touch = (values: Iterable<T>, time: number): void => {
    for (const value of values) {
      const span = spans.get(value);
      if (span) span.last = time;
      else spans.set(value, { first: time, last: time });
    }
  };
  touch(before, -1);
  touched.forEach(touch);
  touch(after, touched.length);
  return spans;
}

/** The most bytes that are live at any one time: no plan is smaller. */
export function mostLive(lifetimes: readonly Lifetime[]): number {
  const change = new Map<number, number>();
  for (const { first, last, bytes } of lifetimes) {
    change.set(first, (change.get(first) ?? 0) + bytes);
    change.set(last + 1, (change.get(last + 1) ?? 0) - bytes);
  }
  let live = 0;
  let most = 0;
  for (const time of [...change.keys()].sort((a, b) => a - b)) {
    live += change.get(time)!;
    most = Math.max(most, live);
  }
  return most;
}
