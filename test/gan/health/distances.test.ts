import { expect, it } from "vitest";
import { reduced } from "../../../src/gan/health/distances.ts";

it.each([
  [20, 20, 3],
  [36, 20, 1],
  [28, 28, 1],
  [8, 5, 2],
])("images of %i x %i x %i are means over squares, the last ones over what there is of theirs", (height, width, channels) => {
  const data = Float32Array.from({ length: 2 * height * width * channels }, (_, i) => (i % channels) + 1);
  const rows = reduced(data, [height, width, channels]);
  expect(rows.n).toBe(2);
  expect(rows.d).toBeLessThanOrEqual(8 * 8 * channels);
  for (const [i, x] of rows.data.entries()) expect(x).toBeCloseTo((i % channels) + 1, 5);
});
