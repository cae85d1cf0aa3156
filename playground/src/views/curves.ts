/** Curves over the steps, drawn by uPlot. */
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { drawInTurn } from "./frames.ts";

const HEIGHT = 150;
const number = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });
const compact = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 });

export class Curves {
  #plot: uPlot | undefined;
  readonly #root: HTMLElement;
  /** The custom properties that have their colours. */
  readonly #colors: readonly string[];
  #data: uPlot.AlignedData;
  #ceiling = Number.POSITIVE_INFINITY;
  readonly #watch: ResizeObserver;

  /** @param colors of the curves, as custom properties */
  constructor(root: HTMLElement, colors: readonly string[]) {
    this.#root = root;
    this.#colors = colors;
    this.#data = [[], ...colors.map(() => [])];
    this.#watch = new ResizeObserver(() => this.#fit());
    this.#watch.observe(root);
  }

  /** Draws them in a frame to come. @param ceiling the most that there can be; a line is drawn there if it is finite */
  show(steps: readonly number[], curves: readonly (readonly number[])[], ceiling = Number.POSITIVE_INFINITY): void {
    this.#ceiling = ceiling;
    this.#data = [[...steps], ...curves.map((curve) => curve.map((value) => (Number.isFinite(value) ? value : null)))];
    drawInTurn(this.#draw);
  }

  readonly #draw = (): void => {
    if (this.#plot && this.#data[0].length > 0) this.#plot.setData(this.#data);
    else this.paint();
  };

  /** With no curve there are no axes either. */
  #clear(): void {
    this.#plot?.destroy();
    this.#plot = undefined;
  }

  /** Anew, in the colours that there are now. */
  paint(): void {
    this.#clear();
    if (this.#data[0].length === 0) return;
    const style = getComputedStyle(this.#root);
    const color = (name: string): string => style.getPropertyValue(name).trim();
    const axis: uPlot.Axis = {
      stroke: color("--muted"),
      font: `11px ${style.fontFamily}`,
      grid: { stroke: color("--line"), width: 1 },
      ticks: { stroke: color("--line"), width: 1, size: 4 },
    };
    this.#plot = new uPlot(
      {
        width: this.#root.clientWidth,
        height: HEIGHT,
        legend: { show: false },
        cursor: { show: false },
        padding: [8, 16, 0, 0],
        scales: {
          x: { time: false },
          y: { range: (_, low, high) => this.#range(low, high) },
        },
        axes: [
          { ...axis, size: 24, values: (_, ticks) => ticks.map((tick) => compact.format(tick)) },
          { ...axis, size: 44, values: (_, ticks) => ticks.map((tick) => number.format(tick)) },
        ],
        series: [{}, ...this.#colors.map((name) => ({ stroke: color(name), width: 1.5, points: { show: false } }))],
        hooks: { draw: [(plot) => this.#drawCeiling(plot, color("--bad"))] },
      },
      this.#data,
      this.#root,
    );
  }

  destroy(): void {
    this.#watch.disconnect();
    // One that waits for its turn finds nothing.
    this.#data = [[]];
    this.#clear();
  }

  #fit(): void {
    if (this.#plot && this.#plot.width !== this.#root.clientWidth) this.#plot.setSize({ width: this.#root.clientWidth, height: HEIGHT });
  }

  /** All but rare spikes. */
  #range(low: number | null, high: number | null): [number, number] {
    if (low === null || high === null) return [0, 1];
    if (Number.isFinite(this.#ceiling)) return [0, 1.08 * this.#ceiling];
    const values = (this.#data.slice(1) as (number | null)[][]).flatMap((curve) => curve.filter((value) => value !== null)).sort((a, b) => a - b);
    const usual = (share: number): number => values[Math.floor(share * (values.length - 1))]!;
    const margin = 0.5 * (usual(0.98) - usual(0.02));
    const [bottom, top] = [Math.min(0, Math.max(low, usual(0.02) - margin)), Math.max(1e-3, Math.min(high, usual(0.98) + margin))];
    return [bottom, top + 0.05 * (top - bottom)];
  }

  #drawCeiling({ ctx, bbox, valToPos }: uPlot, color: string): void {
    if (!Number.isFinite(this.#ceiling)) return;
    const y = Math.round(valToPos(this.#ceiling, "y", true)) + 0.5;
    ctx.save();
    ctx.strokeStyle = color;
    ctx.setLineDash([4, 4]);
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
    ctx.restore();
  }
}
