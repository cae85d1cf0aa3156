import { availableParallelism } from "node:os";
import { build } from "esbuild";
import { beforeAll, describe, expect, it } from "vitest";
import { bundled } from "../bundled.js";
import { REPRODUCIBLE } from "../cases/reproducible.ts";
import { ROOT } from "../child.ts";
import { CHROMIUM, ISOLATED, runPage } from "../chromium.js";
import type { PageResults } from "./page.ts";

const KINDS = [
  ["cross-origin isolated", true],
  ["without shared memory", false],
] as const;

describe.skipIf(!CHROMIUM).each(KINDS)(CHROMIUM ? "a page, %s" : "a page, %s (skipped: Chromium is not installed)", (_, isolated) => {
  let results: PageResults;

  beforeAll(async () => {
    const bundle = await build({
      entryPoints: [`${ROOT}test/runtime/page.ts`],
      bundle: true,
      format: "esm",
      target: "es2022",
      platform: "browser",
      mainFields: ["module", "main"],
      plugins: [bundled],
      write: false,
      logLevel: "error",
    });
    const posted = await runPage({
      files: { "/page.js": bundle.outputFiles[0]!.text },
      headers: isolated ? ISOLATED : {},
    });
    if (posted === null) throw new Error("Chromium ended without a word");
    results = JSON.parse(posted);
    if (results.error) throw new Error(`in the page: ${results.error}`);
  });

  it("computes in as many threads as it can have, and says why", () => {
    expect(results.isolated).toBe(isolated);
    if (isolated) expect(results.backend).toEqual({ threads: Math.min(availableParallelism(), 16), reason: "asked for" });
    else {
      const reason = availableParallelism() > 1 ? expect.stringContaining("not cross-origin isolated") : "asked for";
      expect(results.backend).toEqual({ threads: 1, reason });
    }
  });

  it.each(REPRODUCIBLE)("trains to the same bits as everywhere: $name", ({ name, state, samples }) => {
    expect(results.hashes[name]).toEqual({ state, samples });
  });

  it("stays responsive while it trains", () => {
    expect(results.ticks).toBeGreaterThanOrEqual(5);
  });
});
