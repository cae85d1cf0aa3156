import cliProgress from "cli-progress";

/** Where the demo writes what it has to say: standard output, or a stand-in. */
export interface Terminal extends NodeJS.WritableStream {
  readonly isTTY?: boolean;
}

/** How the training stands. */
export interface Standing {
  /** Steps done. */
  readonly step: number;
  readonly discriminatorLoss: number;
  readonly generatorLoss: number;
  readonly imagesPerSecond: number;
  readonly secondsLeft: number;
}

export interface Progress {
  update(standing: Standing): void;
  stop(): void;
}

/** A bar on a terminal; elsewhere, about twenty plain lines in all. */
export function showProgress(out: Terminal, steps: number): Progress {
  return out.isTTY ? bar(out, steps) : lines(out, steps);
}

function bar(out: Terminal, steps: number): Progress {
  const single = new cliProgress.SingleBar(
    { stream: out, format: "{bar} step {value}/{total}  {state}", barsize: 24, hideCursor: true, fps: 5 },
    cliProgress.Presets.shades_classic,
  );
  single.start(steps, 0, { state: "" });
  return {
    update: (standing) => single.update(standing.step, { state: describe(standing) }),
    stop: () => single.stop(),
  };
}

function lines(out: Terminal, steps: number): Progress {
  const every = Math.ceil(steps / 20);
  return {
    update(standing) {
      if (standing.step % every === 0 || standing.step === 1 || standing.step === steps) {
        out.write(`step ${standing.step}/${steps}  ${describe(standing)}\n`);
      }
    },
    stop() {},
  };
}

function describe({ discriminatorLoss, generatorLoss, imagesPerSecond, secondsLeft }: Standing): string {
  const losses = `loss D ${discriminatorLoss.toFixed(3)} G ${generatorLoss.toFixed(3)}`;
  return `${losses}  ${Math.round(imagesPerSecond)} images/s  ${duration(secondsLeft)} left`;
}

/** 75 as `1:15`. */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
