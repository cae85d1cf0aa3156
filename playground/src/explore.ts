/** What a generator has learned, to be tried out: between two samples, about one, with less chance, and by its seed. */
import "./explore.css";
import { filled, h, write } from "./dom.ts";
import { drawPath, drawSamples, isPoints } from "./explore/draw.ts";
import { Latest } from "./explore/latest.ts";
import { turned, type Walk, walkOf } from "./explore/walk.ts";
import type { Session } from "./session.ts";
import type { Words } from "./words.ts";

export interface ExploreOptions {
  /** Is filled, and emptied by `close`. */
  readonly root: HTMLElement;
  readonly words: Pick<Words, "explore">;
  readonly session: Session;
}

export interface Explore {
  /** Draws everything anew: after the generator has become another. Nothing is asked of the session while the panel is closed. */
  refresh(): void;
  close(): void;
}

/** One of the tools: its part of the panel, and how it is drawn. */
interface Tool {
  readonly element: HTMLElement;
  refresh(): void;
}

/** What all tools need. */
interface Bench {
  readonly words: Words["explore"];
  readonly session: Session;
  /** Draws as soon as may be. @param work of which only the last that was asked for counts */
  queue(): (work: () => Promise<void>) => void;
}

/** Latents between two, both included. */
const PATH = 65;
/** A walk goes this far to each side. */
const FARTHEST = Math.PI / 2;
const STRIDE = Math.PI / 36;
/** Standard deviations beyond which next to nothing is drawn anyway: there the slider is off. */
const UNTRUNCATED = 3;
const LARGEST_SEED = 2 ** 32 - 1;

export function mountExplore({ root, words: { explore: words }, session }: ExploreOptions): Explore {
  const failed = h("p", { class: "failed", role: "alert" });
  const fail = (error: Error): void => write(failed, filled(words.failed, { message: error.message }));
  const bench: Bench = {
    words,
    session,
    queue() {
      const latest = new Latest(fail);
      return (work) => {
        latest.ask(async () => {
          await work();
          write(failed, "");
        });
      };
    },
  };
  const truncation = truncationTool(bench);
  const tools: readonly Tool[] = [betweenTool(bench), walkTool(bench), truncation, seedTool(bench, truncation.value)];
  const refresh = (): void => {
    if (details.open) for (const tool of tools) tool.refresh();
  };
  const details = h(
    "details",
    { ontoggle: refresh },
    h("summary", {}, words.heading),
    h("p", { class: "about" }, words.about),
    failed,
    h("div", { class: "tools" }, ...tools.map(({ element }) => element)),
  );
  root.replaceChildren(details);
  return { refresh, close: () => root.replaceChildren() };
}

function tool(name: string, words: { readonly heading: string; readonly about: string }, ...children: readonly HTMLElement[]): HTMLElement {
  const id = `explore-${name}-heading`;
  return h(
    "section",
    { class: "tool", "aria-labelledby": id },
    h("h3", { id }, words.heading),
    h("p", { class: "about" }, words.about),
    h("div", { class: "controls" }, ...children),
  );
}

const picture = (label: string): HTMLCanvasElement => h("canvas", { role: "img", width: 1, height: 1, "aria-label": label });

/** @param change is called with seeds only */
function seedField(name: string, id: string, value: number, change: (seed: number) => void): HTMLElement {
  const input = h("input", { type: "number", id, min: 0, max: LARGEST_SEED, step: 1, value, required: true });
  input.addEventListener("input", () => {
    if (input.validity.valid) change(input.valueAsNumber);
  });
  return h("label", {}, name, input);
}

/** A slider between the pictures of two seeds. */
function betweenTool({ words: { between: words }, session, queue }: Bench): Tool {
  const ask = queue();
  const canvas = picture(words.heading);
  const place = h("output", { class: "place" });
  const seeds = { from: 1, to: 2 };
  const slider = h("input", { type: "range", id: "explore-place", min: 0, max: PATH - 1, step: 1, value: (PATH - 1) / 2, oninput: () => refresh() });
  /** The latents of the seeds that it was made for. */
  let path: { readonly of: string; readonly latents: Float32Array } | undefined;

  async function latentsOf({ from, to }: typeof seeds): Promise<Float32Array> {
    const of = `${from} ${to} ${(await session.latents({ count: 1, seed: 0 })).length}`;
    if (path?.of === of) return path.latents;
    const [a, b] = await Promise.all([session.latents({ count: 1, seed: from }), session.latents({ count: 1, seed: to })]);
    path = { of, latents: await session.interpolate(a, b, PATH) };
    return path.latents;
  }

  function refresh(): void {
    const at = slider.valueAsNumber;
    const percent = Math.round((100 * at) / (PATH - 1));
    write(place, filled(words.place, { percent }));
    slider.setAttribute("aria-valuetext", filled(words.place, { percent }));
    const wanted = { ...seeds };
    ask(async () => {
      const latents = await latentsOf(wanted);
      const size = latents.length / PATH;
      const made = await session.sample({ latents: latents.slice(at * size, (at + 1) * size) });
      // Of points the whole way is drawn.
      if (isPoints(made)) drawPath(canvas, await session.sample({ latents }), at);
      else drawSamples(canvas, made);
      canvas.setAttribute("aria-label", filled(words.picture, { percent, ...wanted }));
    });
  }

  const field = (name: "from" | "to"): HTMLElement =>
    seedField(words[name], `explore-${name}`, seeds[name], (seed) => {
      seeds[name] = seed;
      refresh();
    });
  const element = tool("between", words, canvas, h("div", { class: "row" }, field("from"), field("to")), h("label", {}, words.slider, slider), place);
  return { element, refresh };
}

/** A field in which a latent is turned in two directions. */
function walkTool({ words: { walk: words }, session, queue }: Bench): Tool {
  const ask = queue();
  const canvas = picture(words.heading);
  const place = h("output", { class: "place", id: "explore-walked" });
  const dot = h("span", { class: "at" });
  let [x, y, seed] = [0, 0, 1];
  let walk: { readonly of: string; readonly walk: Walk } | undefined;
  const pad = h(
    "div",
    { class: "pad", id: "explore-pad", tabindex: 0, role: "application", "aria-describedby": "explore-walked", onkeydown: key, onpointerdown: press },
    dot,
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
    go(((2 * (clientX - left)) / width - 1) * FARTHEST, (1 - (2 * (clientY - top)) / height) * FARTHEST);
  }

  function key(event: Event): void {
    const steps: Readonly<Record<string, readonly [number, number]>> = {
      ArrowLeft: [x - STRIDE, y],
      ArrowRight: [x + STRIDE, y],
      ArrowUp: [x, y + STRIDE],
      ArrowDown: [x, y - STRIDE],
      Home: [0, 0],
    };
    const to = steps[(event as KeyboardEvent).key];
    if (!to) return;
    event.preventDefault();
    go(...to);
  }

  function go(toX: number, toY: number): void {
    const within = (angle: number): number => Math.max(-FARTHEST, Math.min(FARTHEST, angle));
    [x, y] = [within(toX), within(toY)];
    refresh();
  }

  async function walkFrom(from: number): Promise<Walk> {
    const latents = await session.latents({ count: 3, seed: from });
    const of = `${from} ${latents.length}`;
    if (walk?.of !== of) walk = { of, walk: walkOf(latents) };
    return walk.walk;
  }

  function refresh(): void {
    const degrees = { x: Math.round((180 * x) / Math.PI), y: Math.round((180 * y) / Math.PI) };
    dot.style.left = `${50 * (1 + x / FARTHEST)}%`;
    dot.style.top = `${50 * (1 - y / FARTHEST)}%`;
    write(place, filled(words.place, degrees));
    pad.setAttribute("aria-label", filled(words.pad, { seed }));
    const [toX, toY, from] = [x, y, seed];
    ask(async () => {
      drawSamples(canvas, await session.sample({ latents: turned(await walkFrom(from), toX, toY) }));
      canvas.setAttribute("aria-label", filled(words.picture, degrees));
    });
  }

  const other = (): void => {
    seed += 1;
    go(0, 0);
  };
  const element = tool(
    "walk",
    words,
    canvas,
    pad,
    place,
    h(
      "div",
      { class: "row" },
      h("button", { type: "button", id: "explore-home", onclick: () => go(0, 0) }, words.home),
      h("button", { type: "button", id: "explore-other", onclick: other }, words.other),
    ),
  );
  return { element, refresh };
}

/** Sixteen samples with latents that keep near the middle. */
function truncationTool({ words: { truncation: words }, session, queue }: Bench): Tool & { value(): number | undefined } {
  const ask = queue();
  const canvas = picture(words.heading);
  const told = h("output", { class: "place" });
  const slider = h("input", {
    type: "range",
    id: "explore-truncation",
    min: 0.1,
    max: UNTRUNCATED,
    step: 0.1,
    value: UNTRUNCATED,
    oninput: () => refresh(),
  });
  const value = (): number | undefined => (slider.valueAsNumber < UNTRUNCATED ? slider.valueAsNumber : undefined);

  function refresh(): void {
    const truncation = value();
    const name = truncation === undefined ? words.off : truncation.toFixed(1);
    write(told, name);
    slider.setAttribute("aria-valuetext", name);
    ask(async () => {
      drawSamples(canvas, await session.sample({ count: 16, seed: 7, ...(truncation !== undefined && { truncation }) }));
      canvas.setAttribute("aria-label", filled(words.picture, { value: name }));
    });
  }

  return { element: tool("truncation", words, canvas, h("label", {}, words.slider, slider), told), refresh, value };
}

/** A picture with its hash, to be compared with that on another device. @param truncationOf what the slider of truncation says */
function seedTool({ words: { seed: words }, session, queue }: Bench, truncationOf: () => number | undefined): Tool {
  const ask = queue();
  const canvas = picture(words.heading);
  const hash = h("p", { class: "hash", id: "explore-hash", role: "status" });
  const copied = h("p", { class: "place", role: "status" });
  const copy = h("button", { type: "button", id: "explore-copy", disabled: true, onclick: () => void put() }, words.copy);
  let seed = 7;
  let shown = false;

  async function put(): Promise<void> {
    const done = await (navigator.clipboard?.writeText(hash.textContent ?? "") ?? Promise.reject()).then(
      () => true,
      () => false,
    );
    write(copied, done ? words.copied : words.notCopied);
  }

  /** The hash is of one generator, and the copy button for what is there. */
  function forget(): void {
    write(hash, "");
    write(copied, "");
    copy.disabled = true;
  }

  function show(): void {
    shown = true;
    forget();
    const [wanted, truncation] = [seed, truncationOf()];
    const options = { seed: wanted, ...(truncation !== undefined && { truncation }) };
    ask(async () => {
      forget();
      drawSamples(canvas, await session.sample(options));
      canvas.setAttribute("aria-label", filled(words.picture, { seed: wanted }));
      write(hash, (await session.fingerprint(options)).hash);
      copy.disabled = false;
    });
  }

  const form = h(
    "form",
    {
      class: "row",
      novalidate: false,
      onsubmit: (event) => {
        event.preventDefault();
        show();
      },
    },
    seedField(words.seed, "explore-seed", seed, (wanted) => {
      seed = wanted;
    }),
    h("button", { type: "submit", id: "explore-show" }, words.show),
  );
  const element = tool(
    "seed",
    words,
    canvas,
    form,
    h("h4", { class: "visually-hidden" }, words.hash),
    hash,
    h("div", { class: "row" }, copy),
    copied,
  );
  // The generator is saved for it, which is done when somebody wants it.
  return { element, refresh: () => (shown ? show() : undefined) };
}
