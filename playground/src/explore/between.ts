/** A slider between the pictures of two seeds. */
import { filled, h, write } from "../dom.ts";
import { seedInput } from "../seedInput.ts";
import { drawPath, drawSamples, isPoints } from "./draw.ts";
import { pictureCanvas, section, type Tool, type ToolContext } from "./tool.ts";

export interface BetweenState {
  readonly from: number;
  readonly to: number;
  /** From 0, at `from`, to 1, at `to`. */
  readonly place: number;
}

/** Latents of the way, both ends included. */
const COUNT = 65;

export function betweenTool(
  { words: { between: words, invalidSeed }, session, queue }: ToolContext,
  { from, to, place }: BetweenState,
): Tool<BetweenState> {
  const draw = queue();
  const canvas = pictureCanvas(words.heading);
  const output = h("output", { class: "place" });
  const seeds = { from, to };
  const slider = h("input", {
    type: "range",
    id: "explore-place",
    min: 0,
    max: COUNT - 1,
    step: 1,
    value: place * (COUNT - 1),
    oninput: () => refresh(),
  });
  /** The latents that were asked for last, and what they follow from. */
  let path: { readonly key: string; readonly latents: Float32Array } | undefined;

  async function latentsOf({ from, to }: typeof seeds): Promise<Float32Array> {
    const key = `${from} ${to} ${(await session.latents({ count: 1, seed: 0 })).length}`;
    if (path?.key === key) return path.latents;
    const [a, b] = await Promise.all([session.latents({ count: 1, seed: from }), session.latents({ count: 1, seed: to })]);
    path = { key, latents: await session.interpolate(a, b, COUNT) };
    return path.latents;
  }

  function refresh(): void {
    const at = slider.valueAsNumber;
    const percent = Math.round((100 * at) / (COUNT - 1));
    write(output, filled(words.place, { percent }));
    slider.setAttribute("aria-valuetext", filled(words.place, { percent }));
    const wanted = { ...seeds };
    draw(async () => {
      const latents = await latentsOf(wanted);
      const size = latents.length / COUNT;
      const made = await session.sample({ latents: latents.slice(at * size, (at + 1) * size) });
      // Of points the whole way is drawn.
      if (isPoints(made)) drawPath(canvas, await session.sample({ latents }), at);
      else drawSamples(canvas, made);
      canvas.setAttribute("aria-label", filled(words.picture, { percent, ...wanted }));
    });
  }

  const field = (name: "from" | "to"): HTMLElement =>
    h(
      "label",
      {},
      words[name],
      seedInput({
        id: `explore-${name}`,
        seed: seeds[name],
        invalid: invalidSeed,
        input(seed) {
          seeds[name] = seed;
          refresh();
        },
      }),
    );
  return {
    element: section("between", words, canvas, h("div", { class: "row" }, field("from"), field("to")), h("label", {}, words.slider, slider), output),
    get state() {
      return { ...seeds, place: slider.valueAsNumber / (COUNT - 1) };
    },
    refresh,
  };
}
