/** `ganvas info`: what a model is. */
import type { InfoArguments } from "../arguments.ts";
import type { Surroundings } from "../context.ts";
import { tellJSON } from "../json.ts";
import { type OpenModel, openModel } from "../model.ts";

/** Tells what a model is. @throws {UsageError} where there is none */
export async function describeModel(path: string, { json }: InfoArguments, surroundings: Surroundings): Promise<void> {
  using model = await openModel(path, surroundings, "auto");
  const { gan, spec, classes, tensors, bytes, fingerprint } = model;
  const summary = {
    file: model.path,
    kind: gan ? "checkpoint" : "generator",
    bytes,
    fingerprint,
    shape: spec.shape,
    latent: spec.latent,
    condition: spec.condition,
    classes,
    parameters: { generator: numbersOf(tensors, "generator."), ...(gan && { discriminator: numbersOf(tensors, "discriminator.") }) },
    ...(gan && { step: gan.step, learning: learningOf(gan.spec), backend: gan.backend }),
  };
  if (json) tellJSON(surroundings.out, "info", summary);
  else surroundings.out.write(`${textOf(summary, model)}\n`);
}

type Learning = Pick<NonNullable<OpenModel["gan"]>["spec"], "objective" | "regularizers" | "optimizer" | "batchSize" | "augment" | "ema" | "seed">;

const learningOf = ({ objective, regularizers, optimizer, batchSize, augment, ema, seed }: Learning): Learning => ({
  objective,
  regularizers,
  optimizer,
  batchSize,
  augment,
  ema,
  seed,
});

/** Numbers of a network's own tensors: those without a name behind a slash, which are averages, and slots of optimizers. */
function numbersOf(tensors: OpenModel["tensors"], prefix: string): number {
  let sum = 0;
  for (const [name, shape] of tensors) if (name.startsWith(prefix) && !name.includes("/")) sum += shape.reduce((product, size) => product * size, 1);
  return sum;
}

interface Summary {
  readonly file: string;
  readonly kind: string;
  readonly bytes: number;
  readonly fingerprint: string;
  readonly parameters: { readonly generator: number; readonly discriminator?: number };
}

function textOf({ file, kind, bytes, fingerprint, parameters }: Summary, { gan, spec, classes }: OpenModel): string {
  const thousands = (n: number): string => n.toLocaleString("en");
  const [height, width, channels] = spec.shape;
  const makes =
    spec.shape.length === 3
      ? `pictures of ${width} x ${height}, ${channels} ${channels === 1 ? "channel" : "channels"}`
      : `vectors of ${height} numbers`;
  const { condition } = spec;
  const made = !condition
    ? ""
    : "classes" in condition
      ? `, ${condition.classes} classes${classes ? `: ${classes.join(", ")}` : ""}`
      : ", each for a condition";
  const rows: [string, string][] = [
    ["file", `${file}, ${thousands(bytes)} bytes, ${kind === "generator" ? "a generator alone" : "everything, to train on"}`],
    ["makes", `${makes}${made}, of ${spec.latent} latent numbers`],
    [
      "parameters",
      [
        `generator ${thousands(parameters.generator)}`,
        ...(parameters.discriminator === undefined ? [] : [`discriminator ${thousands(parameters.discriminator)}`]),
      ].join(", "),
    ],
  ];
  if (gan) {
    const { objective, regularizers, optimizer, batchSize, seed } = gan.spec;
    const { name, threads, reason } = gan.backend;
    rows.push(
      ["step", thousands(gan.step)],
      ["learns by", [objective.name, ...regularizers.map((regularizer) => regularizer.name)].join(", ")],
      ["optimizers", `generator ${optimizer.generator.name}, discriminator ${optimizer.discriminator.name}, batches of ${batchSize}`],
      ["seed", `${seed}`],
      ["computes", `on ${name}, threads: ${threads}, ${reason}`],
    );
  }
  rows.push(["fingerprint", fingerprint]);
  return rows.map(([name, text]) => `${name.padEnd(12)}${text}`).join("\n");
}
