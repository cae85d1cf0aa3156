/** What a command line asks for. */

/** @param parse gives null for help, and throws at nonsense; the program ends at either */
export function optionsOf<T>(parse: (args: readonly string[]) => T | null, usage: string): T {
  try {
    const options = parse(process.argv.slice(2));
    if (options) return options;
    console.log(usage);
    process.exit(0);
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`);
    process.exit(2);
  }
}
