import type { Reporter, TestModule, Vitest } from "vitest/node";

/** Lists the tests that were skipped, by the titles that say why; not those that a pattern of names leaves out. */
export default class Skipped implements Reporter {
  #filtered = false;

  onInit(vitest: Vitest): void {
    this.#filtered = vitest.config.testNamePattern !== undefined;
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    if (this.#filtered) return;
    for (const module of modules)
      for (const test of module.children.allTests("skipped")) console.log(`skipped: ${module.relativeModuleId} > ${test.fullName}`);
  }
}
