/** SVG as text: elements, colours, and how wide words are. */

export type Attributes = Readonly<Record<string, string | number | undefined>>;

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** Text as XML may have it: control characters, which it may not, are blanks. */
export const escaped = (text: string): string => text.replace(/\p{Cc}/gu, " ").replace(/[&<>"]/g, (character) => ENTITIES[character]!);

/** Tenths of a pixel are as fine as anyone can see. */
export const tenths = (value: number): number => Math.round(value * 10) / 10 + 0; // never -0

/** An element around markup. Attributes that are undefined are left out. */
export function element(name: string, attributes: Attributes, content = ""): string {
  const list = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${typeof value === "number" ? tenths(value) : escaped(value!)}"`)
    .join("");
  return content === "" ? `<${name}${list}/>` : `<${name}${list}>${content}</${name}>`;
}

/** What a part of a picture is there for, which says its colour. */
export type Role = "ground" | "ink" | "quiet" | "grid" | "alarm" | `series${0 | 1 | 2 | 3 | 4 | 5}`;

/**
 * Hues that people with any colour vision tell apart, as Okabe & Ito (2008) chose them; each so dark, or in the dark so light, that it stands out from the ground by at least 3 : 1, and text by 7 : 1
 * (WCAG 2.2, 1.4.6 and 1.4.11).
 */
const COLOURS: Readonly<Record<Role, Readonly<Record<"light" | "dark", string>>>> = {
  ground: { light: "#ffffff", dark: "#0d1117" },
  ink: { light: "#1f2328", dark: "#e6edf3" },
  quiet: { light: "#4d5560", dark: "#a5afba" },
  grid: { light: "#e4e7eb", dark: "#262c36" },
  alarm: { light: "#c8372d", dark: "#ff7b72" },
  series0: { light: "#0072b2", dark: "#56b4e9" },
  series1: { light: "#d55e00", dark: "#f0a04b" },
  series2: { light: "#008761", dark: "#2fc79a" },
  series3: { light: "#a8458f", dark: "#e796c8" },
  series4: { light: "#8a6d00", dark: "#f0e442" },
  series5: { light: "#4b5fd0", dark: "#9aa8ff" },
};

/** The role of a curve or a group of points, by its place among them. */
export const roleOf = (index: number): Role => `series${(index % 6) as 0 | 1 | 2 | 3 | 4 | 5}`;

/** "auto" follows who looks: light, and dark where they prefer that. */
export type Theme = "light" | "dark" | "auto";

/** Colours elements by their roles. */
export class Palette {
  readonly #theme: Theme;

  constructor(theme: Theme) {
    this.#theme = theme;
  }

  /** Attributes that colour an element. They hold where there is no CSS too; with "auto" a class lets the rules of {@link style} replace them. */
  paint(roles: { readonly fill?: Role; readonly stroke?: Role }): Attributes {
    const parts = Object.entries(roles);
    const ground = this.#theme === "dark" ? "dark" : "light";
    const attributes = Object.fromEntries(parts.map(([part, role]) => [part, COLOURS[role][ground]]));
    if (this.#theme !== "auto") return attributes;
    return { ...attributes, class: parts.map(([part, role]) => `ganvas-${part}-${role}`).join(" ") };
  }

  /** The rules for those who prefer the dark; the same in every picture, so that several can stand in one page. */
  style(): string {
    if (this.#theme !== "auto") return "";
    const rules = Object.entries(COLOURS).flatMap(([role, { dark }]) => ["fill", "stroke"].map((part) => `.ganvas-${part}-${role}{${part}:${dark}}`));
    return element("style", {}, `@media (prefers-color-scheme:dark){${rules.join("")}}`);
  }
}

/** Pixels that a text of this size takes at most, by the widths of the wider ones of usual fonts (DejaVu Sans, Verdana). */
export function widthOf(text: string, size: number): number {
  let ems = 0;
  for (const character of text) {
    if (character >= "\u2e80") ems += 1;
    else if (/[iljtfrI.,:;'|!()[\] ]/.test(character)) ems += 0.4;
    else if (/[mwMW@%]/.test(character)) ems += 0.96;
    else if (/[A-Z]/.test(character)) ems += 0.72;
    else ems += 0.64;
  }
  return ems * size;
}

/** A picture with its title and description, for those who hear it. */
export function picture({
  width,
  height,
  title,
  description,
  palette,
  content,
}: {
  readonly width: number;
  readonly height: number;
  readonly title: string;
  readonly description: string;
  readonly palette: Palette;
  readonly content: readonly string[];
}): string {
  const attributes = {
    xmlns: "http://www.w3.org/2000/svg",
    width,
    height,
    viewBox: `0 0 ${tenths(width)} ${tenths(height)}`,
    role: "img",
    "aria-label": title,
    "font-family": "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'DejaVu Sans', sans-serif",
    "font-size": FONT,
  };
  const about = [element("title", {}, escaped(title)), element("desc", {}, escaped(description)), palette.style()];
  const ground = element("rect", { width, height, ...palette.paint({ fill: "ground" }) });
  return `${element("svg", attributes, [...about, ground, ...content].filter((part) => part !== "").join("\n"))}\n`;
}

/** Pixels of text. */
export const FONT = 12;
