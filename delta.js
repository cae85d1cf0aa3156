/**
 * What a file has that another one has not. Builds of the kernels differ in little, and are carried along as one of them and what makes the others of it.
 */

/** Shorter runs are told as they are: to say where they come from would take as long. */
const SHORTEST = 8;

/**
 * What makes `target` of `source`, for `applyDelta` in `src/exec/wasm/run/delta.ts`: its length, then by turns bytes of its own (how many, and which) and a run of the source's
 * (how far on from the end of the last one it begins, and how long it is), until the target is whole. Numbers are LEB128, those that may be negative in zigzag.
 *
 * @param {Buffer} source
 * @param {Buffer} target
 */
export function deltaOf(source, target) {
  const key = (bytes, at) => bytes.toString("latin1", at, at + SHORTEST);
  const places = new Map();
  for (let at = 0; at + SHORTEST <= source.length; at++) {
    const found = places.get(key(source, at));
    if (found) found.push(at);
    else places.set(key(source, at), [at]);
  }

  const delta = [...leb128(target.length)];
  let [own, end] = [0, 0];
  for (let to = 0; to < target.length; ) {
    const [from, length] = longest(places.get(key(target, to)) ?? [], (at) => matching(source, at, target, to), end);
    if (length === 0 && ++to < target.length) continue;
    delta.push(...leb128(to - own), ...target.subarray(own, to));
    if (length > 0) delta.push(...leb128(zigzag(from - end)), ...leb128(length));
    own = to += length;
    end = from + length;
  }
  return Buffer.from(delta);
}

/** The place with the longest run, of equal ones that nearest to `end`; [0, 0] if there is none. */
function longest(places, lengthAt, end) {
  let best = [0, 0];
  for (const place of places) {
    const length = lengthAt(place);
    if (length > best[1] || (length === best[1] && Math.abs(place - end) < Math.abs(best[0] - end))) best = [place, length];
  }
  return best;
}

function matching(a, i, b, j) {
  let length = 0;
  while (i + length < a.length && j + length < b.length && a[i + length] === b[j + length]) length++;
  return length;
}

const zigzag = (value) => (value < 0 ? -2 * value - 1 : 2 * value);

function leb128(value) {
  const bytes = [];
  for (let rest = value; rest > 0 || bytes.length === 0; rest >>>= 7) bytes.push((rest & 127) | (rest > 127 ? 128 : 0));
  return bytes;
}
