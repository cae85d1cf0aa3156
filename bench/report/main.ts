/** `npm run report`: measures every runtime that is here and writes what came of it as a page, or puts the reports of several machines side by side. */
import { readFileSync } from "node:fs";
import { optionsOf } from "../commandLine.ts";
import { readReport, writeReport } from "./files.ts";
import { measureMachine } from "./measureMachine.ts";
import { parseOptions, USAGE } from "./options.ts";
import { mergeReports } from "./results.ts";
import type { Words } from "./words.ts";

/** What pages say, of which the playground has one too. */
const WORDS = new URL("../playground/text/bench.en.json", import.meta.url);

// What this has started ends with it.
process.once("SIGINT", () => process.exit(130));

const options = optionsOf(parseOptions, USAGE);
try {
  const report = options.merge ? mergeReports(options.merge.map(readReport)) : await measureMachine(options, console.log);
  const { report: words } = JSON.parse(readFileSync(WORDS, "utf8")) as { report: Words };
  console.log(writeReport(options.out, report, words));
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
