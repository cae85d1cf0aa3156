/** Reads `shapes/*.txt`. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseTasks } from "./sheet.ts";
import { flat, type KernelTask, type Task } from "./task.ts";

const FOLDER = fileURLToPath(new URL("../bench/shapes/", import.meta.url));

/** The tasks of a workload, one for each batch size (or matrix size) its file names. */
export const loadTasks = (name: string, batches?: readonly number[]): Task[] =>
  parseTasks(name, (file) => readFileSync(`${FOLDER}${file}.txt`, "utf8"), batches);

/** Each convolution of a workload's networks as three tasks, one for each face, or that of its forward pass alone where nothing is trained; dense layers are left to GEMM. */
export function loadLayers(name: string, batch?: number): KernelTask[] {
  const [task] = loadTasks(name, batch === undefined ? undefined : [batch]);
  if (!task || task.kind === "kernel") return [];
  const training = task.kind !== "sample";
  const layers = flat([...task.generator, ...(training ? task.discriminator : [])]);
  return layers.flatMap((layer) => {
    if (layer.type !== "conv2d" && layer.type !== "conv2dTranspose") return [];
    const [x, dy, forward] =
      layer.type === "conv2d" ? ([layer.input, layer.output, "conv2d"] as const) : ([layer.output, layer.input, "conv2dInputGrad"] as const);
    const faces = training ? (["conv2d", "conv2dInputGrad", "conv2dFilterGrad"] as const) : [forward];
    return faces.map((op) => face(op, [task.batch, ...x], [task.batch, ...dy], layer));
  });
}

/** Tasks without those that are there twice. */
export function distinct(tasks: readonly Task[]): Task[] {
  return [...new Map(tasks.map((task) => [`${task.workload}, batch ${task.batch}`, task])).values()];
}

function face(
  op: "conv2d" | "conv2dInputGrad" | "conv2dFilterGrad",
  x: readonly number[],
  dy: readonly number[],
  { kernel, stride, pad }: { kernel: number; stride: number; pad: number },
): KernelTask {
  const w = [kernel, kernel, x[3]!, dy[3]!];
  const [a, b, y] = op === "conv2d" ? [x, w, dy] : op === "conv2dInputGrad" ? [dy, w, x] : [x, dy, w];
  const workload = `${op} ${kernel}×${kernel} ${x[1]}×${x[2]}×${x[3]} ↔ ${dy[1]}×${dy[2]}×${dy[3]}`;
  const gflop = (2 * dy[0]! * dy[1]! * dy[2]! * kernel ** 2 * x[3]! * dy[3]!) / 1e9;
  return { kind: "kernel", workload, batch: x[0]!, gflop, op, a, b, y, stride, pad };
}
