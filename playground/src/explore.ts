/** What a generator has learned, to be tried out: between two samples, about one, with less chance, and by its seed. */
import "./explore.css";
import { filled, h, write } from "./dom.ts";
import { type BetweenState, betweenTool } from "./explore/between.ts";
import { type FingerprintState, fingerprintTool } from "./explore/fingerprint.ts";
import { Latest } from "./explore/latest.ts";
import type { ToolContext } from "./explore/tool.ts";
import { type Truncation, truncationTool } from "./explore/truncation.ts";
import { type WalkState, walkTool } from "./explore/walking.ts";
import type { Session } from "./session.ts";
import type { Words } from "./words.ts";

/** What is set in the panel. */
export interface ExploreState {
  readonly isOpen: boolean;
  readonly between: BetweenState;
  readonly walk: WalkState;
  readonly truncation: Truncation;
  readonly fingerprint: FingerprintState;
}

export interface ExploreOptions {
  /** Is filled, and emptied by `close`. */
  readonly root: HTMLElement;
  readonly words: Pick<Words, "explore">;
  readonly session: Session;
  /** What it goes on from: the state of another, in another language. */
  readonly from?: ExploreState | undefined;
}

export interface Explore {
  /** What is set now. */
  readonly state: ExploreState;
  /** Draws everything anew: after the generator has become another. Nothing is asked of the session while the panel is closed. */
  refresh(): void;
  close(): void;
}

const INITIAL: ExploreState = {
  isOpen: false,
  between: { from: 1, to: 2, place: 0.5 },
  walk: { seed: 1, x: 0, y: 0 },
  truncation: undefined,
  fingerprint: { seed: 7, shown: undefined },
};

export function mountExplore({ root, words: { explore: words }, session, from = INITIAL }: ExploreOptions): Explore {
  const failed = h("p", { class: "failed", role: "alert" });
  const fail = (error: Error): void => write(failed, filled(words.failed, { message: error.message }));
  const context: ToolContext = {
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
  const between = betweenTool(context, from.between);
  const walk = walkTool(context, from.walk);
  const truncation = truncationTool(context, from.truncation);
  const fingerprint = fingerprintTool(context, from.fingerprint, () => truncation.state);
  const tools = [between, walk, truncation, fingerprint];
  const refresh = (): void => {
    if (details.open) for (const tool of tools) tool.refresh();
  };
  const details = h(
    "details",
    { open: from.isOpen, ontoggle: refresh },
    h("summary", {}, words.heading),
    h("p", { class: "about" }, words.about),
    failed,
    h("div", { class: "tools" }, ...tools.map(({ element }) => element)),
  );
  root.replaceChildren(details);
  return {
    get state() {
      return { isOpen: details.open, between: between.state, walk: walk.state, truncation: truncation.state, fingerprint: fingerprint.state };
    },
    refresh,
    close: () => root.replaceChildren(),
  };
}
