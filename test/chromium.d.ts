/** Where Chromium is; undefined where it is not. */
export const CHROMIUM: string | undefined;

/** What makes a page cross-origin isolated, so that it has SharedArrayBuffer. */
export const ISOLATED: Readonly<Record<string, string>>;

/**
 * Runs `files["/page.js"]` as a module in a page, until it posts to any path but /log.
 *
 * @returns what it posted; null when Chromium ended before, or it took longer than `limit` milliseconds
 */
export function runPage(options: {
  /** Scripts by their paths, beside the library's workers. */
  files: Readonly<Record<string, string>>;
  headers?: Readonly<Record<string, string>>;
  flags?: readonly string[];
  env?: Readonly<Record<string, string>>;
  /** Told what the page posts to /log. */
  log?: (text: string) => void;
  limit?: number;
}): Promise<string | null>;
