import { GanvasError } from "../index.ts";
import { WriteError } from "../node.ts";
import { Interruption } from "./interruption.ts";
import { parseOptions, UsageError, usage } from "./options.ts";
import { type Audience, runDemo } from "./run.ts";
import type { DemoSettings } from "./settings.ts";

/**
 * Runs the demo as a command line asks for.
 *
 * @param argv the arguments after the command.
 * @returns the exit code: 0; 2, and nothing written, if the arguments are wrong; 1 if the training broke down or what it gave could not
 *   be written; the code of the interruption that ended it.
 */
export async function cli(argv: readonly string[], settings: DemoSettings, audience: Audience): Promise<number> {
  const { out, err, signal } = audience;
  try {
    const options = parseOptions(argv, settings.steps);
    if (options) await runDemo(options, settings, audience);
    else out.write(usage);
    if (signal.reason instanceof WriteError) throw signal.reason;
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof GanvasError || error instanceof WriteError)) throw error;
    err.write(`demo: ${error.message}\n`);
    return error instanceof UsageError ? 2 : 1;
  }
  return signal.reason instanceof Interruption ? signal.reason.exitCode : 0;
}
