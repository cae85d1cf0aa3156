/** Every tensor of a training session: the networks' own, the optimizers' slots, the moving average. */
import { emaName } from "../nn/generator.ts";
import type { Init } from "../nn/init.ts";
import { type NetworkName, type ParameterSpec, parameters } from "../nn/network.ts";
import { augmentVariables } from "./augment.ts";
import { optimizerRow } from "./optimizers.ts";
import type { TrainableSpec } from "./spec.ts";
import { weightStates } from "./weights.ts";

/** A tensor that lives as long as a training session. */
export interface TrainingVariable extends Omit<ParameterSpec, "role"> {
  /** As of a network's tensor, `statistic` also what a regularizer keeps beside a weight, `discriminator.0.filter/spectral.u`; `slot`: an optimizer's, `generator.2.filter/adam.m`; `ema`: moving average of a generator tensor, `generator.2.filter/ema`; `augmentation`: what an adaptive augmentation has come to, `augment.probability`. */
  readonly role: ParameterSpec["role"] | "slot" | "ema" | "augmentation";
}

/** The names of a weight's optimizer slots. */
export const slotNames = (spec: TrainableSpec, network: NetworkName, name: string): string[] =>
  optimizerRow(spec.optimizer[network]).slots.map((slot) => `${name}/${slot}`);

/** Every tensor of a training session, with how it begins. */
export function variables(spec: TrainableSpec): TrainingVariable[] {
  const own = { generator: parameters(spec, "generator"), discriminator: parameters(spec, "discriminator") };
  const zero: Init = { kind: "constant", value: 0 };
  const slots = (["generator", "discriminator"] as const).flatMap((network) =>
    own[network]
      .filter(({ role }) => role === "weight")
      .flatMap(({ name, shape }) =>
        slotNames(spec, network, name).map((slot): TrainingVariable => ({ name: slot, shape, role: "slot", init: zero })),
      ),
  );
  const averages = spec.ema ? own.generator.map((p): TrainingVariable => ({ ...p, name: emaName(p.name), role: "ema" })) : [];
  const augmentation = augmentVariables(spec.augment).map((name): TrainingVariable => ({ name, shape: [], role: "augmentation", init: zero }));
  return [...own.generator, ...own.discriminator, ...weightStates(spec), ...slots, ...averages, ...augmentation];
}
