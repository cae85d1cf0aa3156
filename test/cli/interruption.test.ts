import { EventEmitter } from "node:events";
import { describe, expect, it } from "vitest";
import { onInterruption } from "../../src/cli/interruption.ts";
import { WriteError } from "../../src/node.ts";

describe("onInterruption", () => {
  let now = 0;
  const listen = () => {
    const exits: number[] = [];
    const process = Object.assign(new EventEmitter(), {
      stdout: new EventEmitter(),
      stderr: new EventEmitter(),
      exit: (code: number) => exits.push(code),
    });
    return { process, exits, signal: onInterruption(process, () => now) };
  };

  it.each([
    ["SIGHUP", 129],
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ])("takes %s for a wish to end, its echo for the same, and a second one for an order", (name, code) => {
    const { process, exits, signal } = listen();
    expect(signal.aborted).toBe(false);
    process.emit(name);
    expect(signal.reason).toMatchObject({ exitCode: code });
    now += 5; // Ctrl-C comes from the terminal, and from npm once more
    process.emit(name);
    expect(exits).toEqual([]);
    now += 1000;
    process.emit(name);
    expect(exits).toEqual([code]);
  });

  it("ends when nobody reads standard output any more, or it cannot be written", () => {
    const closed = listen();
    closed.process.stderr.emit("error", new Error("write EPIPE"));
    expect(closed.signal.aborted).toBe(false);
    closed.process.stdout.emit("error", Object.assign(new Error("write EPIPE"), { code: "EPIPE" }));
    expect(closed.signal.reason).toMatchObject({ exitCode: 141 });
    const full = listen();
    full.process.stdout.emit("error", Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" }));
    expect(full.signal.reason).toBeInstanceOf(WriteError);
  });
});
