import cliProgress from "cli-progress";
import type { Divergence } from "../index.ts";
import type { Terminal } from "./context.ts";

/** How work stands: a training, or pictures that are made. */
export interface Standing {
  /** Steps, or pictures, done in all. */
  readonly done: number;
  /** What is told beside numbers, speed and time. */
  readonly state: string;
  /** Images in a second, now; undefined where nobody knows yet. */
  readonly imagesPerSecond: number | undefined;
  readonly secondsLeft: number | undefined;
}

/** What work comes to. */
export interface Extent {
  /** What is counted: "step", "picture". */
  readonly unit: string;
  /** How many there will be; undefined where time alone ends it. */
  readonly total: number | undefined;
}

export interface Progress {
  /**
   * @param share how much of all work is done, 0 to 1
   * @param look how it stands, asked where it is told
   */
  update(share: number, look: () => Standing): void;
  /** Writes something else, of which nothing is to be left over. */
  aside(write: () => void): void;
  stop(): void;
}

/** A bar on a terminal; elsewhere, about twenty plain lines in all, and one at least every five minutes. */
export function showProgress(out: Terminal, extent: Extent, now = () => performance.now()): Progress {
  return out.isTTY ? bar(out, extent, now) : lines(out, extent, now);
}

/** Parts of a bar. */
const PARTS = 1000;
const REDRAWN_MS = 200;

function bar(out: Terminal, extent: Extent, now: () => number): Progress {
  const single = new cliProgress.SingleBar(
    { stream: out, format: "{bar} {text}", barsize: 24, hideCursor: true, linewrap: false },
    cliProgress.Presets.shades_classic,
  );
  single.start(PARTS, 0, { text: "" });
  let told = Number.NEGATIVE_INFINITY;
  return {
    update(share, look) {
      if (share < 1 && now() - told < REDRAWN_MS) return;
      told = now();
      single.update(Math.floor(PARTS * share), { text: describe(look(), extent) });
    },
    aside(write) {
      out.write("\r\x1b[K");
      write();
    },
    stop: () => single.stop(),
  };
}

const LINES = 20;
const LONGEST_SILENCE_MS = 5 * 60_000;

function lines(out: Terminal, extent: Extent, now: () => number): Progress {
  let told = -1;
  let toldAt = now();
  return {
    update(share, look) {
      const part = Math.floor(LINES * share);
      if (part <= told && now() - toldAt < LONGEST_SILENCE_MS) return;
      told = part;
      toldAt = now();
      out.write(`${describe(look(), extent)}\n`);
    },
    aside: (write) => write(),
    stop() {},
  };
}

function describe({ done, state, imagesPerSecond, secondsLeft }: Standing, { unit, total }: Extent): string {
  return [
    `${unit} ${done}${total === undefined ? "" : `/${total}`}`,
    state,
    imagesPerSecond === undefined ? "" : `${imagesPerSecond < 10 ? imagesPerSecond.toFixed(1) : Math.round(imagesPerSecond)} images/s`,
    secondsLeft === undefined ? "" : `${duration(secondsLeft)} left`,
  ]
    .filter((part) => part !== "")
    .join("  ");
}

/** 75 as `1:15`, 3725 as `1:02:05`. */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (n: number): string => String(n).padStart(2, "0");
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/** What the divergence is called where there is little room. */
const SHORT: Readonly<Record<string, string>> = {
  "jensen-shannon": "JS",
  "jensen-shannon-of-pairs": "JS of pairs",
  "triangular-discrimination": "triangular",
  "total-variation": "TV",
  "wasserstein-1": "W1",
};

/** The losses, the divergence under its ceiling, what is not well, and bytes held. */
export function trainingState(
  {
    discriminatorLoss,
    generatorLoss,
    divergence,
  }: { readonly discriminatorLoss: number; readonly generatorLoss: number; readonly divergence: Divergence },
  unwell: Iterable<string>,
  bytes: number,
): string {
  const { name, value, ceiling } = divergence;
  const most = Number.isFinite(ceiling) ? `/${ceiling.toFixed(2)}` : "";
  const losses = `loss D ${discriminatorLoss.toFixed(3)} G ${generatorLoss.toFixed(3)}`;
  return [losses, `${SHORT[name] ?? name} ${value.toFixed(2)}${most}`, [...unwell].join(", "), `${Math.round(bytes / 1e6)} MB`]
    .filter((part) => part !== "")
    .join("  ");
}

/** How fast work goes now: over the last half minute, or the last two things done where they take longer. */
export class Speed {
  readonly #now: () => number;
  readonly #moments: { readonly done: number; readonly at: number }[] = [];

  /** @param done before it begins, which has no part in its speed */
  constructor(done: number, now: () => number = () => performance.now()) {
    this.#now = now;
    this.#moments.push({ done, at: now() });
  }

  /** Notes how much is done. */
  note(done: number): void {
    const moments = this.#moments;
    const at = this.#now();
    if (moments.length > 1 && moments.at(-1)!.at - moments.at(-2)!.at < SPACING_MS) moments.pop();
    moments.push({ done, at });
    while (moments.length > 2 && at - moments[1]!.at >= WINDOW_MS) moments.shift();
  }

  /** Done in a second; undefined before anything is. */
  get perSecond(): number | undefined {
    const [first, last] = [this.#moments[0]!, this.#moments.at(-1)!];
    return last.done > first.done && last.at > first.at ? (1000 * (last.done - first.done)) / (last.at - first.at) : undefined;
  }
}

const WINDOW_MS = 30_000;
const SPACING_MS = 250;
