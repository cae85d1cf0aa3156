/** `npm run learning -- toys|mnist|stacked|faces|few|large|evaluate|health`: how well the defaults learn, beside what else there is. What it does is told in ../LEARNING.md, which it writes. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { countAlarms } from "./alarms.ts";
import { evaluateDigits } from "./evaluation.ts";
import { RECIPES, type Recipe, type Suite } from "./recipes.ts";
import {
  type Bench,
  type Budget,
  type MixtureName,
  type Places,
  type Run,
  startDigits,
  startFaces,
  startFew,
  startLarge,
  startStacked,
  startToys,
} from "./runs.ts";
import { section, tableOf } from "./table.ts";

const USAGE = `npm run learning -- toys|mnist|stacked|faces|few|large|evaluate|health [options]

  --seeds 1,2,3     seeds of each recipe (default: toys 11,12,13,14,15, the others 1,2,3; combinations in toys have the first alone), or of evaluate's classifiers
  --only name       the recipe of this name, or all whose names contain it
  --steps n         instead of the suite's own number of steps
  --seconds s       for recipes that are trained by time (default: what the suite's first recipe took with the same seed, and 900 for large), and for evaluate's GAN (default: 60)
  --threads n       (default: all cores)
  --mnist folder    of MNIST's test images and labels (default: GANVAS_MNIST)
  --python program  with PyTorch, for the suites mnist and stacked (default: python3)
  --out folder      of finished runs, which are not done again, and of pictures (default: learning-output)
  --help            this text`;

/** No suite: it trains classifiers and one GAN, and prints what they are worth. */
const EVALUATE = "evaluate";
/** Nor is this: it counts false alarms. */
const HEALTH = "health";

interface Arguments {
  readonly suite: Suite | typeof EVALUATE | typeof HEALTH;
  readonly seeds: readonly number[];
  readonly only: string;
  readonly steps: number | undefined;
  readonly seconds: number | undefined;
  readonly out: string;
  readonly places: Places;
}

const FIRST_SEEDS: Readonly<Record<Arguments["suite"], readonly number[]>> = {
  toys: [11, 12, 13, 14, 15],
  mnist: [1, 2, 3],
  stacked: [1, 2, 3],
  faces: [1, 2, 3],
  few: [1, 2, 3],
  large: [1],
  evaluate: [1, 2, 3],
  health: [1, 2, 3],
};
/** Of the first recipe of a suite, and of all that are trained by steps. */
const STEPS: Readonly<Record<Exclude<Suite, "toys" | "large">, number>> = { mnist: 2500, stacked: 10_000, faces: 1000, few: 12_000 };

/** Of suites whose recipes are all trained for as long. */
const SECONDS: Readonly<Partial<Record<Suite, number>>> = { large: 900 };

/** How each suite but the toys begins. */
const STARTS = { mnist: startDigits, stacked: startStacked, faces: startFaces, few: startFew, large: startLarge } as const;

function number(option: string, text: string): number {
  const value = Number(text);
  if (!(value > 0) || !Number.isFinite(value)) throw new Error(`--${option}: expected a number above 0, got ${text}`);
  return value;
}

function read(args: readonly string[]): Arguments | null {
  const text = { type: "string" } as const;
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      seeds: text,
      only: text,
      steps: text,
      seconds: text,
      threads: text,
      mnist: text,
      python: text,
      out: { type: "string", default: "learning-output" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) return null;
  const [suite, ...more] = positionals;
  if (!suite || !(Object.hasOwn(RECIPES, suite) || suite === EVALUATE || suite === HEALTH) || more.length > 0) {
    throw new Error(`expected one of ${Object.keys(RECIPES).join(", ")}, ${EVALUATE}, ${HEALTH}`);
  }
  const folder = values.mnist ?? process.env.GANVAS_MNIST ?? "";
  const [images, labels] = ["images-idx3", "labels-idx1"].map((name) => join(folder, `t10k-${name}-ubyte.gz`)) as [string, string];
  if ((suite === "mnist" || suite === "stacked" || suite === EVALUATE) && ![images, labels].every((file) => existsSync(file))) {
    throw new Error(`--mnist: expected the folder of t10k-images-idx3-ubyte.gz and t10k-labels-idx1-ubyte.gz, got "${folder}"`);
  }
  return {
    suite: suite as Arguments["suite"],
    seeds: values.seeds?.split(",").map((seed) => Math.trunc(number("seeds", seed))) ?? FIRST_SEEDS[suite as Arguments["suite"]],
    only: values.only ?? "",
    steps: values.steps === undefined ? undefined : Math.trunc(number("steps", values.steps)),
    seconds: values.seconds === undefined ? undefined : number("seconds", values.seconds),
    out: values.out,
    places: {
      images,
      labels,
      classifier: join(values.out, "classifier.pt"),
      pictures: values.out,
      python: values.python ?? "python3",
      threads: values.threads === undefined ? availableParallelism() : Math.trunc(number("threads", values.threads)),
    },
  };
}

/** Runs that are done, one file each, so that what was broken off goes on where it was. */
class Store {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true });
  }

  #file(part: string, name: string, seed: number | string): string {
    return join(this.#folder, `${part}-${name.replaceAll(/[^\w]+/g, "-")}-${seed}.json`);
  }

  get(part: string, name: string, seed: number | string): Run | undefined {
    return this.#read(part, name, seed)?.run;
  }

  /** Whether a run of this very description and budget is there: after a change of either it is another. */
  has(part: string, name: string, seed: number | string, of: string): boolean {
    return this.#read(part, name, seed)?.of === of;
  }

  put(part: string, name: string, seed: number | string, of: string, run: object): void {
    writeFileSync(this.#file(part, name, seed), `${JSON.stringify({ of, run })}\n`);
  }

  #read(part: string, name: string, seed: number | string): { readonly of: string; readonly run: Run } | undefined {
    const file = this.#file(part, name, seed);
    return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined;
  }
}

/** The budget of a recipe's run; by time it is that of the suite's first recipe. */
function budgetOf(
  { suite, steps, seconds }: Arguments & { readonly suite: Suite },
  recipe: Recipe,
  part: string,
  seed: number,
  store: Store,
): Budget {
  if (suite === "toys") return { ...(steps !== undefined && { steps }), ...(seconds !== undefined && { seconds }) };
  if (recipe.bySteps && suite !== "large") return { steps: steps ?? STEPS[suite] };
  const first = RECIPES[suite][0].name;
  const budget = seconds ?? SECONDS[suite] ?? store.get(part, first, seed)?.seconds;
  if (budget === undefined)
    throw new Error(`${recipe.name} has the seconds of "${first}" with seed ${seed}, which was not run: run that first, or say --seconds`);
  return { seconds: budget };
}

/** The recipe of this name, or those whose names contain it. */
const chosen = (recipes: readonly Recipe[], only: string): readonly Recipe[] => {
  const exact = recipes.filter(({ name }) => name === only);
  return exact.length > 0 ? exact : recipes.filter(({ name }) => name.includes(only));
};

async function runPart(
  args: Arguments & { readonly suite: Suite },
  part: string,
  bench: Bench,
  recipes: readonly Recipe[],
  store: Store,
): Promise<void> {
  if (!store.get(part, "real", "data")) store.put(part, "real", "data", "", await bench.real());
  for (const recipe of chosen(recipes, args.only)) {
    for (const seed of recipe.brief ? args.seeds.slice(0, 1) : args.seeds) {
      const budget = budgetOf(args, recipe, part, seed, store);
      const of = JSON.stringify([bench.describe(recipe, seed), budget]);
      if (store.has(part, recipe.name, seed, of)) continue;
      const run = await bench.train(recipe, seed, budget);
      store.put(part, recipe.name, seed, of, run);
      console.log(`${part}, ${recipe.name}, seed ${seed}: ${JSON.stringify(run)}`);
    }
  }
}

async function main(args: Arguments): Promise<void> {
  const { suite, places, seeds, seconds = 60 } = args;
  if (suite === EVALUATE) return evaluateDigits(places, seeds, seconds);
  if (suite === HEALTH) return countAlarms(places, seeds, args.only);
  const store = new Store(args.out);
  const recipes: readonly Recipe[] = RECIPES[suite];
  const brief = recipes.filter((recipe) => recipe.brief);
  const parts: { readonly name: string; readonly start: () => Bench | Promise<Bench>; readonly recipes: readonly Recipe[] }[] =
    suite === "toys"
      ? (["ring", "grid"] as const).map((name: MixtureName) => ({
          name,
          start: () => startToys(name, places),
          recipes: name === "ring" ? recipes : recipes.filter((recipe) => !brief.includes(recipe)),
        }))
      : [{ name: suite, start: () => STARTS[suite](places), recipes }];
  for (const part of parts) {
    const bench = await part.start();
    try {
      await runPart({ ...args, suite }, part.name, bench, part.recipes, store);
    } finally {
      bench.close();
    }
    const table = tableOf(part.recipes, args.seeds, (name, seed) => store.get(part.name, name, seed), store.get(part.name, "real", "data")!);
    console.log(`\n${table}\n`);
    const report = "bench/LEARNING.md";
    writeFileSync(report, section(readFileSync(report, "utf8"), part.name, table));
  }
}

try {
  const args = read(process.argv.slice(2));
  if (args) await main(args);
  else console.log(USAGE);
} catch (error) {
  console.error(`${(error as Error).message}\n\n${USAGE}`);
  process.exitCode = 2;
}
