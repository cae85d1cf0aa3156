import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { DataError } from "../../src/core/errors.ts";
import { openSource, type TrainingData } from "../../src/data/batches.ts";
import { type DataFormat, Dataset } from "../../src/data/dataset.ts";
import { faultOf } from "./fault.ts";

async function asyncFaultOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (error instanceof DataError) return error.path;
  throw new Error(`expected a DataError, got ${error}`);
}

/** Vectors of one number, each its own index. */
const numbered = (count: number, first = 0) => Float32Array.from({ length: count }, (_, i) => first + i);
const scalars: DataFormat = { shape: [1] };

function revoked(): unknown {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

/** A source read on from a position. */
function open(data: TrainingData, format = scalars, position = 0, seed = 1) {
  const source = openSource(data, format, seed);
  let drawn = position;
  return {
    get drawn(): number {
      return drawn;
    },
    async next(count: number) {
      const batch = await source.take(drawn, count);
      drawn += batch?.count ?? 0;
      return batch;
    },
    close: () => source.close(),
  };
}
const sorted = (values: Iterable<number>) => [...values].sort((a, b) => a - b);

describe("openSource on examples in memory", () => {
  it("gives every example once an epoch, whatever the batch size, in another order each epoch", async () => {
    const source = open({ data: numbered(7) });
    const stream: number[] = [];
    for (let i = 0; i < 7; i++) stream.push(...(await source.next(4))!.data);
    const epochs = [0, 1, 2, 3].map((e) => stream.slice(7 * e, 7 * e + 7));
    for (const epoch of epochs) expect(sorted(epoch)).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(new Set(epochs.map(String)).size).toBeGreaterThan(1);
    expect(source.drawn).toBe(28);
  });

  it("goes on from any position exactly", async () => {
    const whole = (await open({ data: numbered(5) }).next(23))!.data;
    const later = open({ data: numbered(5) }, scalars, 9);
    expect([...(await later.next(6))!.data, ...(await later.next(8))!.data]).toEqual([...whole.subarray(9)]);
  });

  it("shuffles by the seed", async () => {
    const [a, b, c] = await Promise.all([1, 1, 2].map(async (seed) => String((await open({ data: numbered(50) }, scalars, 0, seed).next(50))!.data)));
    expect(a).toBe(b);
    expect(a).not.toBe(c);
  });

  it("keeps labels with their examples, and leaves them out for a model without condition", async () => {
    const data = { data: numbered(9), labels: Array.from({ length: 9 }, (_, i) => i) };
    const batch = (await open(data, { shape: [1], condition: { classes: 9 } }).next(14))!;
    expect(batch.labels).toEqual(batch.data);
    expect((await open(data).next(3))!.labels).toBeNull();
  });

  it("takes a Dataset, a bare typed array, or any object of data and shape", async () => {
    for (const data of [new Dataset({ data: numbered(3), shape: [3, 1] }), numbered(3), { data: numbered(3), shape: [3, 1] }]) {
      expect(sorted((await open(data).next(3))!.data)).toEqual([0, 1, 2]);
    }
  });

  const classes: DataFormat = { shape: [1], condition: { classes: 3 } };
  it.each<[string, string, TrainingData, DataFormat]>([
    ["another shape", "shape", new Dataset({ data: numbered(4), shape: [2, 2] }), scalars],
    ["a length that holds no whole number of examples", "data", numbered(5), { shape: [2] }],
    ["nothing at all", "data", new Float32Array(), scalars],
    ["images beyond [-1, 1]", "data[2]", numbered(4), { shape: [2, 2, 1] }],
    ["no labels for a conditional model", "labels", numbered(4), classes],
    ["a class out of range", "labels[1]", { data: numbered(3), labels: [0, 3, 1] }, classes],
    ["a negative class", "labels[2]", { data: numbered(3), labels: [0, 2, -1] }, classes],
    ["a fractional class", "labels[0]", { data: numbered(3), labels: [0.5, 1, 1] }, classes],
    ["vectors where classes are due", "labels", { data: numbered(3), labels: numbered(6) }, classes],
    ["vectors of another size", "labels", { data: numbered(3), labels: numbered(6) }, { shape: [1], condition: { size: 3 } }],
    ["a number", "data", 5 as unknown as TrainingData, scalars],
    ["null", "data", null as unknown as TrainingData, scalars],
    ["an empty object", "data", {} as unknown as TrainingData, scalars],
    ["a dataset that was never made", "data", Object.create(Dataset.prototype), scalars],
    ["a promise", "data", Promise.resolve(numbered(3)) as unknown as TrainingData, scalars],
    ["what iterates to nothing", "data", { [Symbol.iterator]: () => undefined } as unknown as TrainingData, scalars],
    [
      "a getter that throws",
      "data",
      {
        get data(): Float32Array {
          throw new Error("gone");
        },
      },
      scalars,
    ],
    ["a proxy that is revoked", "data", revoked() as TrainingData, scalars],
    [
      "labels that throw",
      "labels",
      {
        data: numbered(1),
        labels: new Proxy([0], {
          get: (a, key) => {
            if (key === "0") throw new Error("gone");
            return Reflect.get(a, key);
          },
        }),
      },
      classes,
    ],
    ["labels as large integers", "labels[0]", { data: numbered(1), labels: BigInt64Array.of(1n) as unknown as number[] }, classes],
    ["a list of no numbers", "labels[0]", { data: numbered(1), labels: [[1]] as unknown as number[] }, classes],
    ["a field it does not know", "label", { data: numbered(1), label: [1] } as unknown as TrainingData, scalars],
  ])("refuses %s, naming %s", (_, path, data, format) => {
    expect(faultOf(() => open(data, format))).toBe(path);
  });
});

describe("openSource says what to write", () => {
  it.each<[string, RegExp, unknown]>([
    ["a plain array", /^data: .*Float32Array\.from\(data\)/, [0, 1]],
    ["nested arrays", /^data: .*Float32Array\.from\(data\.flat\(Infinity\)\)/, [[0], [1]]],
    ["an array of another type", /^data: .*Float32Array\.from\(data\).*got Float64Array\(2\)/, new Float64Array(2)],
    ["large integers", /Float32Array\.from\(data, Number\)/, new BigInt64Array(2)],
    ["nested arrays as data", /^data: .*Float32Array\.from\(data\.flat\(Infinity\)\)/, { data: [[0], [1]] }],
    ["xs and ys", /^xs: .*did you mean data\?/, { xs: numbered(2), ys: [0, 1] }],
    ["a misspelt field", /^shpae: .*did you mean shape\?/, { data: numbered(2), shpae: [2, 1] }],
    ["a tensor as data", /^data: .*fromTensor/, { data: { shape: [2, 1], data: async () => numbered(2) } }],
    ["a tensor of labels", /^labels: .*await labels\.data\(\)/, { data: numbered(2), labels: { shape: [2], data: async () => numbered(2) } }],
    ["one-hot labels", /^labels: expected 2 classes .*argmax/, { data: numbered(2), labels: [0, 1, 0, 0, 0, 1] }],
  ])("of %s", (_, message, data) => {
    expect(() => open(data as TrainingData, { shape: [1], condition: { classes: 3 } })).toThrow(DataError);
    expect(() => open(data as TrainingData, { shape: [1], condition: { classes: 3 } })).toThrow(message);
  });
});

describe("openSource on iterables", () => {
  async function all(data: TrainingData, count: number, limit: number): Promise<number[][]> {
    const source = open(data);
    const batches: number[][] = [];
    while (batches.length < limit) {
      const batch = await source.next(count);
      if (!batch) break;
      expect(batch.data.length).toBe(batch.count);
      batches.push([...batch.data]);
    }
    expect(source.drawn).toBe(batches.flat().length);
    return batches;
  }

  function* generate(...sizes: number[]) {
    let first = 0;
    for (const size of sizes) {
      yield numbered(size, first);
      first += size;
    }
  }

  async function* generateLater(...sizes: number[]) {
    yield* generate(...sizes);
  }

  it("cuts batches of any size to the size asked for", async () => {
    expect(await all(generate(1, 5, 2, 4), 3, 9)).toEqual([
      [0, 1, 2],
      [3, 4, 5],
      [6, 7, 8],
      [9, 10, 11],
    ]);
    expect(await all(generateLater(5, 1), 2, 9)).toEqual([
      [0, 1],
      [2, 3],
      [4, 5],
    ]);
  });

  it("ends a generator with its short last batch, be it a single example", async () => {
    expect(await all(generate(5), 3, 9)).toEqual([
      [0, 1, 2],
      [3, 4],
    ]);
    expect(await all(generate(4), 3, 9)).toEqual([[0, 1, 2], [3]]);
  });

  it("can be closed while a generator is still at work on a batch that never comes", async () => {
    async function* stalled() {
      yield { data: Float32Array.of(1) };
      await new Promise(() => {});
    }
    const source = open(stalled());
    expect((await source.next(1))?.count).toBe(1);
    void source.next(1);
    await source.close();
  });

  it("goes round and round what can be iterated anew", async () => {
    const ring = [
      [0, 1],
      [2, 0],
      [1, 2],
      [0, 1],
    ];
    expect(await all([numbered(2), numbered(1, 2)], 2, 4)).toEqual(ring);
    expect(await all({ [Symbol.asyncIterator]: () => generateLater(2, 1) }, 2, 4)).toEqual(ring);
  });

  it("ends where a second iteration gives nothing", async () => {
    const once = generate(2, 2);
    expect(await all({ [Symbol.iterator]: () => ({ next: () => once.next() }) }, 2, 9)).toEqual([
      [0, 1],
      [2, 3],
    ]);
  });

  it("maps bytes, and carries classes and vectors across cuts", async () => {
    const bytes = open([Uint8Array.of(0, 255, 255)]);
    expect((await bytes.next(2))!.data).toEqual(Float32Array.of(-1, 1));
    const batches = [
      { data: numbered(3), labels: [0, 0, 1, 1, 2, 2] },
      { data: numbered(2, 3), labels: [3, 3, 4, 4] },
    ];
    const vectors = open(batches, { shape: [1], condition: { size: 2 } });
    expect((await vectors.next(2))!.labels).toEqual(Float32Array.of(0, 0, 1, 1));
    expect((await vectors.next(2))!.labels).toEqual(Float32Array.of(2, 2, 3, 3));
    expect(await vectors.next(1)).toEqual({ count: 1, data: Float32Array.of(4), labels: Float32Array.of(4, 4) });
  });

  it("names the batch at fault, draws nothing from it, and closes the iterator when asked", async () => {
    let closed = false;
    function* faulty() {
      try {
        yield numbered(2);
        yield Float32Array.of(1, Number.NaN);
      } finally {
        closed = true;
      }
    }
    const source = open(faulty());
    await source.next(2);
    expect(await asyncFaultOf(source.next(2))).toBe("data[1].data[1]");
    expect(source.drawn).toBe(2);
    expect(closed).toBe(false);
    await source.close();
    expect(closed).toBe(true);
    expect(await source.next(2)).toBeNull();
  });

  it("refuses an iterable without batches, and batches that are none", async () => {
    expect(await asyncFaultOf(open([]).next(2))).toBe("data");
    expect(await asyncFaultOf(open([new Float32Array()]).next(2))).toBe("data[0].data");
    const labelled = [{ data: numbered(2), labels: [0, 7] }];
    expect(await asyncFaultOf(open(labelled, { shape: [1], condition: { classes: 2 } }).next(2))).toBe("data[0].labels[1]");
  });

  it.each<[string, unknown]>([
    ["numbers", [0, 1]],
    ["nothing", undefined],
  ])("refuses %s as a batch", async (_, batch) => {
    function* batches() {
      yield batch;
    }
    expect(await asyncFaultOf(open(batches() as Iterable<never>).next(1))).toBe("data[0]");
  });

  it("refuses what an iterator may not give", async () => {
    const source = { [Symbol.iterator]: () => ({ next: () => 5 }) };
    expect(await asyncFaultOf(open(source as unknown as TrainingData).next(1))).toBe("data[0]");
  });

  it("passes on what an iterator throws, also where it was iterated before", async () => {
    let failing = false;
    const source = {
      *[Symbol.iterator]() {
        if (failing) throw new RangeError("no network");
        yield numbered(2);
      },
    };
    await open(source).next(1);
    failing = true;
    await expect(open(source).next(1)).rejects.toThrow(RangeError);
  });

  describe("handed in again", () => {
    const stream = (): ReadableStream<Float32Array> => new ReadableStream({ pull: (controller) => controller.enqueue(numbered(4)) });

    it.each<[string, () => TrainingData]>([
      ["a generator", () => generate(4, 4)],
      ["an asynchronous one", () => generateLater(4, 4)],
      ["a stream", stream],
      ["a stream of Node", () => Readable.from([numbered(4), numbered(4)])],
    ])("says that %s is used up", async (_, make) => {
      const data = make();
      const first = open(data);
      expect((await first.next(3))?.count).toBe(3);
      await first.close();
      await expect(open(data).next(3)).rejects.toThrow(/^data: expected what can be iterated anew.*, got an iterator that an earlier call/);
    });

    it("says so of one that was closed before it began, and that empty data are empty", async () => {
      const data = generate(4);
      await open(data).close();
      await expect(open(data).next(3)).rejects.toThrow(/earlier call/);
      const empty: Float32Array[] = [];
      for (let i = 0; i < 2; i++) await expect(open(empty).next(1)).rejects.toThrow(/an empty one/);
    });

    it("goes on with what can be iterated anew", async () => {
      const data = { [Symbol.asyncIterator]: () => generateLater(2, 1) };
      for (let i = 0; i < 2; i++) {
        const source = open(data);
        expect((await source.next(3))!.data).toEqual(Float32Array.of(0, 1, 2));
        await source.close();
      }
    });

    it("refuses a stream that is being read elsewhere", () => {
      const data = stream();
      data.getReader();
      expect(faultOf(() => open(data))).toBe("data");
    });
  });
});
