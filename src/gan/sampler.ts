/** The generator at work. Nothing of training is needed for it, and nothing is imported. */
import type { Pause } from "../core/time.ts";
import type { GeneratorSpec } from "../nn/generator.ts";
import { sampleGraph } from "../nn/sampling.ts";
import { Forward } from "./forward.ts";
import type { Programs } from "./programs.ts";

/** Makes images with the tensors that a session holds. */
export class Sampler extends Forward {
  /**
   * @param programs of a session that holds the generator's tensors
   * @param most images of one run
   * @param variable the name of the variable that holds a tensor. Default: the tensor's own
   */
  constructor(programs: Programs, spec: GeneratorSpec, most: number, variable: (name: string) => string = (name) => name) {
    super(programs, { name: variable("generator"), graph: (size) => sampleGraph(spec, size, variable), fetch: "images", most });
  }

  /** Images [count, ...shape] of latents [count, latent] and, for a conditional model, of conditions as `conditionRows` gives them. @param pause awaited between runs */
  generate(latents: Float32Array, condition: Float32Array | null, count: number, pause?: Pause): Promise<Float32Array> {
    return this.run({ latents, condition }, count, pause);
  }
}
