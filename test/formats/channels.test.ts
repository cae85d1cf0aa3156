import fc from "fast-check";
import { expect, it } from "vitest";
import { dequantize, quantize } from "../../src/formats/channels.ts";
import { expectSameBytes } from "../bytes.ts";

const weights = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 2, maxLength: 4 }).chain((shape) => {
  const size = shape.reduce((a, b) => a * b, 1);
  // Some of ordinary size, some of any, zeros and subnormal numbers among them.
  const value = fc.oneof(
    fc.float({ noNaN: true, noDefaultInfinity: true, min: Math.fround(-0.1), max: Math.fround(0.1) }),
    fc.float({ noNaN: true, noDefaultInfinity: true }),
    fc.constantFrom(0, -0, 1e-45, -1e-39),
  );
  return fc.tuple(
    fc.constant(shape),
    fc.nat(shape.length - 1),
    fc.array(value, { minLength: size, maxLength: size }).map((v) => Float32Array.from(v)),
  );
});

it("integers times their channel's scale are within half of it, and fill it", () => {
  fc.assert(
    fc.property(weights, ([shape, axis, values]) => {
      const { data, scale } = quantize(values, shape, axis);
      const inner = shape.slice(axis + 1).reduce((a, b) => a * b, 1);
      const largest = new Float64Array(shape[axis]!);
      for (const [i, w] of values.entries()) {
        const channel = Math.floor(i / inner) % shape[axis]!;
        expect(Math.abs(w - data[i]! * scale[channel]!)).toBeLessThanOrEqual(scale[channel]! / 2);
        largest[channel] = Math.max(largest[channel]!, Math.abs(data[i]!));
      }
      for (const [channel, most] of largest.entries()) if (scale[channel]! > 2 ** -126) expect(most).toBe(127);
    }),
    { numRuns: 200, seed: 0 },
  );
});

it("are read whole or in part, along any axis", () => {
  fc.assert(
    fc.property(weights, fc.nat(255), fc.nat(255), ([shape, axis, values], from, length) => {
      const quantized = quantize(values, shape, axis);
      const whole = new Float32Array(values.length);
      dequantize(quantized, shape, axis, whole);
      const first = from % values.length;
      const part = new Float32Array(Math.min(length, values.length - first));
      dequantize(quantized, shape, axis, part, first);
      expectSameBytes(part, whole.slice(first, first + part.length));
    }),
    { numRuns: 200, seed: 0 },
  );
});

it("each channel has its own scale", () => {
  const values = Float32Array.of(1.27, 254, -0.63, 2);
  expect(quantize(values, [2, 2], 1)).toEqual({ data: Int8Array.of(127, 127, -63, 1), scale: Float32Array.of(0.01, 2) });
  expect(quantize(values, [2, 2], 0)).toEqual({ data: Int8Array.of(1, 127, -40, 127), scale: Float32Array.of(2, 2 / 127) });
});
