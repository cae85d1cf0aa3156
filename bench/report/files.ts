/** Reports as files. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { reportDocument } from "./page.ts";
import { checkReport, type Fault, FormatError, faultsTogether, type Report } from "./results.ts";
import type { Words } from "./words.ts";

/** Files that a report is written to, in its folder. */
export const [DATA, PAGE] = ["report.json", "report.html"] as const;

/** Faults of a file that are told. */
const MOST_TOLD = 20;

/**
 * Reads reports and checks all of each, and that they can stand side by side.
 *
 * @throws Error with a line for every fault: the file, the path in it, what was expected and what came
 */
export function readReports(files: readonly string[]): Report[] {
  const wrong: string[] = [];
  const reports = files.flatMap((file) => {
    try {
      return [{ from: `${file}: `, report: readReport(file) }];
    } catch (error) {
      wrong.push((error as Error).message);
      return [];
    }
  });
  if (wrong.length === 0) wrong.push(...linesOf(faultsTogether(reports)));
  if (wrong.length > 0) throw new Error(wrong.join("\n"));
  return reports.map(({ report }) => report);
}

/** One of them. */
function readReport(file: string): Report {
  let data: unknown;
  try {
    data = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new Error(`${file}: expected a report as JSON, got ${(error as Error).message}`);
  }
  try {
    return checkReport(data);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw new Error(linesOf(error.faults.map((fault) => ({ ...fault, path: fault.path ? `${file}: ${fault.path}` : file }))).join("\n"));
  }
}

function linesOf(faults: readonly Fault[]): string[] {
  const lines = faults.slice(0, MOST_TOLD).map(({ path, expected, got }) => `${path}: expected ${expected}, got ${got}`);
  return faults.length > MOST_TOLD ? [...lines, `and ${faults.length - MOST_TOLD} more`] : lines;
}

/** Writes a report into a folder, as data and as a page. @returns the page's path */
export function writeReport(folder: string, report: Report, words: Words): string {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, DATA), `${JSON.stringify(report, null, 1)}\n`);
  const page = join(folder, PAGE);
  writeFileSync(page, reportDocument(report, words));
  return page;
}
