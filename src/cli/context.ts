/** Where standard output goes: a terminal, a file, or a stand-in. */
export interface Terminal extends NodeJS.WritableStream {
  readonly isTTY?: boolean;
}

/** What the command runs in. */
export interface Surroundings {
  readonly out: Terminal;
  /** Warnings and failures go here, and where standard output is for machines, progress. */
  readonly err: Terminal;
  /** Once aborted, the command ends as soon as what there is has been saved. */
  readonly signal: AbortSignal;
  /** Of the package. */
  readonly version: string;
  /** Whether failures come with where in the program they happened. */
  readonly debug: boolean;
}
