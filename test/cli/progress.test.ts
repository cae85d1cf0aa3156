import { describe, expect, it } from "vitest";
import { duration, Speed, type Standing, showProgress, trainingState } from "../../src/cli/progress.ts";
import { Goal, PreviewSchedule } from "../../src/cli/run/goal.ts";
import { Sink } from "./kit.ts";

const standing = (done: number): Standing => ({ done, state: "loss D 1.386", imagesPerSecond: 123.4, secondsLeft: 75 });

describe("showProgress", () => {
  it("writes about twenty plain lines where there is no terminal", () => {
    const out = new Sink();
    const progress = showProgress(out, { unit: "step", total: 1000 });
    for (let step = 1; step <= 1000; step++) progress.update(step / 1000, () => standing(step));
    progress.aside(() => out.write("aside\n"));
    progress.stop();
    const lines = out.text.trimEnd().split("\n");
    expect(lines.length).toBe(22);
    expect(lines[0]).toBe("step 1/1000  loss D 1.386  123 images/s  1:15 left");
    expect(lines[20]).toMatch(/^step 1000\/1000 /);
    expect(out.text).not.toContain("\x1b");
  });

  it("is not silent for long", () => {
    let now = 0;
    const out = new Sink();
    const progress = showProgress(out, { unit: "step", total: undefined }, () => now);
    for (let step = 1; step <= 16; step++, now += 60_000) progress.update(step / 1e6, () => standing(step));
    expect(out.text.match(/^step \d+/gm)).toEqual(["step 1", "step 6", "step 11", "step 16"]);
  });

  it("draws a bar on a terminal, a few times a second", () => {
    let now = 0;
    const out = new Sink(undefined, true);
    const progress = showProgress(out, { unit: "step", total: 10 }, () => now);
    let looks = 0;
    for (let step = 1; step <= 10; step++, now += 100) {
      progress.update(step / 10, () => {
        looks++;
        return standing(step);
      });
    }
    progress.stop();
    expect(out.text).toContain("step 10/10  loss D 1.386  123 images/s  1:15 left");
    expect(out.text).toContain("\x1b");
    expect(looks).toBe(6);
  });
});

describe("what is told", () => {
  it("is time as hours, minutes and seconds", () => {
    expect([0, 59.6, 600, 3725].map(duration)).toEqual(["0:00", "1:00", "10:00", "1:02:05"]);
  });

  it("is the losses, the divergence under its ceiling, what is not well and the memory", () => {
    const divergence = { name: "jensen-shannon", value: 0.3, ceiling: Math.LN2, upToFactor: false, heldOut: undefined, gap: undefined } as const;
    const losses = { discriminatorLoss: 1.3864, generatorLoss: 0.7009 };
    expect(trainingState({ ...losses, divergence }, ["mode-collapse"], 123.4e6)).toBe("loss D 1.386 G 0.701  JS 0.30/0.69  mode-collapse  123 MB");
    const unbounded = { ...divergence, name: "wasserstein-1", ceiling: Number.POSITIVE_INFINITY } as const;
    expect(trainingState({ ...losses, divergence: unbounded }, [], 0)).toBe("loss D 1.386 G 0.701  W1 0.30  0 MB");
  });
});

describe("speed", () => {
  it("is that of now: nothing from before this call counts, nor what is long past", () => {
    let now = 0;
    const speed = new Speed(5000, () => now);
    expect(speed.perSecond).toBeUndefined();
    for (let step = 5001; step <= 5100; step++) {
      now += 1000;
      speed.note(step);
    }
    expect(speed.perSecond).toBeCloseTo(1);
    for (let step = 5101; step <= 6000; step++) {
      now += 50;
      speed.note(step);
    }
    expect(speed.perSecond).toBeCloseTo(20, 0);
  });

  it("is known where one step takes minutes", () => {
    let now = 0;
    const speed = new Speed(0, () => now);
    for (const step of [1, 2, 3]) {
      now += 120_000;
      speed.note(step);
    }
    expect(speed.perSecond).toBeCloseTo(1 / 120);
  });
});

describe("the goal of a run", () => {
  it("is a number of steps, 10,000 where nobody says", () => {
    const goal = new Goal({}, 0, () => 0);
    goal.begin();
    expect(goal.steps).toBe(10_000);
    expect([goal.left(0), goal.left(9999), goal.left(10_000)]).toEqual([{ steps: 10_000 }, { steps: 1 }, null]);
    expect([goal.share(2500), goal.secondsLeft(2500, 100), goal.secondsLeft(1, undefined)]).toEqual([0.25, 75, undefined]);
  });

  it("is a time, over all calls", () => {
    let now = 0;
    const goal = new Goal({ minutes: 2 }, 30, () => now);
    goal.begin();
    expect(goal.steps).toBeUndefined();
    expect(goal.left(7)).toEqual({ milliseconds: 90_000 });
    now = 60_000;
    expect([goal.seconds, goal.share(7), goal.secondsLeft(7, undefined)]).toEqual([90, 0.75, 30]);
    now = 89_000; // no step fits in what is left
    goal.timeIsOver();
    expect([goal.seconds, goal.left(8)]).toEqual([120, null]);
  });

  it("is both, whichever comes first", () => {
    const goal = new Goal({ minutes: 1, steps: 100 }, 0, () => 0);
    goal.begin();
    expect(goal.left(40)).toEqual({ steps: 60, milliseconds: 60_000 });
    expect([goal.secondsLeft(40, 10), goal.secondsLeft(40, 0.5)]).toEqual([6, 60]);
  });
});

describe("previews", () => {
  it("are due every so many steps, and early on at shares of the run", () => {
    const schedule = new PreviewSchedule({ steps: 40 }, 0);
    const due = Array.from({ length: 100 }, (_, i) => i + 1).filter((step) => schedule.isDue(step, step / 100));
    expect(due).toEqual([2, 5, 10, 20, 40, 70, 80, 100]);
  });

  it("are due every so many seconds", () => {
    let now = 0;
    const schedule = new PreviewSchedule({ seconds: 3 }, 0.8, () => now);
    const due: number[] = [];
    for (let step = 1; step <= 10; step++) {
      now += 1000;
      if (schedule.isDue(step, 0.8)) due.push(step);
    }
    expect(due).toEqual([3, 6, 9]);
  });
});
