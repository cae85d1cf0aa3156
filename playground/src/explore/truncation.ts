/** Sixteen samples with latents that keep near the middle. */
import { filled, h, write } from "../dom.ts";
import { drawSamples } from "./draw.ts";
import { pictureCanvas, section, type Tool, type ToolContext } from "./tool.ts";

/** Standard deviations; undefined where nothing is truncated. */
export type Truncation = number | undefined;

/** Standard deviations beyond which next to nothing is drawn anyway: there the slider is off. */
const OFF = 3;

export function truncationTool({ words: { truncation: words }, session, queue }: ToolContext, from: Truncation): Tool<Truncation> {
  const draw = queue();
  const canvas = pictureCanvas(words.heading);
  const output = h("output", { class: "place" });
  const slider = h("input", { type: "range", id: "explore-truncation", min: 0.1, max: OFF, step: 0.1, value: from ?? OFF, oninput: () => refresh() });
  const truncationOf = (): Truncation => (slider.valueAsNumber < OFF ? slider.valueAsNumber : undefined);

  function refresh(): void {
    const truncation = truncationOf();
    const value = truncation === undefined ? words.off : truncation.toFixed(1);
    write(output, value);
    slider.setAttribute("aria-valuetext", value);
    draw(async () => {
      drawSamples(canvas, await session.sample({ count: 16, seed: 7, ...(truncation !== undefined && { truncation }) }));
      canvas.setAttribute("aria-label", filled(words.picture, { value }));
    });
  }

  return {
    element: section("truncation", words, canvas, h("label", {}, words.slider, slider), output),
    get state() {
      return truncationOf();
    },
    refresh,
  };
}
