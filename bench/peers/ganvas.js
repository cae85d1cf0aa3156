/** ganvas in a process of its own, in whichever runtime runs this (argument: wasm, webgpu or float64). */
import { openOurs } from "../../dist/tools/portable/ours.js";
import { serve } from "./protocol.js";

await serve(async ({ task, tensors, threads }) => {
  const list = Array.from(tensors, ([name, { shape, data }]) => ({ name, shape, data }));
  const contender = await openOurs(process.argv[2], task, list, threads);
  return { ...contender, outputs: async () => Object.fromEntries(await contender.outputs()) };
});
