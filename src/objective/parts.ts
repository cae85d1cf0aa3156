/** What a step is made of: the images of its batch, in one part or in several one after the other, as both networks see them. */
import { add, apart, concat, mul, slice } from "../graph/build.ts";
import { Graph, type Node } from "../graph/graph.ts";
import { examine, type Verdict } from "../nn/discriminator.ts";
import { conditionInput, generate, type NetworkPass, type NoiseSpec, openPass } from "../nn/network.ts";
import { leastBatch } from "../nn/spec.ts";
import { openAugmenting } from "./augment.ts";
import { type RegularizerSpec, regularizerRow, type UpdateContext } from "./regularizers.ts";
import { isScheduled } from "./scheduled.ts";
import type { TrainableSpec } from "./spec.ts";
import type { UpdateKind } from "./updates.ts";

/** What all parts of a step have in common. */
export interface Frame {
  readonly spec: TrainableSpec;
  readonly kind: UpdateKind;
  readonly graph: Graph;
  readonly noise: NoiseSpec[];
  readonly batch: number;
  /** The parts that its batch is taken in, one after the other. */
  readonly parts: readonly Part[];
}

/** Some of the images of a batch, one after another. */
export interface Part {
  readonly begin: number;
  readonly size: number;
}

/** What a step begins with, or a part of it: everything is of the part's images alone. */
export interface Step {
  readonly spec: TrainableSpec;
  readonly kind: UpdateKind;
  readonly graph: Graph;
  /** What images are made for, as the discriminator is told of it. */
  readonly condition: Node | null;
  /** Images of the data and of the generator, as the discriminator is shown them. */
  readonly real: Node;
  readonly fake: Node;
  /** The use of the generator that gave `fake`, and what it gave before augmentation and regularizers had their say. */
  readonly generation: NetworkPass;
  readonly generated: Node;
  /** Fresh random numbers, [images, ...]. */
  readonly draw: UpdateContext["noise"];
}

/** A graph for a batch that is taken in so many parts, or in fewer where there are too few images for statistics. */
export function openStep(spec: TrainableSpec, batch: number, kind: UpdateKind, parts: number): Frame {
  const count = Math.max(1, Math.min(parts, Math.floor(batch / leastBatch(spec).size)));
  const begin = (i: number): number => Math.floor((i * batch) / count);
  const spans = Array.from({ length: count }, (_, i) => ({ begin: begin(i), size: begin(i + 1) - begin(i) }));
  return { spec, kind, graph: new Graph(), noise: [], batch, parts: spans };
}

interface PartOptions {
  /** Whether nothing of the generator's is shared with an earlier use of the same part, so that nothing is kept from then. Default false. */
  readonly again?: boolean;
  /** The generator's running statistics. Default: its variables. */
  readonly statistics?: ReadonlyMap<string, Node>;
}

/** Some of a step's images, as the discriminator is to see them. */
export function beginPart(frame: Frame, { begin, size }: Part, { again = false, statistics }: PartOptions = {}): Step {
  const { spec, kind, graph, noise, batch } = frame;
  const own = (x: Node): Node => slice(x, [begin, ...x.shape.slice(1).map(() => 0)], [size, ...x.shape.slice(1)]);
  // Drawn for all parts at once, so that an image gets the same numbers in whatever part it is.
  const draw: Step["draw"] = (name, [, ...sizes], distribution) => {
    const shape = [batch, ...sizes];
    if (!noise.some((other) => other.name === name)) noise.push({ name, shape, distribution });
    return own(graph.input(name, shape));
  };
  const latents = draw("latents", [size, spec.latent], "normal");
  const condition = conditionInput(spec, graph, batch);
  const images = graph.input("images", [batch, ...spec.shape]);
  const begun = { spec, kind, graph, draw };
  const made = condition && own(condition);
  const generation = passOf(begun, "generate", statistics);
  const generated = generate(spec, again ? apart(latents) : latents, made, generation);
  const augmenting = spec.augment
    ? openAugmenting(spec.augment, spec.shape, graph, (name, distribution) => draw(`augment/${name}`, [size], distribution))
    : { images: (x: Node) => x, companions: (x: Node) => x };
  const told = made && spec.condition && "shape" in spec.condition ? augmenting.companions(made) : made;
  const [real, fake] = [shown(begun, augmenting.images(own(images)), "real"), shown(begun, augmenting.images(generated), "fake")];
  return { ...begun, condition: told, generation, generated, real, fake };
}

/** A use of a network in training; `values` stand in for its variables. */
function passOf({ graph, draw }: Pick<Step, "graph" | "draw">, label: string, values?: ReadonlyMap<string, Node>): NetworkPass {
  const pass = openPass(graph, { training: true, ...(values && { values }) });
  return { ...pass, noise: (name, ...rest) => draw(`${label}/${name}`, ...rest) };
}

/** Images as the regularizers have the discriminator see them. */
function shown(step: Pick<Step, "spec" | "graph" | "draw">, images: Node, label: string): Node {
  const noise: UpdateContext["noise"] = (name, ...rest) => step.draw(`${label}/${name}`, ...rest);
  return step.spec.regularizers.reduce((x, regularizer) => {
    return regularizerRow(regularizer).perturb?.(x, { noise }, inGraph(regularizer, step.graph)) ?? x;
  }, images);
}

/** What the discriminator says of images in training, and its running statistics after that; `values` stand in for its variables. */
export function judge(
  step: Step,
  images: Node,
  label: string,
  values: ReadonlyMap<string, Node>,
): Verdict & { readonly statistics: ReadonlyMap<string, Node> } {
  const pass = passOf(step, label, values);
  return { ...examine(step.spec, images, step.condition, pass), statistics: pass.updates };
}

/** A regularizer's parameters with those that follow a schedule as inputs, named as in `stepScalars`. */
export const inGraph = (regularizer: RegularizerSpec, graph: Graph): object =>
  Object.fromEntries(
    Object.entries(regularizer).map(([name, parameter]) => [
      name,
      isScheduled(parameter) ? graph.input(`${regularizer.name}/${name}`, []) : parameter,
    ]),
  );

/** What a part's images add to a loss that is a mean over all images of the step. */
export function shareOf({ batch }: Frame, { size }: Part, terms: readonly Node[]): Node {
  const loss = terms.reduce((a, b) => add(a, b));
  return size === batch ? loss : mul(loss, size / batch);
}

/** What the parts give, one after another. */
export const whole = (parts: readonly Node[]): Node => concat(parts as [Node, ...Node[]], 0);

/** The sum of what each part gives. */
export const sumOf = (parts: readonly Node[]): Node => parts.reduce((a, b) => add(a, b));

/** Sums that grow from part to part, as many as there are weights: no part's terms wait for those of another. */
export class Sums {
  #sums: readonly Node[] | undefined;

  add(xs: readonly Node[]): void {
    const sums = this.#sums;
    this.#sums = sums ? xs.map((x, i) => add(sums[i]!, x)) : xs;
  }

  get values(): readonly Node[] {
    return this.#sums!;
  }
}
