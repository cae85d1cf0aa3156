/** In place of `ways.ts` on edge runtimes, which have no workers; bundlers that build for them would look for the file of one. */
import type { Way } from "./ways.ts";

export const waysToStart = (): Way[] => [];
