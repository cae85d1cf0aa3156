/** `npm run report`: measures every runtime that is here and writes what came of it as a page, or puts the reports of several machines side by side. */
import { readFileSync } from "node:fs";
import { optionsOf } from "../commandLine.ts";
import { readReports, writeReport } from "./files.ts";
import { mergeReports } from "./format.ts";
import { measureMachine } from "./measureMachine.ts";
import { parseOptions, USAGE } from "./options.ts";
import type { Report } from "./results.ts";
import { INTERRUPTED, untilInterrupted } from "./stop.ts";
import type { Words } from "./words.ts";

/** What pages say, of which the playground has one too. */
const WORDS = new URL("../playground/text/bench.en.json", import.meta.url);

const options = optionsOf(parseOptions, USAGE);

const write = (report: Report): void => {
  const { report: words } = JSON.parse(readFileSync(WORDS, "utf8")) as { report: Words };
  console.log(writeReport(options.out, report, words));
};

try {
  if (options.merge) write(mergeReports(readReports(options.merge)));
  else {
    const signal = untilInterrupted((code) => process.exit(code), console.log);
    const report = await measureMachine(options, console.log, signal);
    const isEmpty = report.machines.every(({ runtimes }) => runtimes.every(({ contests }) => contests.length === 0));
    if (signal.aborted && isEmpty) console.log("Nothing was finished: nothing is written.");
    else write(report);
    // With this ends whatever is still being started.
    if (signal.aborted) process.exit(INTERRUPTED);
  }
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
