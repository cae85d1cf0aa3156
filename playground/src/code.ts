/** What was done on the page, as a program for Node. */
import { type DigitFiles, FACES, POINTS } from "./examples.ts";
import { optionsOf, type Settings, VALIDATED } from "./settings.ts";

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
  /** Examples that it learns from; 0 where there are none of its shape. */
  readonly examples: number;
  /** The files of digits, where there are some. */
  readonly digits: DigitFiles | null;
}

/** Steps of a program of a training that has not begun. */
const AT_FIRST = 1000;

/** What is written of samples: a picture, a plot of points, or else their numbers. */
function picturesOf(
  shape: readonly number[],
  hasData: boolean,
): { readonly imports: string; readonly files: readonly string[]; readonly code: string } {
  const [first, , channels] = shape;
  if (shape.length === 3 && channels !== 2 && channels! <= 4)
    return {
      imports: "",
      files: ["writeFile"],
      code: `await writeFile("samples.png", await (await gan.sample({ count: 64, seed: 7 })).toPNG({ columns: 8 }));`,
    };
  if (shape.length === 3 || first !== 2) return { imports: "", files: [], code: "console.log((await gan.sample({ count: 4, seed: 7 })).data);" };
  const clouds = [...(hasData ? ['{ name: "data", points: data }'] : []), '{ name: "generated", points: await gan.sample({ count: 500, seed: 7 }) }'];
  return {
    imports: 'import { plotPoints } from "ganvas/plots";',
    files: ["writeFile"],
    code: `await writeFile("points.svg", plotPoints([${clouds.join(", ")}]));`,
  };
}

function trainingOf({ steps, examples }: Done): string {
  return `await gan.train(data, {
  steps: ${steps || `${AT_FIRST}, // none was done yet`}${steps ? "," : ""}${examples >= VALIDATED ? "\n  validation: 0.1," : ""}
  onStep({ step, discriminatorLoss, generatorLoss, divergence }) {
    if (step % 100 === 0) console.log(step, discriminatorLoss, generatorLoss, divergence.name, divergence.value);
  },
});
`;
}

/** @param shape of one example */
export function programOf(settings: Settings, shape: readonly number[], done: Done): string {
  const { isLoaded, examples, digits } = done;
  const hasData = examples > 0;
  const source = hasData ? sourceOf(settings, digits ?? UNKNOWN) : { imports: "", data: "" };
  const picture = picturesOf(shape, hasData);
  const reads = isLoaded || (hasData && settings.data === "digits");
  const writes = hasData || picture.files.length > 0;
  const files = [...(reads ? ["readFile"] : []), ...(writes ? ["writeFile"] : [])];
  const { backend } = settings;
  const where = backend === "auto" ? "" : `, { backend: "${backend}" }`;
  const gan = isLoaded ? `loadGAN(await readFile("model.safetensors")${where})` : `createGAN(${written(optionsOf(settings, shape))})`;
  const lines = [
    `// npm install ganvas${hasData && settings.data === "pictures" ? " sharp" : ""}`,
    files.length > 0 && `import { ${files.join(", ")} } from "node:fs/promises";`,
    `import { ${isLoaded ? "loadGAN" : "createGAN"} } from "ganvas";`,
    source.imports,
    picture.imports,
    "\n",
    source.data,
    `const gan = await ${gan};`,
    hasData && trainingOf(done).trimEnd(),
    picture.code,
    hasData && `await writeFile("${isLoaded ? "trained" : "model"}.safetensors", await gan.save());`,
    "gan.dispose();",
  ];
  return `${lines
    .filter(Boolean)
    .join("\n")
    .replace(/\n{3,}/g, "\n\n")}\n`;
}
