/** What was done on the page, as a program for Node. */
import { type DigitFiles, FACES, POINTS } from "./examples.ts";
import { isPlane, optionsOf, type Settings } from "./settings.ts";

interface Source {
  readonly imports: string;
  readonly data: string;
}

const UNKNOWN: DigitFiles = { images: "t10k-images-idx3-ubyte.gz", labels: null };

function sourceOf({ data, size }: Settings, { images, labels }: DigitFiles): Source {
  const drawn = (call: string, name: string): Source => ({ imports: `import { ${name} } from "ganvas/datasets";`, data: `const data = ${call};` });
  switch (data) {
    case "ring":
      return drawn(`ring({ count: ${POINTS}, modes: 8, seed: 1 })`, "ring");
    case "grid":
      return drawn(`grid({ count: ${POINTS}, side: 5, seed: 1 })`, "grid");
    case "faces32":
      return drawn(`animeFaces({ count: ${FACES}, size: 32, seed: 1 })`, "animeFaces");
    case "faces64":
      return drawn(`animeFaces({ count: ${FACES}, size: 64, seed: 1 })`, "animeFaces");
    case "digits":
      return drawn(
        `mnist({ images: await readFile(${JSON.stringify(images)})${labels === null ? "" : `, labels: await readFile(${JSON.stringify(labels)})`} })`,
        "mnist",
      );
    case "pictures":
      return {
        imports: 'import { imageFolder } from "ganvas/node";',
        data: `const data = await imageFolder("./pictures", { shape: [${size}, ${size}, 3], skipBroken: true });`,
      };
  }
}

/** An object as one would write it: names without quotation marks. */
const written = (value: object): string =>
  JSON.stringify(value, null, 2)
    .replace(/^(\s*)"(\w+)":/gm, "$1$2:")
    .replace(/\[\s+([^[\]{}]*?)\s+\]/g, (_, items: string) => `[${items.replace(/\s+/g, " ")}]`);

/** What was done. */
export interface Done {
  /** Whether it went on from a file. */
  readonly isLoaded: boolean;
  /** Since then. */
  readonly steps: number;
  /** Whether some of the data were held out. */
  readonly isValidated: boolean;
  /** The files of digits, where there are some. */
  readonly digits: DigitFiles | null;
}

/** @param shape of one example */
export function programOf(settings: Settings, shape: readonly number[], { isLoaded, steps, isValidated, digits }: Done): string {
  const { imports, data } = sourceOf(settings, digits ?? UNKNOWN);
  const plane = isPlane(settings.data);
  const files = ["writeFile", ...(settings.data === "digits" || isLoaded ? ["readFile"] : [])].sort().join(", ");
  const { backend } = settings;
  const where = backend === "auto" ? "" : `, { backend: "${backend}" }`;
  const gan = isLoaded ? `loadGAN(await readFile("model.safetensors")${where})` : `createGAN(${written(optionsOf(settings, shape))})`;
  const picture = plane
    ? `await writeFile("points.svg", plotPoints([{ name: "data", points: data }, { name: "generated", points: await gan.sample({ count: 500, seed: 7 }) }]));`
    : `await writeFile("samples.png", await (await gan.sample({ count: 64, seed: 7 })).toPNG({ columns: 8 }));`;
  return `// npm install ganvas${settings.data === "pictures" ? " sharp" : ""}
import { ${files} } from "node:fs/promises";
import { ${isLoaded ? "loadGAN" : "createGAN"} } from "ganvas";
${imports}${plane ? '\nimport { plotPoints } from "ganvas/plots";' : ""}

${data}
const gan = await ${gan};
await gan.train(data, {
  steps: ${Math.max(1, steps)},${isValidated ? "\n  validation: 0.1," : ""}
  onStep({ step, discriminatorLoss, generatorLoss, divergence }) {
    if (step % 100 === 0) console.log(step, discriminatorLoss, generatorLoss, divergence.name, divergence.value);
  },
});
${picture}
await writeFile("${isLoaded ? "trained" : "model"}.safetensors", await gan.save());
gan.dispose();
`;
}
