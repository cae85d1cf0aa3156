import { LineChart } from "echarts/charts";
import { GridComponent, LegendComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";

use([LineChart, GridComponent, LegendComponent, SVGRenderer]);

/** One loss a step, the first being step 1. */
export interface Curve {
  readonly name: string;
  readonly values: ArrayLike<number>;
  readonly color: string;
}

/** An SVG of curves over steps: each step faintly, and boldly a running mean over a fiftieth of them. */
export function plotLosses(curves: readonly Curve[]): string {
  const chart = init(null, null, { renderer: "svg", ssr: true, width: 800, height: 420 });
  const line = { type: "line", showSymbol: false } as const;
  chart.setOption({
    animation: false,
    backgroundColor: "#ffffff",
    legend: { data: curves.map(({ name }) => name), icon: "roundRect", itemGap: 36, bottom: 6 },
    grid: { left: 64, right: 32, top: 24, bottom: 76 },
    xAxis: { type: "value", name: "step", nameLocation: "middle", nameGap: 26, min: 0, splitLine: { show: false } },
    yAxis: { type: "value", name: "loss", nameLocation: "middle", nameGap: 40, scale: true },
    series: curves.flatMap(({ name, values, color }) => [
      { ...line, data: points(values), sampling: "lttb", lineStyle: { color, width: 1, opacity: 0.25 }, silent: true },
      { ...line, name, data: points(runningMean(values)), itemStyle: { color }, lineStyle: { color, width: 2 } },
    ]),
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}

function points(values: ArrayLike<number>): [step: number, value: number][] {
  return Array.from(values, (value, i) => [i + 1, value]);
}

/** The mean of each value and those just before it. */
function runningMean(values: ArrayLike<number>): number[] {
  const span = Math.max(1, Math.round(values.length / 50));
  let sum = 0;
  return Array.from(values, (value, i) => {
    sum += value - (i >= span ? values[i - span]! : 0);
    return sum / Math.min(i + 1, span);
  });
}
