import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { decode } from "fast-png";
import { afterAll, describe, expect, it } from "vitest";
import { fuse } from "../src/exec/schedule/fuse.ts";
import { nodesOf } from "../src/exec/schedule/steps.ts";
import { resultsOf } from "../src/exec/schedule/uses.ts";
import { compile } from "../src/exec/wasm/compile/compile.ts";
import { FUSION } from "../src/exec/wasm/compile/fusion.ts";
import { PASSES } from "../src/exec/wasm/compile/passes.ts";
import { printPlan } from "../src/exec/wasm/compile/print.ts";
import { resolveSpec } from "../src/gan/spec.ts";
import { add, leakyRelu, matmul, meanAll, mul, square, sub } from "../src/graph/build.ts";
import { grad } from "../src/graph/grad.ts";
import { Graph, liveNodes } from "../src/graph/graph.ts";
import { printGraph } from "../src/graph/print.ts";
import { simplify } from "../src/graph/simplify.ts";
import { loadGAN } from "../src/index.ts";
import { ROOT, run } from "./child.ts";
import { makePictures } from "./node/pictures.js";

const read = (file: string): string => readFileSync(join(ROOT, file), "utf8");

/** The fenced blocks of a language. */
const blocks = (text: string, language: string): string[] =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, "gm"))].map(([, code]) => code!);

describe("README.md", () => {
  const folder = mkdtempSync(join(tmpdir(), "ganvas-readme-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  it("has an example of 15 lines that does what it says", async () => {
    const [example] = blocks(read("README.md"), "js");
    expect(example!.split("\n").filter((line) => line.trim() !== "").length).toBeLessThanOrEqual(15);
    mkdirSync(join(folder, "node_modules"));
    symlinkSync(ROOT, join(folder, "node_modules/ganvas"), "junction");
    const { code, stderr, stdout } = await run(process.execPath, ["--input-type=module", "--eval", example!], { cwd: folder });
    expect(code, stderr).toBe(0); // a graphics driver may have something to say
    expect(stdout).toMatch(/^100 \d/m);
    const png = decode(readFileSync(join(folder, "faces.png")));
    expect(png.width).toBe(png.height);
    expect(png.width).toBeGreaterThanOrEqual(8 * 32);
    const gan = await loadGAN(readFileSync(join(folder, "faces.safetensors")), { threads: 1 });
    expect(gan.step).toBe(100);
    gan.dispose();
  });

  it("has one of schedules, of which a GAN can be made", () => {
    const [, example] = blocks(read("README.md"), "js");
    const { optimizer, ema } = new Function("createGAN", `${example!.replace(/^import .*$/m, "").replace("await ", "")} return gan;`)(resolveSpec);
    expect(optimizer.generator.learningRate.next).toEqual({ curve: "cosine", from: 2e-4, to: 5e-5, images: 200_000 });
    expect(ema.rampUp).toBe(0.05);
  });

  it("has one of sampling alone, from the file that the first one wrote", async () => {
    const [, , example] = blocks(read("README.md"), "js");
    const { code, stderr } = await run(process.execPath, ["--input-type=module", "--eval", example!], { cwd: folder });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(decode(readFileSync(join(folder, "four.png"))).width).toBe(2 * 32);
  });

  it("has one of pictures in files, of every kind, some of them broken", async () => {
    const [, , , example, ...others] = blocks(read("README.md"), "js");
    expect(others).toEqual([]);
    const { headers, bodies } = await makePictures(join(folder, "faces"), { count: 60, size: 32 });
    const { code, stderr, stdout } = await run(process.execPath, ["--input-type=module", "--eval", example!], { cwd: folder });
    expect(code, stderr).toBe(0);
    for (const file of headers) expect(stdout).toContain(`file: '${file}'`);
    expect(stdout).toContain(`[ ${61 + bodies.length}, 32, 32, 3 ]`);
  });

  it("begins with the one command that does everything", () => {
    const [command] = blocks(read("README.md"), "");
    expect(command).toBe("npm ci && npm run demo\n");
  });
});

describe("every README", () => {
  it.each(["README.md", "src/README.md", "assembly/README.md", "bench/README.md", "examples/README.md"])("%s links to files that exist", (file) => {
    const links = [...read(file).matchAll(/\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)/g)].map(([, path]) => path!);
    for (const link of links) expect(() => read(join(dirname(file), link)), link).not.toThrow();
  });

  it.each(["src", "assembly"])("%s/README.md names files that exist", (folder) => {
    const text = read(`${folder}/README.md`);
    const names = [...text.matchAll(/`([a-zA-Z0-9_/]+\.(?:ts|js))`/g)].map(([, name]) => name!);
    const exists = (path: string): boolean => {
      try {
        return read(path).length > 0;
      } catch {
        return false;
      }
    };
    expect(names.filter((name) => !exists(join(folder, name)) && !exists(name))).toEqual([]);
  });
});

describe("the trace in src/README.md", () => {
  const graph = new Graph();
  const x = graph.input("x", [8, 3]);
  const target = graph.input("target", [8, 16]);
  const [w, b] = [graph.variable("w", [3, 16]), graph.variable("b", [16])];
  const loss = meanAll(square(sub(leakyRelu(add(matmul(x, w), b), 0.2), target)));
  const [dw] = grad(loss, [w]);
  graph.fetch("loss", loss);
  graph.assign(w, sub(w, mul(dw!, 0.1)));
  const simplified = simplify(graph);
  const trace = blocks(read("src/README.md"), "text");

  it("prints the graph, and the simplified one", () => {
    expect(trace[0]).toBe(`${printGraph(graph)}\n`);
    expect(trace[1]).toBe(`${printGraph(simplified)}\n`);
  });

  it("lists the steps", () => {
    const steps = fuse(liveNodes(simplified), FUSION, resultsOf(simplified)).map(
      (step) =>
        `${step.kind.padEnd(6)} ${nodesOf(step)
          .map((n) => `%${n.id} ${n.op}`)
          .join(", ")}\n`,
    );
    expect(trace[2]).toBe(steps.join(""));
  });

  it("lists the instructions", () => {
    const variables = new Map([
      ["w", { space: "variable", bytes: 192, name: "w" } as const],
      ["b", { space: "variable", bytes: 64, name: "b" } as const],
    ]);
    expect(trace[3]).toBe(`${printPlan(compile(graph, variables, PASSES))}\n`);
  });
});
