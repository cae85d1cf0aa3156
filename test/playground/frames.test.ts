import { afterEach, expect, it, vi } from "vitest";
import { drawInTurn } from "../../playground/src/views/frames.ts";

afterEach(() => void vi.unstubAllGlobals());

/** Animation frames that come when they are told to. @returns what brings the next one: false if nobody waits for it */
function frames(): () => boolean {
  let asked: (() => void)[] = [];
  vi.stubGlobal("requestAnimationFrame", (call: () => void) => asked.push(call));
  return () => {
    const calls = asked;
    asked = [];
    for (const call of calls) call();
    return calls.length > 0;
  };
}

it("draws one thing in a frame, in the order in which they asked, and each once", () => {
  const drawn: string[] = [];
  const [a, b] = [() => void drawn.push("a"), () => void drawn.push("b")];
  const next = frames();
  for (const draw of [a, a, b, a]) drawInTurn(draw);
  expect(drawn).toEqual([]);
  next();
  expect(drawn).toEqual(["a"]);
  drawInTurn(a);
  next();
  expect(drawn).toEqual(["a", "b"]);
  next();
  expect(drawn).toEqual(["a", "b", "a"]);
  expect(next()).toBe(false);
});

it("goes on after one that fails, and with what is asked for while it draws", () => {
  const drawn: string[] = [];
  const next = frames();
  drawInTurn(() => {
    drawInTurn(() => void drawn.push("asked for"));
    throw new Error("broken");
  });
  drawInTurn(() => void drawn.push("after it"));
  expect(next).toThrow("broken");
  next();
  next();
  expect(drawn).toEqual(["after it", "asked for"]);
  expect(next()).toBe(false);
});
