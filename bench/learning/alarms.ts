/** `npm run learning -- health`: trainings that go well, and what is raised of them all the same. */
import { existsSync, readFileSync } from "node:fs";
import { animeFaces, type Dataset, grid, mnist, ring } from "../../src/datasets.ts";
import { createGAN, type GANOptions } from "../../src/index.ts";
import type { Places } from "./runs.ts";

interface Course {
  readonly name: string;
  readonly options: GANOptions;
  readonly steps: number;
  data(): Dataset;
}

function courses({ images, labels }: Places): Course[] {
  const pictures = { shape: [32, 32, 3], width: 32 } as const;
  const digits = { shape: [28, 28, 1], width: 32 } as const;
  const faces = () => animeFaces({ count: 4000, size: 32, seed: 1 });
  const courses: Course[] = [
    { name: "ring", options: { shape: [2] }, steps: 8000, data: ring },
    { name: "grid", options: { shape: [2] }, steps: 8000, data: grid },
    { name: "ring, wasserstein-gp", options: { shape: [2], objective: "wasserstein-gp" }, steps: 3000, data: ring },
    { name: "ring, hinge with spectral-norm", options: { shape: [2], objective: "hinge", regularizers: ["spectral-norm"] }, steps: 6000, data: ring },
    {
      name: "ring, relativistic with r1",
      options: { shape: [2], objective: "relativistic", regularizers: [{ name: "r1", gamma: 0.1 }] },
      steps: 6000,
      data: ring,
    },
    { name: "faces", options: pictures, steps: 600, data: faces },
  ];
  if (!existsSync(images)) return courses;
  const data = () => mnist({ images: readFileSync(images), labels: readFileSync(labels) });
  return [
    ...courses,
    { name: "digits", options: digits, steps: 800, data },
    { name: "digits by class", options: { ...digits, condition: { classes: 10 } }, steps: 800, data },
    { name: "digits, mlp", options: { ...digits, width: 128, architecture: "mlp" }, steps: 1500, data },
  ];
}

/** Trains each by each seed, a tenth held out, and tells what was raised. */
export async function countAlarms(places: Places, seeds: readonly number[], only: string): Promise<void> {
  let [runs, alarms] = [0, 0];
  for (const { name, options, steps, data } of courses(places).filter((course) => course.name.includes(only))) {
    for (const seed of seeds) {
      const gan = await createGAN({ ...options, seed, threads: places.threads, backend: "wasm" });
      const { health, probes, divergence, seconds } = await gan.train(data(), { steps, validation: 0.1 });
      gan.dispose();
      const raised = health.filter(({ state }) => state === "raised");
      const { diversity, nearest } = probes.at(-1)!;
      const figures = `${divergence.name} ${divergence.value.toFixed(3)}, held out ${divergence.heldOut?.toFixed(3)}, diversity ${diversity.toFixed(2)}, nearest ${nearest.toFixed(2)}`;
      console.log(
        `${name}, seed ${seed}: ${steps} steps, ${seconds.toFixed(0)} s; ${figures}; ${raised.length === 0 ? "nothing raised" : `RAISED ${raised.length}`}`,
      );
      for (const event of raised) console.log(`  step ${event.step}, ${event.name}: ${event.evidence}`);
      runs++;
      alarms += raised.length;
    }
  }
  console.log(`\n${runs} runs, ${alarms} alarms`);
}
