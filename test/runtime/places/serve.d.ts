/** A page, or a worker of one, that tries the library. */
export interface Place {
  /** What it tries, as probe.ts calls it, with commas between. */
  readonly attempts: string;
  /** The page's headers besides those that isolate it, its policy for example. */
  readonly headers?: Readonly<Record<string, string>>;
  /** What the page has ahead of the program. */
  readonly head?: string;
  /** Another name of this machine, whose pages are not isolated in a frame. */
  readonly origin?: "localhost";
  /** Whether the library comes from another origin. */
  readonly cdn?: boolean;
  /** The worker of the page that does all this in its stead: its kind, its file and its type. */
  readonly inside?: string;
  /** What is served as the library's worker.js, with headers, undefined where it is missing; "silent" where nothing ever comes. */
  readonly worker?: readonly [content: string | undefined, headers?: Readonly<Record<string, string>>] | "silent";
}

/** What came of every place in one browser, those that told nothing left out, and why the browser had to be ended. @param options.extension what an extension's page tries */
export function visitPlaces(
  places: Readonly<Record<string, Place>>,
  options?: { readonly extension?: string | undefined },
): Promise<{ readonly reports: Readonly<Record<string, Readonly<Record<string, string>>>>; readonly fault?: string }>;
