import { type Commands, interpret } from "./arguments.ts";
import { evaluateModel } from "./commands/evaluate.ts";
import { describeModel } from "./commands/info.ts";
import { makeSamples } from "./commands/sample.ts";
import { train } from "./commands/train.ts";
import type { Surroundings } from "./context.ts";
import { inFlags, isTold, oneLine, UsageError } from "./errors.ts";
import { Interruption } from "./interruption.ts";

/** Until all that was told is where it goes, or is known not to get there. */
const written = (out: Surroundings["out"]): Promise<void> => new Promise((resolve) => out.write("", () => resolve()));

/**
 * Does what a command line asks for.
 *
 * @param argv the arguments after the name of the program
 * @returns the exit code: 0; 2, and nothing written, if the arguments or files that they name are wrong; 1 if it failed; the code of the interruption that ended it
 */
export async function cli(argv: readonly string[], surroundings: Surroundings): Promise<number> {
  const { out, err, signal, version, debug } = surroundings;
  const commands: Commands = {
    train: (data, given) => train(data, given, surroundings),
    sample: (model, given) => makeSamples(model, given, surroundings),
    evaluate: (model, data, given) => evaluateModel(model, data, given, surroundings),
    info: (model, given) => describeModel(model, given, surroundings),
  };
  try {
    await interpret(argv, commands, version, (text) => void out.write(text));
    await written(out);
    if (signal.reason !== undefined && !(signal.reason instanceof Interruption)) throw signal.reason;
  } catch (error) {
    // What a call throws that was told to end is no failure: it had nothing to save.
    if (error instanceof Interruption) err.write("ganvas: interrupted before anything was written\n");
    else {
      const known = isTold(error);
      err.write(
        `ganvas: ${known ? oneLine(inFlags(error.message)) : `a fault of the program: ${oneLine(String(error))}; GANVAS_DEBUG=1 shows where`}\n`,
      );
      if (debug) err.write(`${(error as Error)?.stack ?? ""}\n`);
      return error instanceof UsageError ? 2 : 1;
    }
  }
  return signal.reason instanceof Interruption ? signal.reason.exitCode : 0;
}
