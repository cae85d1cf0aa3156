/** Whole training steps against the float64 reference, and what must hold around them. */
import fc from "fast-check";
import { BackendError } from "../../src/core/errors.ts";
import { fillNormals, Stream } from "../../src/core/random.ts";
import { sizeOf } from "../../src/core/shape.ts";
import type { Executor, Program, Session } from "../../src/exec/executor.ts";
import { evaluate } from "../../src/exec/reference/evaluate.ts";
import { type GANOptions, type GANSpec, resolveSpec } from "../../src/gan/spec.ts";
import type { Condition } from "../../src/nn/conditionSpec.ts";
import { initialValue } from "../../src/nn/init.ts";
import { criticStep, type StepGraph, trainStep } from "../../src/objective/steps.ts";
import { variables } from "../../src/objective/variables.ts";
import { assert, CheckError, Worst } from "../cases/compare.ts";
import { namedArchitectures, waysToLearn } from "../cases/learning.ts";
import { PLAIN } from "../cases/plain.ts";
import { drawNoise } from "../objective/harness.ts";

const BATCH = 3;
const DCGAN: GANOptions = { ...PLAIN, shape: [8, 8, 1], latent: 5, width: 4, architecture: "dcgan", condition: { classes: 3 }, ema: { decay: 0.5 } };
const WGAN_GP: GANOptions = { shape: [8, 8, 3], latent: 4, width: 3, architecture: "dcgan", objective: "wasserstein-gp" };

/** A hundred float32 ops one after another; the weights then differ by what their gradients do. */
const STEP_TOLERANCE = 2e-5;

type Values = Record<string, Float32Array>;

/** A GAN on `executor`, one program a kind of step. */
class Trial {
  readonly spec: GANSpec;
  readonly session: Session;
  readonly #steps: Readonly<Record<"train" | "critic", StepGraph>>;
  readonly #programs: Readonly<Record<"train" | "critic", Program>>;
  #done = 0;

  private constructor(spec: GANSpec, session: Session, steps: Trial["steps"], programs: Readonly<Record<"train" | "critic", Program>>) {
    [this.spec, this.session, this.#steps, this.#programs] = [spec, session, steps, programs];
  }

  get steps(): Readonly<Record<"train" | "critic", StepGraph>> {
    return this.#steps;
  }

  static async open(executor: Executor, options: GANOptions): Promise<Trial> {
    const spec = resolveSpec(options);
    const session = await executor.open(variables(spec));
    for (const v of variables(spec)) {
      // With Adam's v (RMSProp's likewise) at 1 an update is in proportion to its gradient; at 0 it is the gradient's sign, and noise decides on it.
      await session.write(
        v.name,
        /\/(adam|rmsprop)\.v$/.test(v.name) ? new Float32Array(sizeOf(v.shape)).fill(1) : Float32Array.from(initialValue(v, spec.seed)),
      );
    }
    const steps = { train: trainStep(spec, BATCH), critic: criticStep(spec, BATCH) };
    const programs = { train: await session.compile(steps.train.graph), critic: await session.compile(steps.critic.graph) };
    return new Trial(spec, session, steps, programs);
  }

  feeds(kind: "train" | "critic"): Values {
    const item = ++this.#done;
    const images = new Float32Array(BATCH * sizeOf(this.spec.shape));
    fillNormals(images, 9, Stream.data, item);
    const done = { discriminator: item - 1, generator: item - 1, images: (item - 1) * BATCH };
    const scalars = Object.entries(this.#steps[kind].scalars(done)).map(([name, x]) => [name, Float32Array.of(x)]);
    const noise = Object.entries(drawNoise(this.#steps[kind].noise, item)).map(([name, x]) => [name, Float32Array.from(x)]);
    return { ...Object.fromEntries([...scalars, ...noise]), images, ...(this.spec.condition && { condition: Float32Array.of(0, 2, 1) }) };
  }

  run(kind: "train" | "critic", feeds: Values) {
    return this.#programs[kind].run(feeds);
  }

  async state(): Promise<Values> {
    const state: Values = {};
    for (const { name } of variables(this.spec)) state[name] = await this.session.read(name);
    return state;
  }
}

/** Steps of these kinds, each from where the executor's last one ended. */
export async function checkSteps(executor: Executor, options: GANOptions, kinds: readonly ("train" | "critic")[]): Promise<string> {
  const trial = await Trial.open(executor, options);
  try {
    const worst = new Worst(STEP_TOLERANCE);
    for (const [i, kind] of kinds.entries()) {
      const before = await trial.state();
      const feeds = trial.feeds(kind);
      const got = await trial.run(kind, feeds);
      const want = evaluate(trial.steps[kind].graph, feeds, before);
      const after = await trial.state();
      for (const [name, value] of Object.entries(want.fetches)) worst.add(`${name} of step ${i + 1}`, got[name]!, value);
      for (const name of Object.keys(after)) worst.add(`${name} after step ${i + 1}`, after[name]!, want.assigns[name] ?? before[name]!);
      assert(got.finite?.[0] === 1, "the step is not finite");
    }
    return `${worst}`;
  } finally {
    trial.session.dispose();
  }
}

export const checkDCGAN = (executor: Executor): Promise<string> => checkSteps(executor, DCGAN, ["train", "train", "train"]);

/** Every way to be told a class that `DCGAN` has not: each network in its own. */
const TOLD: readonly Condition[] = [
  { classes: 3, generator: "batch-norm", discriminator: "auxiliary-classifier" },
  { classes: 3, generator: "embedding", embedding: 2, discriminator: "concatenation" },
];

export async function checkConditions(executor: Executor): Promise<string> {
  const found: string[] = [];
  for (const condition of TOLD) found.push(await checkSteps(executor, { ...DCGAN, condition }, ["train", "train"]));
  return found.join("; ");
}

export const checkWGANGP = (executor: Executor): Promise<string> => checkSteps(executor, WGAN_GP, ["critic", "train", "critic", "train"]);

/** Objectives and regularizers in random combinations, on networks of their own and on named ones, always the same. */
export async function checkWaysToLearn(executor: Executor): Promise<string> {
  const ways = [...fc.sample(waysToLearn, { numRuns: 3, seed: 3 }), ...fc.sample(namedArchitectures, { numRuns: 2, seed: 3 })];
  for (const options of ways) {
    await checkSteps(executor, options, ["critic", "train"]).catch((cause: unknown) => {
      throw new CheckError(`${JSON.stringify(options)}: ${cause instanceof Error ? cause.message : cause}`, { cause });
    });
  }
  return ways
    .map(({ objective, regularizers }) => [objective, ...regularizers!].map((part) => (typeof part === "object" ? part.name : part)).join(" with "))
    .join("; ");
}

export async function checkHealth(executor: Executor): Promise<string> {
  const trial = await Trial.open(executor, DCGAN);
  try {
    await trial.run("train", trial.feeds("train"));
    const before = await trial.state();
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const feeds = trial.feeds("train");
      feeds.images![7] = bad;
      const { finite } = await trial.run("train", feeds);
      assert(finite?.[0] === 0, `a step on an image with ${bad} says finite = ${finite?.[0]}`);
    }
    for (const [name, value] of Object.entries(await trial.state())) {
      assert(
        value.every((x, i) => Object.is(x, before[name]![i])),
        `${name} was changed by a step that is not finite`,
      );
    }
    return "NaN and Infinity among the images: finite is 0, and every variable keeps every bit";
  } finally {
    trial.session.dispose();
  }
}

const STEPS = 200;

/** @param count - GPU buffers that are alive, and tensors known to TensorFlow.js */
export async function checkLeaks(executor: Executor, count: () => { buffers: number; tensors: number }): Promise<string> {
  const trial = await Trial.open(executor, DCGAN);
  try {
    await trial.run("train", trial.feeds("train"));
    const before = count();
    for (let i = 0; i < STEPS; i++) await trial.run("train", trial.feeds("train"));
    const after = count();
    assert(before.buffers > 0, "no buffer was counted");
    assert(after.buffers === before.buffers, `${before.buffers} GPU buffers became ${after.buffers} in ${STEPS} steps`);
    assert(after.tensors === before.tensors, `${before.tensors} tensors became ${after.tensors} in ${STEPS} steps`);
    return `${STEPS} steps: ${after.buffers} GPU buffers and ${after.tensors} tensors before and after`;
  } finally {
    trial.session.dispose();
  }
}

/** Runs asked for without waiting for one another take effect in the order they were asked for. */
export async function checkPipelining(executor: Executor): Promise<string> {
  const [waiting, racing] = [await Trial.open(executor, DCGAN), await Trial.open(executor, DCGAN)];
  try {
    const losses: (Float32Array | undefined)[] = [];
    for (let i = 0; i < 4; i++) losses.push((await waiting.run("train", waiting.feeds("train"))).discriminatorLoss);
    const raced = await Promise.all(Array.from({ length: 4 }, () => racing.run("train", racing.feeds("train"))));
    raced.forEach(({ discriminatorLoss }, i) => {
      assert(discriminatorLoss?.[0] === losses[i]?.[0], `step ${i + 1}: loss ${discriminatorLoss} in flight, ${losses[i]} one by one`);
    });
    return "4 steps in flight at once give the losses of 4 steps one by one";
  } finally {
    waiting.session.dispose();
    racing.session.dispose();
  }
}

const isLoss = (error: unknown): boolean => error instanceof BackendError && error.lost;

/** @param lose - ends the device */
export async function checkLoss(executor: Executor, lose: () => void): Promise<string> {
  const trial = await Trial.open(executor, DCGAN);
  const inFlight = trial.run("train", trial.feeds("train"));
  lose();
  const outcomes = await Promise.allSettled([inFlight, trial.run("train", trial.feeds("train")), trial.session.read(variables(trial.spec)[0]!.name)]);
  const later = await Promise.allSettled([trial.run("train", trial.feeds("train")), trial.session.compile(trial.steps.train.graph)]);
  // The one in flight may have been done by then.
  for (const outcome of [...outcomes.slice(1), ...later]) {
    assert(outcome.status === "rejected", "work on a lost device was taken for done");
    assert(isLoss(outcome.reason), `${outcome.reason} in place of a loss`);
  }
  assert(outcomes[0].status === "fulfilled" || isLoss(outcomes[0].reason), "the run in flight ended otherwise");
  trial.session.dispose();
  return "runs, reads and compilations end with a BackendError that is lost";
}
