import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sizeOf } from "../../src/core/shape.ts";
import { findOutside } from "../../src/core/values.ts";
import { encodeCheckpoint } from "../../src/gan/checkpoint.ts";
import { decodeGenerator } from "../../src/gan/generatorFile.ts";
import { encodeGenerator } from "../../src/gan/generatorWriter.ts";
import { checkpointOf, firstSnapshot, readSnapshot } from "../../src/gan/snapshot.ts";
import { type GANOptions, resolveSpec } from "../../src/gan/spec.ts";
import { CheckpointError, loadGAN } from "../../src/index.ts";
import { generatorTensors } from "../../src/nn/generator.ts";
import { fuzzed, PATIENCE } from "./fuzz.ts";

type Random = { below(n: number): number; pick<T>(values: readonly T[]): T };

/** Mulberry32: good enough to choose what to break. */
function random(seed: number): Random {
  let state = Math.imul(seed, 0x9e3779b1) >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (n: number) => Math.floor(next() * n);
  return { below, pick: (values) => values[below(values.length)]! };
}

const dense = (units: number) => ({ type: "dense" as const, units });
const CHECKPOINTS = await Promise.all(
  (
    [
      { shape: [2], latent: 2, width: 2 },
      { shape: [2], latent: 1, width: 1, ema: false, objective: "wasserstein", condition: { classes: 2 } },
      { shape: [8, 8, 1], latent: 1, width: 1, objective: "wasserstein-gp" },
      {
        shape: [2],
        latent: 2,
        condition: { size: 1 },
        regularizers: ["weight-clipping", { name: "gradient-penalty", every: 2 }],
        optimizer: { generator: { name: "rmsprop" } },
        architecture: {
          generator: [
            { type: "residual", layers: [dense(3), { type: "batchNorm" }, dense(2)], shortcut: [dense(2)] },
            dense(2),
            { type: "activation", name: "tanh" },
          ],
          discriminator: [dense(2), { type: "layerNorm" }, { type: "dropout", rate: 0.5 }, dense(1)],
        },
      },
    ] as GANOptions[]
  ).map((options) => checkpointOf(firstSnapshot(resolveSpec(options)))),
);
const VALID: readonly Uint8Array[] = CHECKPOINTS.map(encodeCheckpoint);
const GENERATORS = await Promise.all(
  (["float32", "float16", "bfloat16", "int8"] as const).flatMap((weights) => CHECKPOINTS.map((checkpoint) => encodeGenerator(checkpoint, weights))),
);

const ODD = [
  null,
  true,
  "",
  "x",
  "__proto__",
  [],
  {},
  [[]],
  0,
  -0,
  -1,
  0.5,
  1,
  2,
  3,
  64,
  65536,
  2 ** 24,
  2 ** 31,
  2 ** 53 - 1,
  2 ** 53,
  1e300,
  1e-320,
  -1e9,
];

/** A place anywhere in a tree of JSON, as the container and the key. */
function place(value: unknown, { below, pick }: Random): [Record<string, unknown>, string] | null {
  if (typeof value !== "object" || value === null || Object.keys(value).length === 0) return null;
  const key = pick(Object.keys(value));
  const inner = below(4) > 0 ? place((value as Record<string, unknown>)[key], { below, pick }) : null;
  return inner ?? [value as Record<string, unknown>, key];
}

/** Changes a tree of JSON at one place. */
function mutate(tree: unknown, r: Random): void {
  const found = place(tree, r);
  if (!found) return;
  const [at, key] = found;
  const other = place(tree, r);
  const list = Array.isArray(at) ? at : null;
  const set = (value: unknown): void => {
    at[key] = value;
  };
  const changes: (() => void)[] = [
    () => set(r.pick(ODD)),
    () => set(r.pick(ODD)),
    () => typeof at[key] === "number" && set((at[key] as number) + r.pick([-1, 1, 0.5, 1e6])),
    () => (list ? list.splice(Number(key), 1) : delete at[key]),
    () => {
      if (list) list.splice(Number(key), 0, ...Array(r.pick([1, 2, 300])).fill(at[key]));
      else at[r.pick(["a", "name", "type", `${key}2`])] = at[key];
    },
    () => other && set(structuredClone(other[0][other[1]])),
    () => {
      const wrap = r.pick<(v: unknown) => unknown>([(v) => [v], (v) => ({ type: "residual", layers: [v] })]);
      for (let levels = r.pick([1, 9, 40]); levels > 0; levels--) set(wrap(at[key]));
    },
  ];
  r.pick(changes)();
}

/** A file from its header, as JSON or as text, and its data. */
function fileOf(header: unknown, data: Uint8Array): Uint8Array {
  const json = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  bytes.set(data, 8 + json.length);
  return bytes;
}

/** A valid file, broken in one to three ways. */
function brokenFile(index: number, valid: readonly Uint8Array[]): Uint8Array {
  const r = random(index);
  let bytes = r.pick(valid).slice();
  for (let times = r.pick([1, 1, 2, 3]); times > 0; times--) {
    const headerLength = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
    const dataStart = Math.min(8 + headerLength, bytes.length);
    const data = bytes.subarray(dataStart);
    const text = new TextDecoder().decode(bytes.subarray(8, dataStart));
    let header: Record<string, Record<string, unknown>> | null = null;
    try {
      header = JSON.parse(text);
    } catch {}
    const inMetadata = (field: string) => {
      const metadata = header?.__metadata__;
      if (typeof metadata?.[field] !== "string") return bytes;
      let tree: unknown;
      try {
        tree = { root: JSON.parse(metadata[field]) };
      } catch {
        return bytes;
      }
      mutate(tree, r);
      metadata[field] = JSON.stringify((tree as { root: unknown }).root) ?? "";
      return fileOf(header, data);
    };
    const valueAt = () => Math.floor(data.length / 4) && dataStart + 4 * r.below(Math.floor(data.length / 4));
    const ways: (() => Uint8Array)[] = [
      () => {
        if (bytes.length > 0) bytes[r.below(bytes.length)]! ^= 1 << r.below(8);
        return bytes;
      },
      () => bytes.subarray(0, r.below(bytes.length + 1)),
      () => Uint8Array.from([...bytes, ...Array(r.pick([1, 4, 64])).fill(0)]),
      () => {
        const at = valueAt();
        const value = r.pick([Number.NaN, Number.POSITIVE_INFINITY, -1e38, 3e38, -1, 1e-45, -0]);
        if (at > 0) new DataView(bytes.buffer, bytes.byteOffset).setFloat32(at, value, true);
        return bytes;
      },
      () => {
        if (header) mutate(header, r);
        return header ? fileOf(header, data) : bytes;
      },
      () => inMetadata("spec"),
      () => inMetadata("spec"),
      () => inMetadata("spec"),
      () => inMetadata("progress"),
      () => {
        const at = r.below(text.length + 1);
        const part = r.pick(["[".repeat(5000), "{", '"', ",", "0".repeat(400), "\\u0000", '"a":1,', text.slice(at, at + 40), " "]);
        return fileOf(text.slice(0, at) + part + text.slice(at + r.pick([0, 0, 1, 30])), data);
      },
    ];
    bytes = new Uint8Array(r.pick(ways)());
    if (bytes.length < 8) break;
  }
  return bytes;
}

/** "refused", or "loaded" for a file that is saved and loaded again with the same bytes. */
async function outcome(bytes: Uint8Array): Promise<"refused" | "loaded"> {
  let snapshot: ReturnType<typeof readSnapshot>;
  try {
    snapshot = readSnapshot(bytes);
  } catch (error) {
    if (error instanceof CheckpointError) return "refused";
    throw error;
  }
  const saved = encodeCheckpoint(await checkpointOf(snapshot));
  if (Buffer.compare(encodeCheckpoint(await checkpointOf(readSnapshot(saved))), saved) !== 0) throw new Error("saved and loaded, it is another file");
  return "loaded";
}

describe("broken files", PATIENCE, () => {
  it("are refused by a CheckpointError, or sound", async () => {
    const counts = { refused: 0, loaded: 0 };
    const check = async (seed: number) => {
      const bytes = brokenFile(seed, VALID);
      const result = await outcome(bytes);
      counts[result]++;
      if (result === "loaded") (await loadGAN(bytes, { backend: "reference" })).dispose();
    };
    await fc.assert(fc.asyncProperty(fc.noShrink(fc.nat()), check), fuzzed(400));
    if (process.env.GANVAS_FUZZ) console.log(counts);
    else expect(Math.min(counts.refused, counts.loaded)).toBeGreaterThan(0);
  });

  it("give no generator but a sound one, wherever it is read from", () => {
    const counts = { refused: 0, read: 0 };
    const check = (seed: number) => {
      const bytes = brokenFile(seed, [...GENERATORS, ...VALID]);
      try {
        const { spec, classesSeen, tensors } = decodeGenerator(bytes);
        for (const { name, shape } of generatorTensors(spec)) {
          const values = tensors.get(name)!.values();
          expect(values.length).toBe(sizeOf(shape));
          expect(findOutside(values)).toBe(-1);
        }
        expect(classesSeen.length).toBe(spec.condition && "classes" in spec.condition ? spec.condition.classes : 0);
        counts.read++;
      } catch (error) {
        if (!(error instanceof CheckpointError)) throw error;
        counts.refused++;
      }
    };
    fc.assert(fc.property(fc.noShrink(fc.nat()), check), fuzzed(400));
    if (process.env.GANVAS_FUZZ) console.log(counts);
    else expect(Math.min(counts.refused, counts.read)).toBeGreaterThan(0);
  });
});
