/** In place of `ganvas/sample`, where the package does not have it. */
export const createSampler = undefined;
