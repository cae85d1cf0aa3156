/** Runs the suite in Node or Deno; exit code 3 means that there is no adapter. */
import { runSuite } from "./suite.ts";

const outcome = await runSuite((line) => console.log(line));
const code = { passed: 0, failed: 1, "no adapter": 3 }[outcome];
(globalThis as unknown as { process: { exit(code: number): never } }).process.exit(code);
