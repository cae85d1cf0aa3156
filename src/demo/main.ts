/** `npm run demo`: see `usage`. */
import { cli } from "./cli.ts";
import { settings } from "./settings.ts";

const interrupt = new AbortController();
// Only the first Ctrl-C waits for the step to end; a second one ends the process.
process.once("SIGINT", () => interrupt.abort());
process.exitCode = await cli(process.argv.slice(2), settings, { out: process.stdout, err: process.stderr, signal: interrupt.signal });
