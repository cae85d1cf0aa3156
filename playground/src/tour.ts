/** The tour: stations that set the playground up, one after another, and say what to watch. */
import "./tour.css";
import { filled, h } from "./dom.ts";
import type { Settings } from "./settings.ts";
import { STATIONS, type StationId } from "./stations.ts";
import type { Language, Words } from "./words.ts";

export interface TourOptions {
  /** Is filled by the tour, and emptied when it closes. */
  readonly root: HTMLElement;
  readonly words: Pick<Words, "tour">;
  readonly language: Language;
  /** Where it goes on from, with nothing set anew; without it, it begins at the first station. */
  readonly from?: StationId | undefined;
  /** Sets the playground as a station wants it. */
  apply(settings: Partial<Settings>): void;
}

export interface Tour {
  /** Where it is. */
  readonly station: StationId;
  close(): void;
}

export function mountTour({ root, words: { tour }, language, from, apply }: TourOptions): Tour {
  const { stations } = tour;
  let at = Math.max(
    0,
    stations.findIndex(({ id }) => id === from),
  );
  const button = (name: string, act: () => void): HTMLButtonElement => h("button", { type: "button", onclick: act }, name);
  const previous = button(tour.previous, () => enter(at - 1));
  const next = button(tour.next, () => enter(at + 1));
  const position = h("p", { class: "position" });
  const marks = stations.map(({ title }, i) =>
    h("button", { type: "button", class: "mark", "aria-label": `${i + 1}: ${title}`, title, onclick: () => enter(i) }, `${i + 1}`),
  );
  const heading = h("h3", { tabindex: -1, id: "station-heading" });
  const text = h("p", { class: "text" });
  const watch = h("p");
  const said = h("p", { class: "hint", role: "status", "aria-live": "polite" });
  root.lang = language;
  root.setAttribute("aria-label", tour.heading);
  root.replaceChildren(
    h(
      "div",
      { class: "panel station" },
      h("div", { class: "where" }, position, h("ol", { class: "marks" }, ...marks.map((mark) => h("li", {}, mark)))),
      // Above the text, so that they stay where they are from station to station.
      h("div", { class: "steps" }, previous, next),
      h("div", { class: "idea" }, heading, text),
      h("div", { class: "watch" }, h("h4", {}, tour.watch), watch, said),
    ),
  );

  function show(): void {
    const station = stations[at]!;
    position.textContent = filled(tour.position, { number: at + 1, count: stations.length });
    heading.textContent = station.title;
    text.textContent = station.text.join(language === "zh" ? "" : " ");
    watch.textContent = station.watch;
    previous.disabled = at === 0;
    next.disabled = at === stations.length - 1;
    for (const [i, mark] of marks.entries()) {
      if (i === at) mark.setAttribute("aria-current", "step");
      else mark.removeAttribute("aria-current");
    }
  }

  function enter(station: number): void {
    at = station;
    show();
    apply(STATIONS[stations[at]!.id as StationId]);
    said.textContent = tour.applied;
    heading.focus({ preventScroll: true });
    // On a phone the station may be longer than the window: it is read from its beginning.
    heading.scrollIntoView({ block: "nearest" });
  }

  if (from === undefined) enter(0);
  else show();
  return {
    get station() {
      return stations[at]!.id as StationId;
    },
    close() {
      root.removeAttribute("aria-label");
      root.replaceChildren();
    },
  };
}
