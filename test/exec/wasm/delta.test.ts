import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { deltaOf } from "../../../delta.js";
import { applyDelta } from "../../../src/exec/wasm/run/delta.ts";
import { ROOT } from "../../child.ts";

const kernels = (build: string) => readFileSync(join(ROOT, "dist/kernels", `${build}.wasm`));
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString("latin1");

it.each([
  ["simd", "simd-threads"],
  ["simd", "relaxed"],
  ["simd-threads", "relaxed-threads"],
])("makes of the build %s the build %s, from an eighth of its bytes", (source, target) => {
  const delta = deltaOf(kernels(source), kernels(target));
  expect(delta.length).toBeLessThan(kernels(target).length / 8);
  expect(Buffer.from(applyDelta(kernels(source), delta)).equals(kernels(target))).toBe(true);
});

it.each([
  ["", ""],
  ["", "all its own"],
  ["nothing of it is in the other", ""],
  ["one and two and three and four", "one and two and three and four"],
  ["one and two and three and four", "three and four, then one and two"],
  ["one and two and three and four", "x one and two and three x"],
  ["a".repeat(300), "a".repeat(1000)],
])("makes of %j %j", (source, target) => {
  const [from, to] = [Buffer.from(source), Buffer.from(target)];
  expect(text(applyDelta(from, deltaOf(from, to)))).toBe(target);
});
