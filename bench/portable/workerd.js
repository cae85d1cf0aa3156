/** A worker of workerd that does what it is told over HTTP: its own clock stands still while it computes. One task at a time. */
import { openOurs } from "../../dist/tools/portable/edge/ours.js";
import { tensorsOf } from "../data.ts";
import { wordsOf } from "../report/entries.ts";
import { encodeFloats } from "./bytes.ts";
import { openPeer } from "./peers.ts";

const libraries = {
  tfjs: () => import("@tensorflow/tfjs"),
  tfjsWasm: () => import("@tensorflow/tfjs-backend-wasm"),
  tfjsWebGPU: () => import("@tensorflow/tfjs-backend-webgpu"),
  ort: () => import("onnxruntime-web/wasm"),
  protobuf: () => import("@bufbuild/protobuf"),
  onnx: () => import("onnx-buf"),
  asset: () => undefined,
};

let contender;

async function carryOut({ op, name, task, threads, steps }) {
  if (op === "open") {
    contender?.close();
    const tensors = tensorsOf(task);
    const [own, engine = "wasm"] = name.split("-");
    contender = own === "ganvas" ? await openOurs(engine, task, tensors, threads) : await openPeer(name, task, tensors, threads, libraries);
    return Response.json(contender.info);
  }
  if (op === "reset") await contender.reset();
  else if (op === "run") await contender.run(steps);
  else return new Response(encodeFloats(await contender.outputs()));
  return new Response();
}

export default {
  fetch: async (request) => carryOut(await request.json()).catch((error) => new Response(wordsOf(error), { status: 500 })),
};
