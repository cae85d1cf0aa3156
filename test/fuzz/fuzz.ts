import fc from "fast-check";

/**
 * How a fuzz test runs: as many inputs as it says, or `GANVAS_FUZZ` of them (a share of that many, where one takes long), from the seed `GANVAS_FUZZ_SEED` (0 unless given). The input that fails is printed with its
 * seed and path; `GANVAS_FUZZ_PATH` begins with it.
 */
export function fuzzed(inputs: number, share = 1): fc.Parameters<unknown> {
  const { GANVAS_FUZZ, GANVAS_FUZZ_SEED, GANVAS_FUZZ_PATH } = process.env;
  return {
    numRuns: GANVAS_FUZZ === undefined ? inputs : Math.ceil(Number(GANVAS_FUZZ) * share),
    seed: Number(GANVAS_FUZZ_SEED ?? 0),
    path: GANVAS_FUZZ_PATH ?? "",
  };
}

/** For the tests that do: as long as it takes, where more inputs are asked for. */
export const PATIENCE = { timeout: process.env.GANVAS_FUZZ === undefined ? 120_000 : 0 };

/** One change of a file. Places are counted modulo what is there, so that a change fits any file. */
export type Mutation =
  | { readonly kind: "flip"; readonly at: number; readonly bit: number }
  | { readonly kind: "byte"; readonly at: number; readonly byte: number }
  | { readonly kind: "word"; readonly at: number; readonly word: number }
  | { readonly kind: "cut"; readonly at: number }
  | { readonly kind: "pad"; readonly bytes: readonly number[]; readonly times: number }
  | { readonly kind: "splice"; readonly from: number; readonly length: number; readonly to: number };

/** Anywhere in a file, its beginning and its end, counted backwards, more often than the middle. */
const place = fc.oneof(fc.integer({ min: -12, max: 24 }), fc.nat(1 << 20));

export const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.record({ kind: fc.constant("flip" as const), at: place, bit: fc.nat(7) }),
  fc.record({ kind: fc.constant("byte" as const), at: place, byte: fc.oneof(fc.constantFrom(0, 1, 0x7f, 0x80, 0xff), fc.nat(255)) }),
  fc.record({ kind: fc.constant("word" as const), at: place, word: fc.constantFrom(0, 1, 0xff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff) }),
  fc.record({ kind: fc.constant("cut" as const), at: place }),
  fc.record({ kind: fc.constant("pad" as const), bytes: fc.array(fc.oneof(fc.constant(0), fc.nat(255)), { maxLength: 3 }), times: fc.nat(600) }),
  fc.record({ kind: fc.constant("splice" as const), from: place, length: fc.nat(40), to: place }),
);

export function mutate(file: Uint8Array, mutations: readonly Mutation[]): Uint8Array {
  let bytes = [...file];
  for (const mutation of mutations) bytes = mutated(bytes, mutation);
  return Uint8Array.from(bytes);
}

function mutated(bytes: number[], mutation: Mutation): number[] {
  const where = (at: number) => (bytes.length === 0 ? 0 : ((at % bytes.length) + bytes.length) % bytes.length);
  switch (mutation.kind) {
    case "flip":
      return bytes.length === 0 ? bytes : bytes.with(where(mutation.at), bytes[where(mutation.at)]! ^ (1 << mutation.bit));
    case "byte":
      return bytes.length === 0 ? bytes : bytes.with(where(mutation.at), mutation.byte);
    case "word": {
      const word = [24, 16, 8, 0].map((shift) => (mutation.word >>> shift) & 0xff);
      return bytes.toSpliced(where(mutation.at), 4, ...word);
    }
    case "cut":
      return bytes.slice(0, where(mutation.at));
    case "pad":
      return [...bytes, ...Array.from({ length: mutation.times }, () => mutation.bytes).flat()];
    case "splice":
      return bytes.toSpliced(where(mutation.to), 0, ...bytes.slice(where(mutation.from), where(mutation.from) + mutation.length));
  }
}

/** What options may be and should not: numbers at every edge, and everything that is no number. */
export const oddValue: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom(
    undefined,
    null,
    true,
    "",
    "3",
    Number.NaN,
    Number.POSITIVE_INFINITY,
    -1,
    -0,
    0,
    0.5,
    1,
    2,
    7,
    1e9,
    2 ** 31,
    2 ** 32,
    2 ** 53,
    1e300,
  ),
  fc.constantFrom<unknown>([], {}, 5n, Symbol("five"), () => 5, new Uint8Array(3), Object.create(null), new Date(0)),
  fc.integer({ min: -2, max: 40 }),
);

function printed(value: unknown): string {
  return typeof value === "object" && value !== null && fc.hasToStringMethod(value) ? value[fc.toStringMethod]() : fc.stringify(value);
}

/** Options of some of these names and of others, some of them by getters that throw; or no options at all. */
export function oddOptions(names: readonly string[], values: Readonly<Record<string, fc.Arbitrary<unknown>>> = {}): fc.Arbitrary<unknown> {
  const entry = fc
    .oneof({ arbitrary: fc.constantFrom(...names), weight: 9 }, { arbitrary: fc.constantFrom("sed", "__proto__", "constructor", "x"), weight: 1 })
    .chain((name) =>
      fc.tuple(
        fc.constant(name),
        fc.oneof({ arbitrary: (Object.hasOwn(values, name) && values[name]) || oddValue, weight: 3 }, oddValue),
        fc.nat(30),
      ),
    );
  const record = fc.array(entry, { maxLength: names.length }).map((entries) => {
    // Printed by a method of its own, as getters throw for whoever prints them too.
    const options = {
      [fc.toStringMethod]: () =>
        `{ ${entries.map(([name, value, luck]) => `${name}: ${luck === 0 ? "a getter that throws" : printed(value)}`).join(", ")} }`,
    };
    Object.defineProperty(options, fc.toStringMethod, { enumerable: false });
    for (const [name, value, luck] of entries) {
      const get = () => {
        throw new TypeError("no such luck");
      };
      Object.defineProperty(options, name, { enumerable: true, configurable: true, ...(luck === 0 ? { get } : { value }) });
    }
    return options;
  });
  return fc.oneof({ arbitrary: record, weight: 12 }, oddValue);
}
