/** The discriminator at work. */
import type { Pause } from "../core/time.ts";
import type { Graph } from "../graph/graph.ts";
import { type ParameterSpec, parameters } from "../nn/network.ts";
import { discriminateGraph } from "../nn/sampling.ts";
import { type JudgeSpec, weightStates, weightsInUse } from "../objective/weights.ts";
import { Forward } from "./forward.ts";
import type { Programs } from "./programs.ts";

/** The tensors that judging takes. */
export const judgeTensors = (spec: JudgeSpec): ParameterSpec[] => [...parameters(spec, "discriminator"), ...weightStates(spec)];

/** `discriminateGraph` with weights as they are used in training. */
export const judgeGraph = (spec: JudgeSpec, count: number): Graph => discriminateGraph(spec, count, (graph) => weightsInUse(spec, graph).values);

/** Judges images with the tensors that a session holds. */
export class Judge extends Forward {
  /**
   * @param programs of a session that holds `judgeTensors`
   * @param most images of one run
   */
  constructor(programs: Programs, spec: JudgeSpec, most: number) {
    super(programs, { name: "discriminator", graph: (size) => judgeGraph(spec, size), fetch: "scores", most });
  }

  /** Scores [count] of images [count, ...shape]. @param pause awaited between runs */
  score(images: Float32Array, condition: Float32Array | null, count: number, pause?: Pause): Promise<Float32Array> {
    return this.run({ images, condition }, count, pause);
  }
}
