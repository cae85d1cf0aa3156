import { GanvasError } from "../index.ts";
import { parseOptions, UsageError, usage } from "./options.ts";
import { type Audience, runDemo } from "./run.ts";
import type { DemoSettings } from "./settings.ts";

/**
 * Runs the demo as a command line asks for.
 *
 * @param argv the arguments after the command.
 * @returns the exit code: 0; 2, and nothing written, if the arguments are wrong; 1 if the training broke down.
 */
export async function cli(
  argv: readonly string[],
  settings: DemoSettings,
  { err, ...audience }: Audience & { readonly err: NodeJS.WritableStream },
): Promise<number> {
  try {
    const options = parseOptions(argv, settings.steps);
    if (options) await runDemo(options, settings, audience);
    else audience.out.write(usage);
    return 0;
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof GanvasError)) throw error;
    err.write(`demo: ${error.message}\n`);
    return error instanceof UsageError ? 2 : 1;
  }
}
