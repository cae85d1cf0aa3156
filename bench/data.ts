/** The numbers every implementation starts from: parameters, latents, pictures. A pure function of the task. */
import { fillNormals, fillUniforms, Stream } from "../src/core/random.ts";
import { sizeOf } from "../src/core/shape.ts";
import { type Layer, type Parameter, parameters, spectralState, type Task, type Tensor } from "./task.ts";

const SEED = 20;

/** Every tensor a task reads, by name. */
export function tensorsOf(task: Task): Tensor[] {
  if (task.kind === "kernel") return [normals("a", task.a, 0), normals("b", task.b, 1)];
  const networks = task.kind === "sample" ? task.generator : [...task.generator, ...task.discriminator];
  const tensors = parameters(networks).map(({ name, shape, fanIn }, i) => {
    if (fanIn > 0) return normals(name, shape, i, 1 / Math.sqrt(fanIn));
    return normals(name, shape, i, 0.1, name.endsWith(".gamma") ? 1 : 0);
  });
  tensors.push(normals("z", [task.batch, task.latent], tensors.length));
  if (task.kind === "sample") return tensors;
  tensors.push(uniforms("real", [task.batch, ...task.image], tensors.length, -1, 1));
  if (task.kind === "critic") tensors.push(uniforms("mix", [task.batch], tensors.length, 0, 1));
  for (const { name, shape } of task.spectralNorm ? filters(task.discriminator) : []) {
    tensors.push(normals(spectralState(name), [shape.at(-1)!, 1], tensors.length));
  }
  return tensors;
}

const filters = (layers: readonly Layer[]): Parameter[] => parameters(layers).filter(({ fanIn }) => fanIn > 0);

function normals(name: string, shape: readonly number[], item: number, scale = 1, shift = 0): Tensor {
  const data = new Float32Array(sizeOf(shape));
  fillNormals(data, SEED, Stream.data, item);
  return { name, shape, data: data.map((x) => x * scale + shift) };
}

function uniforms(name: string, shape: readonly number[], item: number, from: number, to: number): Tensor {
  const data = new Float32Array(sizeOf(shape));
  fillUniforms(data, SEED, Stream.data, item);
  return { name, shape, data: data.map((x) => from + (to - from) * x) };
}
