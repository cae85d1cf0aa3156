/** A field in which a latent is turned in two directions. */
import { filled, h, write } from "../dom.ts";
import { drawSamples } from "./draw.ts";
import { pictureCanvas, section, type Tool, type ToolContext } from "./tool.ts";
import { turned, type Walk, walkOf } from "./walk.ts";

export interface WalkState {
  readonly seed: number;
  /** Angles, in radians. */
  readonly x: number;
  readonly y: number;
}

/** The largest angle to each side. */
const MAX_ANGLE = Math.PI / 2;
/** What an arrow key turns by. */
const KEY_ANGLE = Math.PI / 36;

const clamped = (angle: number): number => Math.max(-MAX_ANGLE, Math.min(MAX_ANGLE, angle));

export function walkTool({ words: { walk: words }, session, queue }: ToolContext, from: WalkState): Tool<WalkState> {
  const draw = queue();
  const canvas = pictureCanvas(words.heading);
  const output = h("output", { class: "place", id: "explore-walked" });
  const handle = h("span", { class: "handle" });
  let { x, y, seed } = from;
  /** The walk that was asked for last, and what it follows from. */
  let last: { readonly key: string; readonly walk: Walk } | undefined;
  const pad = h(
    "div",
    { class: "pad", id: "explore-pad", tabindex: 0, role: "application", "aria-describedby": "explore-walked", onkeydown: key, onpointerdown: press },
    handle,
  );
  pad.addEventListener("pointermove", (event) => {
    if (pad.hasPointerCapture(event.pointerId)) follow(event);
  });

  function press(event: Event): void {
    pad.setPointerCapture((event as PointerEvent).pointerId);
    follow(event as PointerEvent);
  }

  function follow({ clientX, clientY }: PointerEvent): void {
    const { left, top, width, height } = pad.getBoundingClientRect();
    go(((2 * (clientX - left)) / width - 1) * MAX_ANGLE, (1 - (2 * (clientY - top)) / height) * MAX_ANGLE);
  }

  function key(event: Event): void {
    const angles: Readonly<Record<string, readonly [number, number]>> = {
      ArrowLeft: [x - KEY_ANGLE, y],
      ArrowRight: [x + KEY_ANGLE, y],
      ArrowUp: [x, y + KEY_ANGLE],
      ArrowDown: [x, y - KEY_ANGLE],
      Home: [0, 0],
    };
    const to = angles[(event as KeyboardEvent).key];
    if (!to) return;
    event.preventDefault();
    go(...to);
  }

  function go(toX: number, toY: number): void {
    [x, y] = [clamped(toX), clamped(toY)];
    refresh();
  }

  async function walkFrom(start: number): Promise<Walk> {
    const latents = await session.latents({ count: 3, seed: start });
    const key = `${start} ${latents.length}`;
    if (last?.key !== key) last = { key, walk: walkOf(latents) };
    return last.walk;
  }

  function refresh(): void {
    const degrees = { x: Math.round((180 * x) / Math.PI), y: Math.round((180 * y) / Math.PI) };
    handle.style.left = `${50 * (1 + x / MAX_ANGLE)}%`;
    handle.style.top = `${50 * (1 - y / MAX_ANGLE)}%`;
    write(output, filled(words.place, degrees));
    pad.setAttribute("aria-label", filled(words.pad, { seed }));
    const [toX, toY, start] = [x, y, seed];
    draw(async () => {
      drawSamples(canvas, await session.sample({ latents: turned(await walkFrom(start), toX, toY) }));
      canvas.setAttribute("aria-label", filled(words.picture, degrees));
    });
  }

  const turnElsewhere = (): void => {
    seed += 1;
    go(0, 0);
  };
  const buttons = h(
    "div",
    { class: "row" },
    h("button", { type: "button", id: "explore-home", onclick: () => go(0, 0) }, words.home),
    h("button", { type: "button", id: "explore-other", onclick: turnElsewhere }, words.other),
  );
  return {
    element: section("walk", words, canvas, pad, output, buttons),
    get state() {
      return { seed, x, y };
    },
    refresh,
  };
}
