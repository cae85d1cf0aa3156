/** Contenders in Cloudflare's runtime on this machine, each in a process of its own. */
import { join } from "node:path";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { alive, during, end, launch } from "../cold/runtime.ts";
import { bundleWorker, listening, WORKERD } from "../cold/workerdRuntime.ts";
import type { Contender, Entrant } from "../contender.ts";
import { scratch } from "../ending.ts";
import { decodeFloats } from "../portable/bytes.ts";

const WORKER = fileURLToPath(new URL("../bench/portable/workerd.js", import.meta.url));

/** Its configuration, and how to be rid of it. */
export interface Worker {
  readonly config: string;
  remove(): void;
}

/** Bundles the worker, once for all contenders. @param version of the package `workerd` */
export async function buildWorker(version: string): Promise<Worker> {
  const { path: folder, remove } = scratch("ganvas-report-");
  try {
    return { config: await bundleWorker(WORKER, version, join(folder, "workerd")), remove };
  } catch (error) {
    remove();
    throw error;
  }
}

/** @param name as the worker knows it */
export const inWorkerd = (name: string, config: string): Entrant => ({
  name,
  runtime: "workerd",
  threaded: false,
  async open(task, _, threads, signal): Promise<Contender> {
    const running = launch(WORKERD, ["serve", config, "--control-fd=3"], {}, 1);
    signal?.addEventListener("abort", () => void end(running));
    try {
      const port = await during(running, listening(running.child.stdio[3] as Readable));
      const ask = async (request: object): Promise<Response> => {
        const response = await alive(running, fetch(`http://127.0.0.1:${port}/`, { method: "POST", body: JSON.stringify(request) }));
        if (!response.ok) throw new Error(await response.text());
        return response;
      };
      const info = (await (await ask({ op: "open", name, task, threads })).json()) as Contender["info"];
      return {
        info,
        reset: async () => void (await (await ask({ op: "reset" })).text()),
        run: async (steps) => void (await (await ask({ op: "run", steps })).text()),
        outputs: async () => decodeFloats(new Uint8Array(await (await ask({ op: "outputs" })).arrayBuffer())),
        close: () => void end(running),
      };
    } catch (error) {
      await end(running);
      throw error;
    }
  },
});
