/**
 * Two segments side by side, at a distance of θ: points (0, y) and (θ, y), y uniform on [0, 1]. Their Jensen-Shannon divergence is log 2 for every θ above 0, and tells a generator not where to
 * go; their Wasserstein distance is θ. Writes segments.svg, and prints what it shows.
 *
 *   node segments.js [steps]
 */
import { writeFileSync } from "node:fs";
import { estimateDivergence } from "ganvas/metrics";
import { chart } from "./chart.js";

const COUNT = 2048;
const DISTANCES = [0, 0.25, 0.5, 1, 1.5, 2];
const steps = Number(process.argv[2] ?? 500);

/** Points whose heights are as even as can be: a whole number of equal steps, moved by a golden section for each set. */
function segment(x, set) {
  const data = new Float32Array(2 * COUNT);
  for (let i = 0; i < COUNT; i++) data.set([x, (i / COUNT + set * 0.618034) % 1], 2 * i);
  return { data, shape: [COUNT, 2] };
}

const series = { "jensen-shannon": [], "wasserstein-1": [] };
for (const distance of DISTANCES) {
  for (const [objective, points] of Object.entries(series)) {
    const { value, interval } = await estimateDivergence(segment(0, 0), segment(distance, 1), { objective, steps, seed: 1 });
    console.log(`θ ${distance}: ${objective} ${value.toFixed(4)}, ${interval.map((end) => end.toFixed(4)).join(" to ")}`);
    points.push({ x: distance, y: value, low: interval[0], high: interval[1] });
  }
}

const svg = chart({
  title: "Two segments at a distance of θ",
  x: "θ",
  y: "divergence",
  series: [
    { name: "W₁, estimated", points: series["wasserstein-1"] },
    { name: "W₁, exact", exact: true, points: DISTANCES.map((x) => ({ x, y: x })) },
    { name: "JS, estimated", points: series["jensen-shannon"] },
    { name: "JS, exact", exact: true, points: [0, 1e-6, DISTANCES.at(-1)].map((x) => ({ x, y: x > 0 ? Math.LN2 : 0 })) },
  ],
});
writeFileSync("segments.svg", svg);
