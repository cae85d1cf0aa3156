/** The discriminator at work. */
import type { Pause } from "../core/time.ts";
import { discriminateGraph } from "../nn/sampling.ts";
import type { NetworkSpec } from "../nn/spec.ts";
import { Forward } from "./forward.ts";
import type { Programs } from "./programs.ts";

/** Judges images with the tensors that a session holds. */
export class Judge extends Forward {
  /**
   * @param programs of a session that holds the discriminator's tensors
   * @param most images of one run
   */
  constructor(programs: Programs, spec: NetworkSpec, most: number) {
    super(programs, { name: "discriminator", graph: (size) => discriminateGraph(spec, size), fetch: "scores", most });
  }

  /** Scores [count] of images [count, ...shape]. @param pause awaited between runs */
  score(images: Float32Array, condition: Float32Array | null, count: number, pause?: Pause): Promise<Float32Array> {
    return this.run({ images, condition }, count, pause);
  }
}
