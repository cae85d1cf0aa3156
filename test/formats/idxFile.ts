/** An IDX file of these sizes; its content is `data`, or as many bytes as it should have. */
export function idx(sizes: readonly number[], data?: Uint8Array, type = 8): Uint8Array {
  const content = data ?? Uint8Array.from({ length: sizes.reduce((a, b) => a * b, 1) }, (_, i) => i * 7);
  const file = new Uint8Array(4 + 4 * sizes.length + content.length);
  file.set([0, 0, type, sizes.length]);
  sizes.forEach((size, axis) => {
    new DataView(file.buffer).setUint32(4 + 4 * axis, size);
  });
  file.set(content, 4 + 4 * sizes.length);
  return file;
}
