import type { Task, Tensor } from "../task.ts";
import type { PeerContender } from "./tfjsTasks.js";

export function ortContender(
  libraries: { readonly ort: object; readonly flavour: "web" | "node"; readonly models: object },
  task: Task,
  tensors: ReadonlyMap<string, Tensor>,
  threads: number,
): Promise<PeerContender>;
