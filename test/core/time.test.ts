import { afterEach, describe, expect, it, vi } from "vitest";

afterEach(() => {
  vi.unstubAllGlobals();
  vi.resetModules();
});

const refuses = () => {
  throw new Error("A Node.js API is used which is not supported in the Edge Runtime.");
};

/** A module as it is where these are there when it is loaded. */
async function among<T>(globals: Readonly<Record<string, unknown>>, load: () => Promise<T>): Promise<T> {
  for (const [name, value] of Object.entries(globals)) vi.stubGlobal(name, value);
  vi.resetModules();
  return load();
}

describe("an edge runtime in which functions of Node are there and throw", () => {
  it("has turns of its event loop", async () => {
    const { Breath, nextTask } = await among({ setImmediate: refuses }, () => import("../../src/core/time.ts"));
    let turns = 0;
    setTimeout(() => turns++);
    await nextTask();
    await nextTask();
    const breath = new Breath();
    for (let i = 0; i < 20; i++) await breath.take();
    expect(turns).toBe(1);
  });

  it("has no built-in modules, and is no server", async () => {
    const { builtinModule, serverRuntime } = await among({ process: { getBuiltinModule: refuses } }, () => import("../../src/core/runtime.ts"));
    expect(builtinModule("node:os")).toBeUndefined();
    expect(serverRuntime()).toBeNull();
  });
});
