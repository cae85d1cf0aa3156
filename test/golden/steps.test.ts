import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Executor, Feeds, Session } from "../../src/exec/executor.ts";
import { type GANOptions, type GANSpec, resolveSpec } from "../../src/gan/spec.ts";
import { emaName } from "../../src/nn/generator.ts";
import type { Counters } from "../../src/objective/counters.ts";
import { criticStep, trainStep } from "../../src/objective/steps.ts";
import { variables } from "../../src/objective/variables.ts";
import { expectSameBytes } from "../bytes.ts";
import { feedsOf, readCases, relativeError, SUBJECTS, type Tensor, type Tensors } from "./golden.ts";

interface Step {
  readonly kind: "train" | "critic";
  /** Images, latents, condition and noise. */
  readonly feeds: Tensors;
  /** Losses and mean scores. */
  readonly fetches: Tensors;
  /** Every tensor of the networks that the step changed, and only those. */
  readonly state: Tensors;
}

interface StepsCase {
  readonly name: string;
  readonly options: GANOptions & { readonly batchSize: number };
  readonly initial: Tensors;
  readonly steps: readonly Step[];
}

/** All variables as training begins: weights as given, averages equal to them, slots zero. */
async function initialise(session: Session, spec: GANSpec, initial: Tensors): Promise<void> {
  for (const [name, values] of Object.entries(feedsOf(initial))) {
    await session.write(name, values);
    if (spec.ema && name.startsWith("generator.")) await session.write(emaName(name), values);
  }
}

/**
 * Tensors whose rounding is of one size: all of one kind (weights, one optimizer slot, averages) in one layer, such as the
 * gradients of a filter and of its bias in `adam.m`.
 */
function byLayer(state: Tensors): Map<string, Record<string, Tensor>> {
  const groups = new Map<string, Record<string, Tensor>>();
  for (const [name, tensor] of Object.entries(state)) {
    const [tensorName, slot = ""] = name.split("/") as [string, string?];
    const statistic = /\.(running\w+)$/.exec(tensorName)?.[1] ?? "weights";
    const group = `${tensorName.slice(0, tensorName.lastIndexOf("."))} ${statistic} ${slot}`.trimEnd();
    groups.set(group, { ...groups.get(group), [name]: tensor });
  }
  return groups;
}

async function expectStep(session: Session, spec: GANSpec, { kind, feeds, fetches, state }: Step, done: Counters, bound: number): Promise<void> {
  const { graph, noise, scalars } = (kind === "train" ? trainStep : criticStep)(spec, spec.batchSize);
  const program = await session.compile(graph);
  expect(Object.keys(feeds)).toEqual(expect.arrayContaining(noise.map(({ name }) => name)));
  const { finite, ...losses } = await program.run({ ...feedsOf(feeds), ...scalars(done) } satisfies Feeds);
  program.dispose();
  expect(finite).toEqual(Float32Array.of(1));
  expect(Object.keys(losses).sort()).toEqual(Object.keys(fetches).sort());
  // Means and differences of scores, which are of the size of 1, rightly come near 0.
  expect(relativeError(losses, fetches, 1), "losses").toBeLessThan(bound);
  for (const [group, tensors] of byLayer(state)) {
    const got: Record<string, Float32Array> = {};
    for (const name of Object.keys(tensors)) got[name] = await session.read(name);
    expect(relativeError(got, tensors), group).toBeLessThan(bound);
  }
}

for (const { name, create, stepBound } of SUBJECTS) {
  describe(`${name}: training steps are PyTorch's, error < ${stepBound} of the largest value of a layer`, () => {
    let executor: Executor;
    beforeAll(async () => {
      executor = await create();
    });
    afterAll(() => executor.dispose());

    for (const { name, options, initial, steps } of ["steps.json", "schedules.json", "conditions.json", "published.json"].flatMap((file) =>
      readCases<StepsCase>(file),
    )) {
      it(name, async () => {
        const spec = resolveSpec(options);
        const own = variables(spec);
        const trained = own.filter(({ role }) => role === "weight" || role === "statistic");
        expect(trained.map((v) => v.name).sort()).toEqual(Object.keys(initial).sort());
        const session = await executor.open(own);
        await initialise(session, spec, initial);
        let done: Counters = { discriminator: 0, generator: 0, images: 0 };
        for (const step of steps) {
          const before = new Map<string, Float32Array>();
          for (const { name } of own) before.set(name, await session.read(name));
          await expectStep(session, spec, step, done, stepBound);
          for (const { name } of own) if (!(name in step.state)) expectSameBytes(await session.read(name), before.get(name), name);
          done = {
            discriminator: done.discriminator + 1,
            generator: done.generator + (step.kind === "train" ? 1 : 0),
            images: done.images + spec.batchSize,
          };
        }
        session.dispose();
      });
    }
  });
}
