import { describe, expect, it } from "vitest";
import { Lock } from "../../src/core/lock.ts";

const pause = () => new Promise<void>((resolve) => setTimeout(resolve, 1));

describe("Lock", () => {
  it("lets one piece of work run at a time, in order, and gives back results and errors", async () => {
    const lock = new Lock();
    const log: string[] = [];
    const work = (name: string, end?: Error) => async () => {
      log.push(`${name} begins`);
      await pause();
      log.push(`${name} ends`);
      if (end) throw end;
      return name;
    };
    const failure = new Error("b fails");
    const results = await Promise.allSettled([lock.run(work("a")), lock.run(work("b", failure)), lock.run(work("c"))]);
    expect(log).toEqual(["a begins", "a ends", "b begins", "b ends", "c begins", "c ends"]);
    expect(results).toEqual([
      { status: "fulfilled", value: "a" },
      { status: "rejected", reason: failure },
      { status: "fulfilled", value: "c" },
    ]);
  });

  it("runs what needs it free at once, or after the work under way", async () => {
    const lock = new Lock();
    const log: string[] = [];
    lock.whenFree(() => log.push("free"));
    expect(log).toEqual(["free"]);
    const running = lock.run(async () => {
      await pause();
      log.push("work");
    });
    lock.whenFree(() => log.push("free again"));
    expect(log).toEqual(["free"]);
    await running;
    await lock.run(async () => {});
    expect(log).toEqual(["free", "work", "free again"]);
    lock.whenFree(() => log.push("at once"));
    expect(log.at(-1)).toBe("at once");
  });
});
