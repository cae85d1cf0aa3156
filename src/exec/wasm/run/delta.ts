/** Builds of the kernels made of another one: `delta.js` writes what this reads. */

/** The file that `delta` makes of `source`: by turns bytes of its own and runs of the source's. */
export function applyDelta(source: Uint8Array, delta: Uint8Array): Uint8Array<ArrayBuffer> {
  let at = 0;
  const leb128 = (): number => {
    const byte = delta[at++]!;
    return byte < 128 ? byte : byte - 128 + 128 * leb128();
  };
  const target = new Uint8Array(leb128());
  for (let to = 0, from = 0; to < target.length; ) {
    const own = leb128();
    target.set(delta.subarray(at, at + own), to);
    at += own;
    to += own;
    if (to === target.length) break;
    const skipped = leb128();
    from += skipped % 2 ? -(skipped + 1) / 2 : skipped / 2;
    const length = leb128();
    target.set(source.subarray(from, from + length), to);
    from += length;
    to += length;
  }
  return target;
}
