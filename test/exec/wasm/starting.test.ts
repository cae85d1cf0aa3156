import { EventEmitter } from "node:events";
import { createRequire, syncBuiltinESMExports } from "node:module";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createWasmExecutor } from "../../../src/exec/wasm/executor.ts";
import { createGAN } from "../../../src/index.ts";
import { runModule } from "../../child.ts";
import { watchWorkers } from "../../workers.ts";

// By timers that can be faked, as those of the library cannot.
vi.mock("../../../src/core/time.ts", async (original) => {
  const deadline = (ms: number, late: () => void) => {
    const timer = setTimeout(late, ms);
    return () => clearTimeout(timer);
  };
  return { ...(await original<object>()), deadline };
});

const workerThreads = createRequire(import.meta.url)("node:worker_threads");
const { Worker } = workerThreads;

/** Has every worker that is started from now on be one of these. */
function startInstead(kind: unknown): void {
  workerThreads.Worker = kind;
  syncBuiltinESMExports();
}

afterEach(() => {
  vi.useRealTimers();
  startInstead(Worker);
});

/** Workers that say nothing, and of which it is known how many have been ended. */
let ended = 0;
class Silent extends EventEmitter {
  ref(): void {}
  unref(): void {}
  postMessage(): void {}
  terminate(): void {
    ended++;
  }
}

class Forbidden {
  constructor() {
    throw new Error("access to this API is restricted");
  }
}

class Missing extends Silent {
  constructor() {
    super();
    setImmediate(() => this.emit("error", new Error("there is no such file")));
  }
}

class Short extends Silent {
  constructor() {
    super();
    setImmediate(() => this.emit("exit", 3));
  }
}

describe.each<[string, unknown, string]>([
  ["are forbidden", Forbidden, "access to this API is restricted"],
  ["are missing", Missing, "there is no such file"],
  ["end at once", Short, "the thread ended with code 3"],
  ["say nothing", Silent, "no message from it in 8 seconds"],
])("workers that %s", (_, kind, cause) => {
  /** What comes of `work` when all the time in the world has gone by. */
  async function patiently<T>(work: Promise<T>): Promise<T> {
    work.catch(() => {});
    if (kind === Silent) await vi.advanceTimersByTimeAsync(8_000);
    return work;
  }

  const start = () => {
    startInstead(kind);
    if (kind === Silent) vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  };

  it("are done without where nobody asked for them, and the backend says so", async () => {
    start();
    vi.stubGlobal("navigator", { hardwareConcurrency: 4 });
    const executor = await patiently(createWasmExecutor({ reason: "for a test" }));
    vi.unstubAllGlobals();
    const reason = `for a test; one thread, for no worker starts: ${cause} (its source)`;
    expect(executor.backend).toMatchObject({ threads: 1, reason });
    expect(executor.atRisk).toBe("nothing");
    const session = await executor.open([{ name: "w", shape: [2] }]);
    expect(await session.read("w")).toEqual(new Float32Array(2));
  });

  it.each([
    ["by number", { threads: 2 }, "its source"],
    ["by place", { threads: 1, place: "worker" }, "its source"],
    ["from a URL", { threads: 2, url: "file:///copies/worker.js" }, "file:///copies/worker.js"],
  ] as const)("are a refusal where they were asked for, which names the program and the cause: %s", async (_, options, program) => {
    start();
    ended = 0;
    await expect(patiently(createWasmExecutor(options))).rejects.toMatchObject({
      name: "BackendError",
      message: `threads: expected workers that start, got ${cause} (${program})`,
      lost: false,
    });
    if (kind !== Forbidden) expect(ended).toBe(options.threads);
  });
});

describe("a GAN whose threads cannot be begun anew", () => {
  it("says so, can be saved, and goes on when they can", async () => {
    using watch = watchWorkers();
    const { workers } = watch;
    const gan = await createGAN({ shape: [2], latent: 2, width: 4, batchSize: 4, backend: "wasm", threads: 2 });
    const saved = await gan.save();
    await gan.prepare();
    await workers[0]!.terminate();
    startInstead(Forbidden);
    await expect(gan.train(new Float32Array(8), { steps: 1 })).rejects.toMatchObject({ name: "BackendError", path: "threads", lost: false });
    expect(await gan.save()).toEqual(saved);
    startInstead(Worker);
    expect((await gan.train(new Float32Array(8), { steps: 1 })).steps).toBe(1);
    gan.dispose();
  });
});

describe("a worker's program from a URL", () => {
  const tiny = { shape: [2], latent: 2, width: 4, batchSize: 4, backend: "wasm", threads: 2 } as const;

  it("is its GAN's own affair, whoever starts threads first", async () => {
    const missing = { ...tiny, workers: { url: "file:///nowhere/worker.js" } };
    const [failed, plain] = await Promise.allSettled([createGAN(missing), createGAN(tiny)]);
    expect(failed).toMatchObject({ status: "rejected", reason: { name: "BackendError", path: "threads" } });
    expect(plain.status).toBe("fulfilled");
    await expect(createGAN(missing)).rejects.toMatchObject({ name: "BackendError", path: "threads" });
    if (plain.status === "fulfilled") plain.value.dispose();
  });

  it("may be the package's file", async () => {
    const gan = await createGAN({ ...tiny, workers: { url: new URL("../../../src/exec/wasm/run/worker.js", import.meta.url) } });
    expect((await gan.train(new Float32Array(8), { steps: 1 })).steps).toBe(1);
    gan.dispose();
  });
});

describe("a process that has something called Worker", () => {
  it("has threads of Node's all the same", async () => {
    const source = `
      globalThis.Worker = class { constructor() { throw new Error("not here"); } };
      const { createGAN } = await import("ganvas");
      const gan = await createGAN({ shape: [2], latent: 2, width: 4, backend: "wasm", threads: 2 });
      console.log(gan.backend.threads);
      gan.dispose();`;
    expect(await runModule(source)).toMatchObject({ code: 0, stdout: "2\n" });
  });
});

describe("a process that may not start threads", () => {
  it("computes in the one it has", async () => {
    const source = `
      import { createGAN } from "ganvas";
      Object.defineProperty(globalThis, "navigator", { value: { hardwareConcurrency: 2 } });
      const gan = await createGAN({ shape: [2], latent: 2, width: 4, backend: "wasm" });
      console.log((await gan.sample()).length, gan.backend.threads, gan.backend.reason);`;
    const permission = process.allowedNodeEnvironmentFlags.has("--permission") ? "--permission" : "--experimental-permission";
    const { code, stdout } = await runModule(source, { flags: [permission, "--allow-fs-read=*"] });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^1 1 asked for; one thread, for no worker starts: .*\(its source\)\n$/);
  });
});

describe("kernels that do not compile", () => {
  afterEach(() => void vi.restoreAllMocks());

  it("are a BackendError, and leave no thread behind", async () => {
    vi.spyOn(WebAssembly, "compile").mockRejectedValue(new WebAssembly.CompileError("not allowed here"));
    startInstead(
      class extends Silent {
        constructor() {
          super();
          setImmediate(() => this.emit("message", null));
        }
      },
    );
    const before = ended;
    await expect(createWasmExecutor({ threads: 3 })).rejects.toMatchObject({ name: "BackendError", path: "backend" });
    await new Promise(setImmediate);
    expect(ended - before).toBe(3);
  });
});
