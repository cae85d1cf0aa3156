/** `npm run report`: measures every runtime that is here and writes what came of it as a page, or puts the reports of several machines side by side. */
import { readReport, writeReport } from "./files.ts";
import { measureMachine } from "./measureMachine.ts";
import { type Options, parseOptions, USAGE } from "./options.ts";
import { mergeReports } from "./results.ts";

// What this has started ends with it.
process.once("SIGINT", () => process.exit(130));

const options = optionsOf(process.argv.slice(2));
try {
  const report = options.merge ? mergeReports(options.merge.map(readReport)) : await measureMachine(options, console.log);
  console.log(writeReport(options.out, report));
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}

/** What the command line asks for; ends the program where that is help, or nonsense. */
function optionsOf(args: readonly string[]): Options {
  try {
    const options = parseOptions(args);
    if (options) return options;
    console.log(USAGE);
    process.exit(0);
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`);
    process.exit(2);
  }
}
