/** One contender in a worker of its own, as libraries keep their threads and backends in globals. */
import type { Contender } from "../contender.ts";
import { tensorsOf } from "../data.ts";
import { wordsOf } from "../report/entries.ts";
import { openOurs } from "./built.js";
import { LIBRARIES } from "./libraries.ts";
import type { Answer, Request } from "./messages.ts";
import { openPeer } from "./peers.ts";

let contender: Contender | undefined;

self.addEventListener("message", async ({ data }: MessageEvent<Request>) => {
  const answer = await carryOut(data).catch((error): Answer => ({ fault: wordsOf(error) }));
  self.postMessage(answer);
});

async function carryOut(request: Request): Promise<Answer> {
  if (request.op === "open") {
    const { name, task, threads } = request;
    const tensors = tensorsOf(task);
    if (name === "ganvas") contender = await openOurs("wasm", task, tensors, threads);
    else if (name === "ganvas-webgpu") contender = await openOurs("webgpu", task, tensors, threads);
    else if (name === "float64") contender = await openOurs("float64", task, tensors, threads);
    else contender = await openPeer(name, task, tensors, threads, LIBRARIES);
    return { info: contender.info };
  }
  if (request.op === "reset") await contender!.reset();
  else if (request.op === "run") await contender!.run(request.steps);
  else return { outputs: await contender!.outputs() };
  return {};
}
