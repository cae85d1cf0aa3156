/** Reports as files. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { reportDocument } from "./page.ts";
import { checkReport, type Report } from "./results.ts";
import type { Words } from "./words.ts";

/**
 * Reads a report and checks all of it.
 *
 * @throws Error that names the file and, where it is no report, the path of each fault
 */
export function readReport(file: string): Report {
  let data: unknown;
  try {
    data = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new Error(`${file}: expected a report as JSON, got ${(error as Error).message}`);
  }
  try {
    return checkReport(data);
  } catch (error) {
    throw new Error((error as Error).message.replace(/^/gm, `${file}: `));
  }
}

/** Writes `report.json` and `report.html` into a folder. @returns the page's path */
export function writeReport(folder: string, report: Report, words: Words): string {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "report.json"), `${JSON.stringify(report, null, 1)}\n`);
  const page = join(folder, "report.html");
  writeFileSync(page, reportDocument(report, words));
  return page;
}
