/** What the tools of the panel have in common. */
import { h } from "../dom.ts";
import type { Session } from "../session.ts";
import type { Words } from "../words.ts";

/** What all tools need. */
export interface ToolContext {
  readonly words: Words["explore"];
  readonly session: Session;
  /** @returns draws as soon as may be: of all that was asked for meanwhile, only the last */
  queue(): (work: () => Promise<void>) => void;
}

/** One of the tools: its part of the panel, how it is drawn, and what is set there. */
export interface Tool<State> {
  readonly element: HTMLElement;
  readonly state: State;
  refresh(): void;
}

/** A tool's part of the panel. @param name by which its heading has an id */
export function section(name: string, words: { readonly heading: string; readonly about: string }, ...children: readonly HTMLElement[]): HTMLElement {
  const id = `explore-${name}-heading`;
  return h(
    "section",
    { class: "tool", "aria-labelledby": id },
    h("h3", { id }, words.heading),
    h("p", { class: "about" }, words.about),
    h("div", { class: "controls" }, ...children),
  );
}

/** A canvas that is read as a picture. @param label until something is drawn */
export const pictureCanvas = (label: string): HTMLCanvasElement => h("canvas", { role: "img", width: 1, height: 1, "aria-label": label });
