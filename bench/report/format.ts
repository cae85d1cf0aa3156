/** What a report says of itself, and reports put together. Nothing here checks anything: pages, which read no reports, have it without `results.ts`. */
import type { Machine, Report } from "./results.ts";

export const FORMAT = { format: "ganvas-report", version: 1 } as const;

export const reportOf = (machines: readonly Machine[]): Report => ({ ...FORMAT, machines });

/** Reports as one, machines in order. */
export const mergeReports = (reports: readonly Report[]): Report => reportOf(reports.flatMap(({ machines }) => machines));
