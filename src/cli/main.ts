#!/usr/bin/env node
/** The command `ganvas`, as a process. */
import { createRequire } from "node:module";
import { cli } from "./cli.ts";
import { onInterruption } from "./interruption.ts";

// Beside the bundle's folder.
const { version } = createRequire(import.meta.url)("../package.json") as { readonly version: string };

process.exitCode = await cli(process.argv.slice(2), {
  out: process.stdout,
  err: process.stderr,
  signal: onInterruption(process),
  version,
  debug: (process.env.GANVAS_DEBUG ?? "") !== "",
});
