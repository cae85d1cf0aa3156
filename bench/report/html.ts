/** Text as HTML. */

/** HTML that is as it should be; anything else that is put into `html` is text. */
export class Html {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  toString(): string {
    return this.#text;
  }
}

type Part = Html | string | number | null | readonly Part[];

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

function show(part: Part): string {
  if (part === null) return "";
  if (part instanceof Html) return `${part}`;
  if (Array.isArray(part)) return part.map(show).join("");
  return `${part}`.replace(/[&<>"']/g, (sign) => ENTITIES[sign]!);
}

/** A template whose values are escaped. */
export const html = (texts: TemplateStringsArray, ...parts: readonly Part[]): Html =>
  new Html(texts.map((text, i) => (i === 0 ? text : show(parts[i - 1]!) + text)).join(""));
