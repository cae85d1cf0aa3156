import type { Terminal } from "./context.ts";

/** Writes what is told to machines: one line of JSON for each report. What is not finite is null there. */
export const tellJSON = (out: Terminal, type: string, report: object): void => void out.write(`${JSON.stringify({ type, ...report })}\n`);
