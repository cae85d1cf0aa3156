/** In place of `limits.ts` on edge runtimes, whose isolates have 128 MB for everything. */
export const SAMPLER_MEMORY: number | undefined = 96 * 2 ** 20;
