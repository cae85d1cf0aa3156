/** The picture of a seed with its hash, to be compared with that on another device. */
import { filled, h, write } from "../dom.ts";
import { drawSamples } from "./draw.ts";
import { seedField } from "./seedField.ts";
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
  const hash = h("p", { class: "hash", id: "explore-hash", role: "status" });
  const status = h("p", { class: "place", role: "status" });
  // One that were disabled would lose the focus.
  const copy = h("button", { type: "button", id: "explore-copy", "aria-disabled": "true", onclick: () => void copyHash() }, words.copy);
  let { seed, shown } = from;

  async function copyHash(): Promise<void> {
    if (!hash.textContent) return;
    const copied = await (navigator.clipboard?.writeText(hash.textContent) ?? Promise.reject()).then(
      () => true,
      () => false,
    );
    write(status, copied ? words.copied : words.notCopied);
  }

  function showHash(text: string): void {
    if (text !== hash.textContent) write(status, "");
    write(hash, text);
    copy.setAttribute("aria-disabled", `${text === ""}`);
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

  const form = h(
    "form",
    {
      class: "row",
      onsubmit: (event) => {
        event.preventDefault();
        show();
      },
    },
    seedField({
      id: "explore-seed",
      label: words.seed,
      seed,
      invalid: invalidSeed,
      change(other) {
        seed = other;
      },
    }),
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
