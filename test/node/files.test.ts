import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { WriteError, writeWhole } from "../../src/node.ts";

describe("writeWhole", () => {
  const folder = mkdtempSync(join(tmpdir(), "ganvas-files-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  const place = join(folder, "whole");
  mkdirSync(place);
  const path = join(place, "model");

  it("replaces what is there, keeping its permissions, and what a link leads to", async () => {
    await writeWhole(path, "first");
    chmodSync(path, 0o660);
    symlinkSync(path, join(folder, "link"));
    await writeWhole(join(folder, "link"), Uint8Array.of(50, 110, 100));
    expect([readFileSync(path, "utf8"), statSync(path).mode & 0o777]).toEqual(["2nd", 0o660]);
    expect(readdirSync(place)).toEqual(["model"]);
  });

  it("leaves what is there, and nothing else, when the disk is full half-way", async () => {
    await writeWhole(path, "good");
    async function* tooMuch() {
      yield "half";
      throw Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
    }
    const error = await writeWhole(path, tooMuch() as never).catch((e) => e);
    expect(error).toBeInstanceOf(WriteError);
    expect(error.message).toBe(`${path}: expected a file that can be written, got ENOSPC: no space left on device, write`);
    expect(readdirSync(place).map((name) => readFileSync(join(place, name), "utf8"))).toEqual(["good"]);
  });
});
