import { describe, expect, it } from "vitest";
import { type Commands, interpret } from "../../src/cli/arguments.ts";
import { UsageError } from "../../src/cli/errors.ts";

/** What a command line asks for: the command and what it is given. */
async function asked(...argv: string[]): Promise<unknown[]> {
  let call: unknown[] = [];
  let written = "";
  const note =
    (name: string) =>
    async (...given: unknown[]): Promise<void> => {
      call = [name, ...given];
    };
  const commands: Commands = { train: note("train"), sample: note("sample"), evaluate: note("evaluate"), info: note("info") };
  await interpret(argv, commands, "1.2.3", (text) => {
    written += text;
  });
  return call.length > 0 ? call : [written];
}

describe("a command line", () => {
  it("says what is to be trained, and leaves out what it does not say", async () => {
    expect(await asked("train", "a b")).toEqual(["train", "a b", {}]);
    expect(await asked("train", "--resume", "run")).toEqual(["train", undefined, { resume: "run" }]);
    const all =
      "faces --out o --overwrite --size 96x64 --channels 1 --steps 5 --minutes .5 --seed 0 --condition --architecture dcgan --objective hinge --width 8 --latent 9 --batch-size 4 " +
      "--augment color,cutout --mirror --validation 0.1 --fit contain --background #00FF00 --skip-broken --labels l --backend wasm --threads 2 --max-memory 1.5 --reproducible --keep 4 " +
      "--checkpoint-every 2.5 --preview-every 30s --json";
    const [, , given] = await asked("train", ...all.split(" "));
    expect(given).toEqual({
      ...{ out: "o", overwrite: true, size: [96, 64], channels: 1, steps: 5, minutes: 0.5, seed: 0, condition: true, architecture: "dcgan" },
      ...{ objective: "hinge", width: 8, latent: 9, batchSize: 4, augment: ["color", "cutout"], mirror: true, validation: 0.1, fit: "contain" },
      ...{ background: "#00FF00", skipBroken: true, labels: "l", backend: "wasm", threads: 2, maxMemory: 1_500_000, reproducible: true, keep: 4 },
      ...{ checkpointEvery: 2.5, previewEvery: { seconds: 30 }, json: true },
    });
    expect((await asked("train", "x", "--size", "64", "--preview-every", "7", "--steps", "1", "--steps", "2"))[2]).toEqual({
      size: [64, 64],
      previewEvery: { steps: 7 },
      steps: 2,
    });
  });

  it("says what is to be made, measured and told", async () => {
    expect(await asked("sample", "m", "--count", "9", "--shard", "3/8", "--out", "o", "--truncation", "0.7", "--condition", "cats")).toEqual([
      "sample",
      "m",
      { count: 9, shard: [3, 8], out: "o", truncation: 0.7, condition: "cats" },
    ]);
    expect(await asked("evaluate", "m", "d", "--count", "10")).toEqual(["evaluate", "m", "d", { count: 10 }]);
    expect(await asked("info", "m", "--json")).toEqual(["info", "m", { json: true }]);
  });

  it.each([
    [["train", "x", "--stepz", "5"], "unknown option '--stepz'; did you mean --steps?"],
    [["trian", "x"], "unknown command 'trian'; did you mean train?"],
    [["sample"], "missing required argument 'model'"],
    [["info", "a", "b"], "too many arguments for 'info'. Expected 1 argument but got 2."],
    [["train", "x", "--steps"], "option '--steps <n>' argument missing"],
    [["train", "x", "--steps", "0"], '--steps: expected an integer of at least 1, got "0"'],
    [["train", "x", "--steps", "1e3"], '--steps: expected an integer of at least 1, got "1e3"'],
    [["train", "x", "--steps=-1"], '--steps: expected an integer of at least 1, got "-1"'],
    [["train", "x", "--steps", "99999999999999999"], '--steps: expected an integer from 1 to 9007199254740991, got "99999999999999999"'],
    [["train", "x", "--seed", ""], "--seed: expected an integer of at least 0, got nothing"],
    [["train", "x", "--minutes", "0"], '--minutes: expected a number above 0, got "0"'],
    [["train", "x", "--minutes", "1e9"], '--minutes: expected a number above 0, got "1e9"'],
    [["train", "x", "--out", ""], "--out: expected a path, got nothing"],
    [["train", "x", "--size", "64x"], '--size: expected pixels a side, as 64, or width and height, as 96x64, got "64x"'],
    [["train", "x", "--size", "0"], '--size: expected pixels a side, as 64, or width and height, as 96x64, got "0"'],
    [["train", "x", "--background", "white"], '--background: expected a colour, as #ffffff, got "white"'],
    [["train", "x", "--fit", "crop"], '--fit: expected cover, contain or stretch, got "crop"'],
    [["train", "x", "--augment", "color,"], '--augment: expected names with commas between them, got "color,"'],
    [["train", "x", "--validation", "0.6"], '--validation: expected a share from 0 to 0.5, got "0.6"'],
    [["train", "x", "--preview-every", "2m"], '--preview-every: expected a number of steps, as 500, or of seconds, as 30s, got "2m"'],
    [["sample", "m", "--shard", "4/3"], '--shard: expected a part of the whole, as 3/8, got "4/3"'],
    [["sample", "m", "--shard", "0/3"], '--shard: expected a part of the whole, as 3/8, got "0/3"'],
    [["sample", "m", "--truncation", "0"], '--truncation: expected a number of at least 0.01, got "0"'],
  ])("is refused in one line: %j", async (argv, message) => {
    const error = await asked(...argv).catch((e) => e);
    expect(error).toBeInstanceOf(UsageError);
    expect(error.message).toContain(message);
    expect(error.message).not.toContain("\n");
  });

  it.each([[[]], [["--help"]], [["help"]]])("is told what there is by %j", async (argv: string[]) => {
    expect((await asked(...argv))[0]).toMatch(/^Usage: ganvas [\s\S]*train .*\n[\s\S]*sample .*\n[\s\S]*evaluate .*\n[\s\S]*info /);
  });

  it("is told of a command, and of the version", async () => {
    expect((await asked("train", "--help"))[0]).toMatch(/Usage: ganvas train [\s\S]*--minutes <n>/);
    expect((await asked("help", "sample"))[0]).toContain("--shard <i/n>");
    expect(await asked("--version")).toEqual(["1.2.3\n"]);
  });
});
