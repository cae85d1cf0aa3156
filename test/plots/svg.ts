/** Reads SVG as charts have it, with no more than a test needs. */
import { widthOf } from "../../src/plots/svg.ts";

export interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly Element[];
  /** What is between its tags, as it stands there. */
  readonly text: string;
}

/** Every element in the order of their beginnings. @throws where tags do not match */
export function parse(svg: string): Element[] {
  const all: Element[] = [];
  const open: { name: string; attributes: Record<string, string>; children: Element[]; text: string; from: number }[] = [];
  for (const tag of svg.matchAll(/<(\/?)([a-z]+)((?: [\w:-]+="[^"<]*")*)(\/?)>/gi)) {
    const [whole, closes, name, list, empty] = tag;
    if (closes) {
      const ended = open.pop();
      if (ended?.name !== name) throw new Error(`</${name}> after <${ended?.name}>`);
      ended!.text = svg.slice(ended!.from, tag.index);
      continue;
    }
    const attributes = Object.fromEntries([...list!.matchAll(/ ([\w:-]+)="([^"]*)"/g)].map(([, key, value]) => [key!, value!]));
    const element = { name: name!, attributes, children: [] as Element[], text: "", from: tag.index + whole.length };
    open.at(-1)?.children.push(element);
    all.push(element);
    if (!empty) open.push(element);
  }
  if (open.length > 0) throw new Error(`<${open[0]!.name}> has no end`);
  if (svg.replace(/<[^<>]*>/g, "").includes("<")) throw new Error("a bare <");
  return all;
}

/** What is written in it. */
export const textsOf = (svg: string): string[] =>
  parse(svg)
    .filter(({ name }) => name === "text")
    .map(({ text }) => text);

interface Box {
  readonly text: string;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** Where texts are, with what they take in a wide font; the picture is the first. */
export function boxesOf(svg: string): Box[] {
  const all = parse(svg);
  const { width, height } = all[0]!.attributes;
  const texts = all
    .filter(({ name }) => name === "text")
    .map(({ text, attributes: { x, y, "text-anchor": anchor, "font-size": size = "12" } }): Box => {
      const wide = widthOf(text.replaceAll(/&\w+;/g, "x"), Number(size));
      const left = Number(x) - (anchor === "end" ? wide : anchor === "middle" ? wide / 2 : 0);
      return { text, left, right: left + wide, top: Number(y) - Number(size) * 0.75, bottom: Number(y) + Number(size) * 0.2 };
    });
  return [{ text: "the picture", left: 0, right: Number(width), top: 0, bottom: Number(height) }, ...texts];
}

/** Pairs that lie on each other, and what lies outside of the first. */
export function overlaps([picture, ...boxes]: Box[]): string[] {
  const outside = boxes.filter((b) => b.left < picture!.left || b.right > picture!.right || b.top < picture!.top || b.bottom > picture!.bottom);
  const pairs = boxes.flatMap((a, i) =>
    boxes
      .slice(i + 1)
      .filter((b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom)
      .map((b) => `${a.text} / ${b.text}`),
  );
  return [...outside.map(({ text }) => `${text} is outside`), ...pairs];
}
