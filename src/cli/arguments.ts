import { Command, CommanderError, Option } from "commander";
import { oneLine, UsageError } from "./errors.ts";

/** Where training comes from: pictures, and how they become examples. */
export interface DataArguments {
  /** Width and height in pixels; undefined for what suits the data. */
  readonly size?: readonly [width: number, height: number] | undefined;
  readonly channels?: number | undefined;
  readonly fit?: "cover" | "contain" | "stretch" | undefined;
  readonly background?: string | undefined;
  readonly skipBroken?: boolean | undefined;
  /** A file of labels, of one of images in MNIST's format. */
  readonly labels?: string | undefined;
}

/** What `ganvas train` is told. What is undefined was not said. */
export interface TrainArguments extends DataArguments {
  readonly out?: string | undefined;
  readonly overwrite?: boolean | undefined;
  readonly steps?: number | undefined;
  readonly minutes?: number | undefined;
  readonly seed?: number | undefined;
  readonly condition?: boolean | undefined;
  readonly architecture?: string | undefined;
  readonly objective?: string | undefined;
  readonly width?: number | undefined;
  readonly latent?: number | undefined;
  readonly batchSize?: number | undefined;
  readonly augment?: readonly string[] | undefined;
  readonly mirror?: boolean | undefined;
  readonly validation?: number | undefined;
  readonly backend?: string | undefined;
  readonly threads?: number | undefined;
  /** In bytes. */
  readonly maxMemory?: number | undefined;
  readonly reproducible?: boolean | undefined;
  readonly keep?: number | undefined;
  /** In seconds. */
  readonly checkpointEvery?: number | undefined;
  readonly previewEvery?: Interval | undefined;
  readonly resume?: string | undefined;
  readonly allowChangedData?: boolean | undefined;
  readonly json?: boolean | undefined;
}

/** What `ganvas sample` is told. */
export interface SampleArguments {
  readonly count?: number | undefined;
  readonly seed?: number | undefined;
  readonly grid?: string | undefined;
  readonly out?: string | undefined;
  readonly truncation?: number | undefined;
  /** A class by its name or number, or the numbers of a vector. */
  readonly condition?: string | undefined;
  /** This one of so many, the first being 1. */
  readonly shard?: readonly [shard: number, of: number] | undefined;
  readonly scale?: number | undefined;
  readonly json?: boolean | undefined;
}

/** What `ganvas evaluate` is told. */
export interface EvaluateArguments extends Pick<DataArguments, "fit" | "background" | "skipBroken" | "labels"> {
  readonly count?: number | undefined;
  readonly seed?: number | undefined;
  readonly json?: boolean | undefined;
}

/** What `ganvas info` is told. */
export interface InfoArguments {
  readonly json?: boolean | undefined;
}

/** A number of steps or of seconds. */
export type Interval = { readonly steps: number } | { readonly seconds: number };

/** What each command does. */
export interface Commands {
  /** @param data undefined where nothing but a run to go on with was named */
  train(data: string | undefined, given: TrainArguments): Promise<void>;
  sample(model: string, given: SampleArguments): Promise<void>;
  evaluate(model: string, data: string, given: EvaluateArguments): Promise<void>;
  info(model: string, given: InfoArguments): Promise<void>;
}

type Read<T> = (text: string) => T;

const wrong = (flag: string, expected: string, text: string): UsageError =>
  new UsageError(`--${flag}: expected ${expected}, got ${text === "" ? "nothing" : JSON.stringify(text)}`);

function integer(flag: string, least: number, most = Number.MAX_SAFE_INTEGER): Read<number> {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    // The largest there is, 2^53 - 1, is named to those alone who went beyond it.
    const expected = most === Number.MAX_SAFE_INTEGER && !(value > most) ? `an integer of at least ${least}` : `an integer from ${least} to ${most}`;
    if (!(Number.isSafeInteger(value) && value >= least && value <= most)) throw wrong(flag, expected, text);
    return value;
  };
}

const NUMBER = /^(\d+\.?\d*|\.\d+)$/;

function number(flag: string, expected: string, holds: (value: number) => boolean): Read<number> {
  return (text) => {
    if (!(NUMBER.test(text) && holds(Number(text)))) throw wrong(flag, expected, text);
    return Number(text);
  };
}

const positive = (flag: string): Read<number> => number(flag, "a number above 0", (value) => value > 0);

const text =
  (flag: string, expected: string): Read<string> =>
  (given) => {
    if (given === "") throw wrong(flag, expected, given);
    return given;
  };

const path = (flag: string): Read<string> => text(flag, "a path");
const name = (flag: string): Read<string> => text(flag, "a name");

function size(text: string): readonly [number, number] {
  const [, width, height = width] = /^(\d+)(?:x(\d+))?$/i.exec(text) ?? [];
  const sides = [Number(width), Number(height)] as const;
  if (!sides.every((side) => side >= 1 && side <= 4096)) throw wrong("size", "pixels a side, as 64, or width and height, as 96x64", text);
  return sides;
}

function channels(text: string): number {
  if (!["1", "3", "4"].includes(text)) throw wrong("channels", "1, 3 or 4", text);
  return Number(text);
}

function interval(flag: string): Read<Interval> {
  const expected = "a number of steps, as 500, or of seconds, as 30s";
  return (text) => {
    if (/^\d+$/.test(text) && Number(text) > 0) return { steps: Number(text) };
    const seconds = text.endsWith("s") ? text.slice(0, -1) : "";
    if (!(NUMBER.test(seconds) && Number(seconds) > 0)) throw wrong(flag, expected, text);
    return { seconds: Number(seconds) };
  };
}

function shard(text: string): readonly [number, number] {
  const [, part, of] = /^(\d+)\/(\d+)$/.exec(text)?.map(Number) ?? [];
  if (!(part! >= 1 && part! <= of! && of! <= 2 ** 24)) throw wrong("shard", "a part of the whole, as 3/8", text);
  return [part!, of!];
}

function colour(text: string): string {
  if (!/^#[0-9a-f]{6}$/i.test(text)) throw wrong("background", "a colour, as #ffffff", text);
  return text;
}

function names(flag: string): Read<readonly string[]> {
  return (text) => {
    const list = text.split(",").map((name) => name.trim());
    if (list.includes("")) throw wrong(flag, "names with commas between them", text);
    return list;
  };
}

const option = <T>(flags: string, about: string, read: Read<T>): Option => new Option(flags, about).argParser((text) => read(text));
const choice = (flags: string, about: string, choices: readonly string[]): Option => {
  const name = flags.slice(2).split(" ")[0]!;
  return option(flags, `${about}: ${choices.join(", ")}`, (text) => {
    if (!choices.includes(text)) throw wrong(name, choices.join(", ").replace(/, (?=[^,]*$)/, " or "), text);
    return text;
  });
};

const seedOption = (of: string) => option("--seed <n>", `what ${of} follow from (default 0)`, integer("seed", 0));
const json = () => new Option("--json", "a line of JSON for each report on standard output, and nothing else there");
const fit = () => choice("--fit <how>", "how a picture becomes one of this size (default cover)", ["cover", "contain", "stretch"]);
const background = () => option("--background <#rrggbb>", "behind what is transparent, and around what is contained (default #ffffff)", colour);
const skipBroken = () => new Option("--skip-broken", "leave out pictures that cannot be read, and say which");
const labels = () => option("--labels <file>", "the labels of a file of images in MNIST's format", path("labels"));

function trainCommand(commands: Commands): Command {
  return new Command("train")
    .summary("train a GAN on pictures")
    .description(
      `Trains a GAN on pictures, and keeps it in a folder: a run. Ctrl-C ends it after the step under way, saved; a second one ends it at once.

The data: a folder of pictures (JPEG, PNG, WebP, GIF, AVIF, TIFF; also below it), a .zip, .tar or .tar.gz of one, a file in MNIST's format, a CIFAR-10 batch (.bin), or drawn by code: faces, ring, grid.`,
    )
    .argument("[data]", "what to train on")
    .optionsGroup("Runs:")
    .addOption(option("--out <folder>", "the run (default run)", path("out")))
    .addOption(new Option("--overwrite", "in place of a run that is there"))
    .addOption(option("--resume <run>", "go on with a run, which needs nothing else", path("resume")))
    .addOption(new Option("--allow-changed-data", "go on although the data are no longer the same"))
    .addOption(option("--steps <n>", "steps in all (default 10000, or as many as --minutes takes)", integer("steps", 1)))
    .addOption(option("--minutes <n>", "minutes in all", positive("minutes")))
    .addOption(option("--checkpoint-every <seconds>", "how often the model is saved (default 60)", positive("checkpoint-every")))
    .addOption(option("--keep <n>", "checkpoints that are kept (default 3)", integer("keep", 1, 1000)))
    .addOption(option("--preview-every <n>", "how often samples are kept, in steps, or as 30s in seconds (default 500)", interval("preview-every")))
    .addOption(json())
    .optionsGroup("Pictures:")
    .addOption(option("--size <pixels>", "what pictures become: 64, or width and height, 96x64 (default 64; files of images as they are)", size))
    .addOption(option("--channels <n>", "3 for colour, 1 for grey, 4 with alpha (default 3; files of images as they are)", channels))
    .addOption(fit())
    .addOption(background())
    .addOption(skipBroken())
    .addOption(new Option("--mirror", "turn half of them left to right"))
    .addOption(new Option("--condition", "learn classes: the folders that pictures lie in, or a file's labels"))
    .addOption(labels())
    .addOption(
      option(
        "--validation <share>",
        "the share that is held out, 0 to 0.5",
        number("validation", "a share from 0 to 0.5", (v) => v <= 0.5),
      ),
    )
    .optionsGroup("The GAN:")
    .addOption(seedOption("weights, noise and the order of the data"))
    .addOption(option("--architecture <name>", "dcgan, resnet, r3gan or mlp (default what suits the size)", name("architecture")))
    .addOption(option("--objective <name>", "what it minimises (default non-saturating, with R1)", name("objective")))
    .addOption(option("--width <n>", "channels or units of its layers", integer("width", 1)))
    .addOption(option("--latent <n>", "numbers of a latent", integer("latent", 1)))
    .addOption(option("--batch-size <n>", "images of an update", integer("batch-size", 1, 65536)))
    .addOption(option("--augment <names>", "for few pictures: color, rotation, flip, scale, translation, cutout", names("augment")))
    .optionsGroup("The machine:")
    .addOption(choice("--backend <name>", "what computes", ["auto", "wasm", "webgpu", "reference"]))
    .addOption(option("--threads <n>", "threads (default one a processor)", integer("threads", 1, 256)))
    .addOption(option("--max-memory <MB>", "what it may hold, in millions of bytes", (text) => Math.ceil(1e6 * positive("max-memory")(text))))
    .addOption(new Option("--reproducible", "the same bits on every machine"))
    .action((data: string | undefined, given: TrainArguments) => commands.train(data, given));
}

function sampleCommand(commands: Commands): Command {
  return new Command("sample")
    .summary("make pictures")
    .description(
      "Makes pictures with a model. Picture i of a seed is the same however many there are. In a folder it skips those that are there: called again, it goes on.",
    )
    .argument("<model>", "a file of ganvas, or a run")
    .addOption(option("--count <n>", "pictures (default 64)", integer("count", 1, 2 ** 24)))
    .addOption(seedOption("pictures"))
    .addOption(
      option(
        "--grid <file>",
        "all of them in one PNG, which takes the place of a file that is there (default samples.png, if none is)",
        path("grid"),
      ),
    )
    .addOption(option("--out <folder>", "a PNG for each of them, <seed>-<number>.png", path("out")))
    .addOption(option("--shard <i/n>", "every n-th of them from the i-th on, for several machines at once, as 3/8", shard))
    .addOption(
      option(
        "--condition <class>",
        "the class to make, by name, or number if no name is one (default classes by their share)",
        text("condition", "a class"),
      ),
    )
    .addOption(
      option(
        "--truncation <t>",
        "hold latents within t: less variety, fewer odd pictures",
        number("truncation", "a number of at least 0.01", (t) => t >= 0.01),
      ),
    )
    .addOption(option("--scale <n>", "each pixel a square of so many a side", integer("scale", 1, 64)))
    .addOption(json())
    .action((model: string, given: SampleArguments) => commands.sample(model, given));
}

function evaluateCommand(commands: Commands): Command {
  return new Command("evaluate")
    .summary("measure how far a model's samples are from data")
    .description(
      "Measures how far a model's samples are from data: a table of metrics, each beside what real pictures get in the place of the samples.",
    )
    .argument("<model>", "a file of ganvas, or a run")
    .argument("<data>", "what it is held against, as for train")
    .addOption(
      option(
        "--count <n>",
        "samples, and real pictures in each of two parts (default half of those there are, at most 2500)",
        integer("count", 10, 2 ** 24),
      ),
    )
    .addOption(seedOption("samples and parts"))
    .addOption(fit())
    .addOption(background())
    .addOption(skipBroken())
    .addOption(labels())
    .addOption(json())
    .action((model: string, data: string, given: EvaluateArguments) => commands.evaluate(model, data, given));
}

function infoCommand(commands: Commands): Command {
  return new Command("info")
    .summary("tell what a model is")
    .description("Tells what a model is: its networks, how it learns, how far it has come, and where it would compute here.")
    .argument("<model>", "a file of ganvas, or a run")
    .addOption(json())
    .action((model: string, given: InfoArguments) => commands.info(model, given));
}

/**
 * Does what a command line asks for.
 *
 * @param argv the arguments after the name of the program
 * @param write where help goes
 * @throws {UsageError} if it is wrong, before anything is done
 */
export async function interpret(argv: readonly string[], commands: Commands, version: string, write: (text: string) => void): Promise<void> {
  const program = new Command("ganvas")
    .description("Trains generative adversarial networks on pictures, and makes pictures with them.")
    .version(version)
    .helpCommand("help [command]", "tell of a command");
  for (const make of [trainCommand, sampleCommand, evaluateCommand, infoCommand]) program.addCommand(make(commands));
  for (const command of [program, ...program.commands]) {
    command
      .exitOverride()
      .configureOutput({ writeOut: write, writeErr: () => {} })
      .configureHelp({ helpWidth: 120 })
      .helpOption("-h, --help", "this text");
  }
  if (argv.length === 0) return write(program.helpInformation());
  try {
    await program.parseAsync(argv, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return;
    // Its message says what commander did, not what is wrong.
    if (error.code === "commander.help") throw new UsageError(`unknown command '${argv[argv.indexOf("help") + 1]}'`, { cause: error });
    throw new UsageError(oneLine(error.message.replace(/^error: /, "").replace(/\s*\n\(D(.*)\)/, "; d$1")), { cause: error });
  }
}
