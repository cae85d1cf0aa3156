import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { bytesOf, isFloat32Array, typedArrayName } from "../../src/core/arrays.ts";
import { show } from "../../src/core/errors.ts";

describe("typed arrays and buffers", () => {
  it.each<[string, unknown]>([
    ["here", Float32Array.of(1)],
    ["of another realm", runInNewContext("Float32Array.of(1)")],
    ["of a class of its own", new (class extends Float32Array {})(1)],
  ])("are known %s", (_, values) => {
    expect(typedArrayName(values)).toBe("Float32Array");
    expect(isFloat32Array(values)).toBe(true);
  });

  it.each<[unknown]>([[undefined], [null], ["Float32Array"], [[1]], [new DataView(new ArrayBuffer(4))], [{ [Symbol.toStringTag]: "Float32Array" }]])(
    "are not what others are: %s",
    (value) => {
      expect(typedArrayName(value)).toBeUndefined();
      expect(bytesOf(value)).toBeNull();
    },
  );

  it("give their bytes without a copy, those of a buffer that was transferred as none", () => {
    const buffer = new ArrayBuffer(4);
    expect(bytesOf(buffer)?.buffer).toBe(buffer);
    expect(bytesOf(runInNewContext("new ArrayBuffer(4)"))?.length).toBe(4);
    const bytes = new Uint8Array(buffer);
    expect(bytesOf(bytes)).toBe(bytes);
    structuredClone(buffer, { transfer: [buffer] });
    expect(bytesOf(buffer)?.length).toBe(0);
    expect(bytesOf(new Float32Array(4))).toBeNull();
  });
});

describe("show", () => {
  const throwing = Object.create({
    get constructor() {
      throw new Error("no");
    },
  });
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  it.each<[string, unknown]>([
    ["{  }", Object.create(Object.create(null))],
    ["an object that cannot be read", throwing],
    ["an object that cannot be read", proxy],
    ["Float32Array(1)", runInNewContext("Float32Array.of(1)")],
    ["DataView(4)", new DataView(new ArrayBuffer(4))],
  ])("gives %s", (text, value) => expect(show(value)).toBe(text));
});
