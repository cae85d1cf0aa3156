/** The picture of a seed with its hash, to be compared with that on another device. */
import { button, filled, h, setEnabled, write } from "../dom.ts";
import { seedInput } from "../seedInput.ts";
import { drawSamples } from "./draw.ts";
import { pictureCanvas, section, type Tool, type ToolContext } from "./tool.ts";
import type { Truncation } from "./truncation.ts";

/** A picture: of one seed and one truncation. */
interface Request {
  readonly seed: number;
  readonly truncation?: number;
}

export interface FingerprintState {
  readonly seed: number;
  /** The picture that was asked for last; undefined until one is. */
  readonly shown: Request | undefined;
}

/** @param truncationOf what the slider of truncation says */
export function fingerprintTool(
  { words: { seed: words, invalidSeed }, session, queue }: ToolContext,
  from: FingerprintState,
  truncationOf: () => Truncation,
): Tool<FingerprintState> {
  const draw = queue();
  const canvas = pictureCanvas(words.heading);
  // Of a generator that learns it is another every second, so it is not read aloud by itself.
  const hash = h("p", { class: "hash", id: "explore-hash" });
  const status = h("p", { class: "place", role: "status" });
  const copy = button(words.copy, () => void copyHash(), { id: "explore-copy" });
  let { seed, shown } = from;

  async function copyHash(): Promise<void> {
    const copied = await (navigator.clipboard?.writeText(hash.textContent ?? "") ?? Promise.reject()).then(
      () => true,
      () => false,
    );
    write(status, copied ? words.copied : words.notCopied);
  }

  function showHash(text: string): void {
    if (text !== hash.textContent) write(status, "");
    write(hash, text);
    setEnabled(copy, text !== "");
  }

  /** A hash stays until that of the same picture is there again, of the generator as it is by then. */
  function refresh(): void {
    if (!shown) return;
    const request = shown;
    draw(async () => {
      const made = await session.sample(request);
      let text = "";
      try {
        text = (await session.fingerprint(request)).hash;
      } finally {
        canvas.hidden = false;
        drawSamples(canvas, made);
        canvas.setAttribute("aria-label", filled(words.picture, { seed: request.seed }));
        showHash(text);
      }
    });
  }

  function show(): void {
    const truncation = truncationOf();
    if (seed !== shown?.seed || truncation !== shown.truncation) showHash("");
    shown = { seed, ...(truncation !== undefined && { truncation }) };
    refresh();
  }

  setEnabled(copy, false);
  canvas.hidden = true;
  const form = h(
    "form",
    {
      class: "row",
      onsubmit: (event) => {
        event.preventDefault();
        show();
      },
    },
    h(
      "label",
      {},
      words.seed,
      seedInput({
        id: "explore-seed",
        seed,
        invalid: invalidSeed,
        input(other) {
          seed = other;
        },
      }),
    ),
    h("button", { type: "submit", id: "explore-show" }, words.show),
  );
  const hidden = h("h4", { class: "visually-hidden" }, words.hash);
  return {
    element: section("seed", words, canvas, form, hidden, hash, h("div", { class: "row" }, copy), status),
    get state() {
      return { seed, shown };
    },
    refresh,
  };
}
