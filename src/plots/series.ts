/** Curves as points, fewer of them, and smoother. */

/** Points from left to right. A y that is not finite is a gap. */
export interface Points {
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
}

/** Beyond it, differences would not be finite. */
const MOST = 1e150;

export const drawable = (value: number): boolean => Math.abs(value) <= MOST;

/** Points evenly spaced, the first at `start`. */
export function evenly(y: ArrayLike<number>, start = 1): Points {
  return { x: Float64Array.from({ length: y.length }, (_, i) => start + i), y };
}

/**
 * Of many points those that show: of each of at most `stretches` stretches the lowest and the highest, in their order, so that no spike is lost; and the first and the last of all. Few points stay as
 * they are.
 */
export function thinned({ x, y }: Points, stretches: number): [x: number, y: number][] {
  const count = y.length;
  const kept: number[] = [];
  if (count <= 2 * stretches) for (let i = 0; i < count; i++) kept.push(i);
  else {
    for (let s = 0; s < stretches; s++) {
      const [from, to] = [Math.floor((s * count) / stretches), Math.floor(((s + 1) * count) / stretches)];
      let [low, high] = [from, from];
      for (let i = from; i < to; i++) {
        if (!drawable(y[i]!)) continue;
        if (!drawable(y[low]!) || y[i]! < y[low]!) low = i;
        if (!drawable(y[high]!) || y[i]! > y[high]!) high = i;
      }
      const ends = [...(s === 0 ? [0] : []), low, high, ...(s === stretches - 1 ? [count - 1] : [])];
      kept.push(...new Set(ends.sort((a, b) => a - b)));
    }
  }
  return kept.map((i) => [x[i]!, y[i]!]);
}

/** Where the points of one stretch are. */
export interface Column {
  readonly at: number;
  readonly low: number;
  readonly high: number;
}

/** The lowest and the highest of each of so many stretches, in rows that end where a stretch is all gap; null where the points are too few to be worth it. */
export function band({ x, y }: Points, stretches: number): Column[][] | null {
  const count = y.length;
  if (count <= 2 * stretches) return null;
  const rows: Column[][] = [[]];
  for (let s = 0; s < stretches; s++) {
    const [from, to] = [Math.floor((s * count) / stretches), Math.floor(((s + 1) * count) / stretches)];
    const range = rangeOf(y, from, to);
    // From edge to edge: the middle of each, but the first and the last.
    const at = s === 0 ? x[0]! : s === stretches - 1 ? x[count - 1]! : (x[from]! + x[to - 1]!) / 2;
    if (range) rows.at(-1)!.push({ at, ...range });
    else if (rows.at(-1)!.length > 0) rows.push([]);
  }
  return rows.filter((row) => row.length > 0);
}

/** The part of all values that a running mean is taken over. */
const SPAN = 1 / 50;

/** The mean of each value and those just before it, over a fiftieth of all; null where that is a single one. Gaps are passed over. */
export function runningMean(values: ArrayLike<number>): Float64Array | null {
  const span = Math.round(values.length * SPAN);
  if (span < 2) return null;
  const means = new Float64Array(values.length);
  // A sum that is added to and taken from would keep the rounding of a spike for good: each stretch of a span begins anew, and a mean is of the rest of one and the beginning of the next.
  const rest = new Float64Array(span + 1);
  const restCounts = new Int32Array(span + 1);
  for (let start = 0; start < values.length; start += span) {
    let [sum, count] = [0, 0];
    const end = Math.min(start + span, values.length);
    for (let i = start; i < end; i++) {
      if (drawable(values[i]!)) {
        sum += values[i]!;
        count++;
      }
      const before = i - start + 1;
      means[i] = (sum + rest[before]!) / (count + restCounts[before]!);
    }
    rest.fill(0);
    restCounts.fill(0);
    for (let i = end - 1; i > start; i--) {
      rest[i - start] = rest[i - start + 1]! + (drawable(values[i]!) ? values[i]! : 0);
      restCounts[i - start] = restCounts[i - start + 1]! + (drawable(values[i]!) ? 1 : 0);
    }
  }
  return means;
}

export interface Range {
  readonly low: number;
  readonly high: number;
}

/** The least and the greatest that can be drawn, of those `from` here to before there; null where there is none. */
export function rangeOf(values: ArrayLike<number>, from = 0, to = values.length): Range | null {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = from; i < to; i++) {
    const value = values[i]!;
    if (!drawable(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low <= high ? { low, high } : null;
}

/** What the values span but for rare spikes, which are not to press all the rest flat: where all but a hundredth of them lie, and half of that again to both sides as far as there is something. */
export function usualRangeOf(values: ArrayLike<number>): Range | null {
  const sorted = Float64Array.from(values).filter(drawable).sort();
  if (sorted.length === 0) return null;
  const beyond = Math.floor(sorted.length / 200);
  const [low, high] = [sorted[beyond]!, sorted[sorted.length - 1 - beyond]!];
  const room = (high - low) / 2;
  return { low: Math.max(sorted[0]!, low - room), high: Math.min(sorted.at(-1)!, high + room) };
}

/** What covers all of these; from 0 to 1 where there are none, and wider than nothing. */
export function around(ranges: readonly (Range | null)[]): Range {
  const present = ranges.filter((range) => range !== null);
  if (present.length === 0) return { low: 0, high: 1 };
  const low = Math.min(...present.map((range) => range.low));
  const high = Math.max(...present.map((range) => range.high));
  const margin = Math.max(Math.abs(low), Math.abs(high)) * 1e-6;
  if (high - low > margin) return { low, high };
  const room = Math.abs(low) * 0.1 || 1;
  return { low: low - room, high: high + room };
}
