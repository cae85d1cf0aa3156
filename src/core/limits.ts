/** Bytes that a sampler may hold unless told otherwise: what the runtime can have. */
export const SAMPLER_MEMORY: number | undefined = undefined;
