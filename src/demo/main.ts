/** `npm run demo`: see `usage`. */
import { cli } from "./cli.ts";
import { onInterruption } from "./interruption.ts";
import { settings } from "./settings.ts";

process.exitCode = await cli(process.argv.slice(2), settings, { out: process.stdout, err: process.stderr, signal: onInterruption(process) });
