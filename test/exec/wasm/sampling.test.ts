import { readFileSync } from "node:fs";
import { afterEach, describe, expect, it, vi } from "vitest";
import { FORMAT } from "../../../assembly/format/opcodes.ts";
import type { samplingKernels } from "../../../src/exec/wasm/sampling.ts";
import { BackendError, type CreateOptions, createGAN, type LayerSpec } from "../../../src/index.ts";
import { LAYERS } from "../../../src/nn/layers/table.ts";
import { createSampler } from "../../../src/sample.ts";
import { expectSameBytes } from "../../bytes.ts";
import { ROOT } from "../../child.ts";

const small: CreateOptions = { shape: [2], latent: 2, width: 4, batchSize: 4, backend: "wasm", threads: 1 };
const kernels = (name: string) => new Uint8Array(readFileSync(`${ROOT}dist/kernels/${name}.wasm`));

/** Layers of every kind on images [4, 4, 2], with each option that kernels are chosen by. */
const CASES: { readonly [K in LayerSpec["type"]]: readonly (readonly LayerSpec[])[] } = {
  dense: [
    [{ type: "flatten" }, { type: "dense", units: 7 }],
    [{ type: "flatten" }, { type: "dense", units: 33, bias: false }],
  ],
  conv2d: [
    [{ type: "conv2d", filters: 3, kernel: 3 }],
    [{ type: "conv2d", filters: 17, kernel: 4, stride: 2, padding: 1, bias: false }],
    [
      { type: "conv2d", filters: 16, kernel: 1 },
      { type: "conv2d", filters: 16, kernel: 3 },
    ],
  ],
  conv2dTranspose: [
    [{ type: "conv2dTranspose", filters: 3, kernel: 4, stride: 2 }],
    [{ type: "conv2dTranspose", filters: 9, kernel: 3, bias: false }],
    [{ type: "conv2dTranspose", filters: 5, kernel: 2, stride: 3, padding: 0 }],
  ],
  batchNorm: [[{ type: "batchNorm" }], [{ type: "flatten" }, { type: "batchNorm", epsilon: 0.1 }]],
  layerNorm: [[{ type: "layerNorm" }], [{ type: "flatten" }, { type: "layerNorm" }]],
  instanceNorm: [[{ type: "instanceNorm" }]],
  groupNorm: [[{ type: "groupNorm", groups: 2 }], [{ type: "flatten" }, { type: "groupNorm", groups: 4 }]],
  pixelNorm: [[{ type: "pixelNorm" }], [{ type: "flatten" }, { type: "pixelNorm", epsilon: 0.1 }]],
  minibatchStdDev: [[{ type: "minibatchStdDev" }], [{ type: "flatten" }, { type: "minibatchStdDev", features: 2 }]],
  activation: (["relu", "leakyRelu", "tanh", "sigmoid", "softplus"] as const).flatMap((name) => [
    [{ type: "activation", name }], // within a product
    [{ type: "layerNorm" }, { type: "activation", name }],
  ]),
  reshape: [[{ type: "reshape", shape: [2, 8, 2] }]],
  flatten: [[{ type: "flatten" }]],
  upsample: [[{ type: "upsample", factor: 2 }], [{ type: "upsample", factor: 3, mode: "bilinear" }]],
  avgPool: [[{ type: "avgPool", size: 2 }], [{ type: "avgPool", size: 3, stride: 1 }]],
  globalPool: [[{ type: "globalPool" }], [{ type: "globalPool", mode: "sum" }]],
  generativeBasis: [[{ type: "flatten" }, { type: "generativeBasis", size: [2, 3] }]],
  discriminativeBasis: [[{ type: "discriminativeBasis" }]],
  dropout: [[{ type: "dropout", rate: 0.5 }]],
  constant: [[{ type: "constant", shape: [3, 4, 2] }]],
  noise: [[{ type: "noise" }]],
  modulatedConv2d: [
    [
      { type: "flatten" },
      {
        type: "styled",
        layers: [
          { type: "reshape", shape: [4, 4, 2] },
          { type: "modulatedConv2d", filters: 3, kernel: 3 },
        ],
      },
    ],
  ],
  styled: [
    [
      { type: "flatten" },
      {
        type: "styled",
        mapping: [
          { type: "dense", units: 5 },
          { type: "activation", name: "leakyRelu" },
        ],
        layers: [
          { type: "constant", shape: [4, 4, 3] },
          { type: "modulatedConv2d", filters: 17, kernel: 3, bias: false },
          { type: "noise" },
          { type: "activation", name: "leakyRelu" },
          { type: "modulatedConv2d", filters: 2, kernel: 1, demodulate: false },
        ],
      },
    ],
  ],
  selfAttention: [
    [{ type: "selfAttention" }],
    [
      { type: "conv2d", filters: 20, kernel: 1 },
      { type: "selfAttention", pool: 1 },
    ],
  ],
  residual: [
    [{ type: "residual", layers: [{ type: "conv2d", filters: 2, kernel: 3 }] }],
    [{ type: "residual", layers: [{ type: "conv2d", filters: 3, kernel: 3 }], shortcut: [{ type: "conv2d", filters: 3, kernel: 1 }] }],
  ],
};

const modelOf = (layers: readonly LayerSpec[]): CreateOptions => ({
  shape: [2, 2, 2],
  latent: 2,
  batchSize: 4,
  backend: "wasm",
  threads: 1,
  architecture: {
    generator: [
      { type: "dense", units: 32 },
      { type: "reshape", shape: [4, 4, 2] },
      ...layers,
      { type: "flatten" },
      { type: "dense", units: 8 },
      { type: "reshape", shape: [2, 2, 2] },
    ],
    discriminator: [{ type: "flatten" }, { type: "dense", units: 1 }],
  },
});

describe("the kernels that sample alone give the bits of those that train", () => {
  it.each(Object.keys(LAYERS) as LayerSpec["type"][])("in layers of the kind %s", async (type) => {
    expect(CASES[type]?.length, "cases of this kind").toBeGreaterThan(0);
    for (const layers of CASES[type]) {
      using gan = await createGAN(modelOf(layers));
      using sampler = await createSampler(await gan.save({ generatorOnly: true }));
      for (const count of [1, 5]) expectSameBytes((await sampler.sample({ count })).data, (await gan.sample({ count })).data, JSON.stringify(layers));
    }
  });
});

describe("kernels that are handed in", () => {
  afterEach(() => void vi.unstubAllGlobals());

  const save = async () => {
    using gan = await createGAN(small);
    return [await gan.save({ generatorOnly: true }), (await gan.sample({ count: 3 })).data] as const;
  };
  const file = save();

  const asked: string[] = [];
  /** In place of the network. */
  const serve = (status: number) =>
    vi.stubGlobal("fetch", async (address: string) => {
      asked.push(address);
      const response = new Response(kernels("sample"), { status });
      Object.defineProperty(response, "url", { value: address });
      return response;
    });

  it.each<[string, () => Parameters<typeof samplingKernels>[0]]>([
    ["as a module", () => new WebAssembly.Module(kernels("sample"))],
    ["as bytes", () => kernels("sample")],
    ["as a buffer", () => kernels("sample").buffer],
    ["as a response", () => new Response(kernels("sample"))],
    ["by a URL", () => new URL("https://example.org/sample.wasm")],
    ["by a URL in words", () => "/sample.wasm"],
    ["as those that train too", () => kernels("simd")],
  ])("are taken %s", async (_, wasm) => {
    serve(200);
    const [bytes, expected] = await file;
    using sampler = await createSampler(bytes, { wasm: wasm() });
    expectSameBytes((await sampler.sample({ count: 3 })).data, expected);
  });

  it("are fetched from where the URL says", () => expect(asked).toEqual(["https://example.org/sample.wasm", "/sample.wasm"]));

  /** The module of no more than a header. */
  const empty = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
  /** Ours, of a plan's format that is to come. */
  const another = () => {
    const bytes = kernels("sample");
    const global = [6, 6, 1, 0x7f, 0, 0x41, FORMAT, 0x0b]; // the section of globals: one constant integer
    const at = bytes.findIndex((_, i) => global.every((byte, j) => bytes[i + j] === byte));
    expect(at).toBeGreaterThan(0);
    bytes[at + 6]!++;
    return bytes;
  };

  const NAME = "wasm: expected ganvas/sample.wasm or ganvas/kernels.wasm, of this version, got";
  it.each<[string, () => Parameters<typeof samplingKernels>[0], string]>([
    ["another module", () => empty, `${NAME} another module`],
    ["a module that is compiled", () => new WebAssembly.Module(empty), `${NAME} another module`],
    ["those with threads", () => kernels("simd-threads"), `${NAME} LinkError`],
    ["those of another format", another, `${NAME} kernels of format ${FORMAT + 1}`],
    [
      "bytes of no module",
      () => Uint8Array.of(0, 0x61, 0x73, 0x6d, 9),
      "backend: expected WebAssembly with SIMD, and leave to compile the kernels, got CompileError",
    ],
    ["bytes of something else", () => new Uint8Array(9), "wasm: expected kernels, got bytes of something else"],
    ["a file that is not there", () => "https://example.org/404", "wasm: expected kernels, got status 404 from https://example.org/404"],
    ["an object of another kind", () => ({}) as never, "wasm: expected a WebAssembly.Module, bytes, a Response or a URL, got"],
  ])("are refused where they are %s", async (_, wasm, message) => {
    serve(404);
    const refused = await createSampler((await file)[0], { wasm: wasm() }).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(BackendError);
    expect((refused as Error).message.slice(0, message.length)).toBe(message);
  });

  it("come by a response once", async () => {
    const response = new Response(kernels("sample"));
    (await createSampler((await file)[0], { wasm: response })).dispose();
    const again = createSampler((await file)[0], { wasm: response });
    await expect(again).rejects.toMatchObject({ name: "BackendError", path: "wasm", got: expect.stringContaining("can be read once") });
  });

  it("come by a response for as often as createGAN needs them", async () => {
    const gan = await createGAN({ ...small, threads: "auto", wasm: new Response(kernels("simd")) });
    expect(gan.backend).toMatchObject({ threads: 1, reason: "asked for; one thread, as the kernels that were handed in are for one" });
    expect((await gan.train(new Float32Array(2 * gan.spec.batchSize), { steps: 1 })).steps).toBe(1);
    gan.dispose();
  });

  it("are refused by createGAN where they cannot train", async () => {
    const refused = createGAN({ ...small, wasm: kernels("sample") });
    await expect(refused).rejects.toThrow(/^wasm: expected ganvas\/kernels.wasm, of this version, got kernels that cannot train$/);
    await expect(refused).rejects.toBeInstanceOf(BackendError);
    using gan = await createGAN({ ...small, wasm: kernels("simd") });
    expect((await gan.train(new Float32Array(8), { steps: 1 })).steps).toBe(1);
  });
});
