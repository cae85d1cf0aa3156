/** GPU buffers that the programs of a session share, since they run one after another. */
export class BufferPool {
  readonly #device: GPUDevice;
  #buffers: GPUBuffer[] = [];
  /** Grows by one whenever a buffer is replaced: bind groups made before then are stale. */
  #generation = 0;

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  get generation(): number {
    return this.#generation;
  }

  /** Bytes held now, and bytes that would be held with `sizes` as well. Sizes come largest first. */
  bytes(sizes: readonly number[] = []): number {
    const count = Math.max(sizes.length, this.#buffers.length);
    let bytes = 0;
    for (let i = 0; i < count; i++) bytes += Math.max(sizes[i] ?? 0, this.#buffers[i]?.size ?? 0);
    return bytes;
  }

  /** Makes buffer i at least `sizes[i]` bytes. */
  reserve(sizes: readonly number[]): void {
    sizes.forEach((size, i) => {
      const old = this.#buffers[i];
      if (old && old.size >= size) return;
      old?.destroy();
      this.#buffers[i] = this.#device.createBuffer({ size, usage: TENSOR_USAGE });
      this.#generation++;
    });
  }

  at(slot: number): GPUBuffer {
    return this.#buffers[slot]!;
  }

  destroy(): void {
    for (const buffer of this.#buffers) buffer.destroy();
    this.#buffers = [];
  }
}

/** STORAGE | COPY_SRC | COPY_DST: what every tensor is used as. */
export const TENSOR_USAGE = 0x80 | 0x4 | 0x8;
