/** What is wrong with a training, by name, and a button for what helps where a setting does. */
import type { HealthEvent } from "ganvas";
import { button, filled, h, write } from "../dom.ts";
import { CHOICES, OF_FILE, type Settings } from "../settings.ts";
import type { Words } from "../words.ts";

type Remedy = keyof Words["page"]["remedies"];

/** Objectives that the library has at a rate below most of the choices, as their papers have it. */
const LOW: ReadonlySet<Settings["objective"]> = new Set(["wasserstein", "wasserstein-gp", "sngan", "r3gan"]);

/** The learning rate, or one that is below it where only the library knows it. */
function rateOf({ learningRate, objective, base }: Settings): number {
  const rate = learningRate === OF_FILE ? base!.optimizer.generator.learningRate : learningRate;
  if (typeof rate === "number") return rate;
  return LOW.has(objective) || rate !== null ? 0 : 1e-3;
}

/** What is set otherwise; nothing where there is nothing to set. */
const PATCHES: Readonly<Record<Remedy, (settings: Settings) => Partial<Settings>>> = {
  r1: () => ({ objective: "non-saturating-r1", regularizers: "default" }),
  gp: () => ({ objective: "wasserstein-gp", regularizers: "default" }),
  halve: (settings) => {
    const lower = CHOICES.learningRate.findLast((rate) => rate !== null && rate < rateOf(settings));
    return lower ? { learningRate: lower } : {};
  },
  augment: () => ({ augment: "translation" }),
  seed: ({ seed }) => ({ seed: seed + 1 }),
};

/** The remedies of each, the one that is nearest to the settings first. What is behind others comes before them. */
const REMEDIES: Readonly<Record<HealthEvent["name"], readonly Remedy[]>> = {
  "discriminator-saturated": ["r1", "gp"],
  "mode-collapse": ["r1", "gp"],
  "vanishing-gradient": ["r1", "gp"],
  diverging: ["halve"],
  memorising: ["augment"],
  "dead-discriminator": ["seed"],
  oscillating: ["r1", "halve"],
};

/** Steps from one look of the library to the next, by default. */
const LOOKED_AT = 100;

/** What is wrong now. */
export class Health {
  readonly #raised = new Map<HealthEvent["name"], HealthEvent>();
  #isKnown = false;

  clear(): void {
    this.#raised.clear();
    this.#isKnown = false;
  }

  /** @param step up to which it was looked at @returns whether there is something new to show */
  add(step: number, events: readonly HealthEvent[]): boolean {
    const isFirst = !this.#isKnown && step >= LOOKED_AT;
    if (isFirst) this.#isKnown = true;
    for (const event of events) {
      if (event.state === "raised") this.#raised.set(event.name, event);
      else this.#raised.delete(event.name);
    }
    return isFirst || events.length > 0;
  }

  /** Fills `parts` anew; of what is the same as before nothing is touched. */
  show(parts: HealthParts, words: Words, settings: Settings, restart: (patch: Partial<Settings>) => void): void {
    const { page, help } = words;
    const { health: meaning = {} } = help as Readonly<Record<string, Readonly<Record<string, string>>>>;
    const order = Object.keys(REMEDIES);
    const raised = [...this.#raised.values()].sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name));
    const items = raised.map((event) => {
      const remedy = REMEDIES[event.name].find((name) => isOther(settings, PATCHES[name](settings)));
      return h(
        "li",
        {},
        h("strong", { lang: "en" }, event.name),
        h("p", {}, meaning[event.name] ?? ""),
        h("p", { class: "hint", lang: "en" }, `${event.evidence}.`),
        remedy && button(page.remedies[remedy], () => restart(PATCHES[remedy](settings)), { id: `remedy-${event.name}` }),
      );
    });
    const list =
      items.length > 0 ? h("ul", { class: "health" }, ...items) : h("p", { class: "hint" }, this.#isKnown ? page.healthy : page.unknownHealth);
    if (!parts.list.firstChild?.isEqualNode(list)) parts.list.replaceChildren(list);
    write(parts.said, items.length > 0 ? filled(page.unhealthy, { names: raised.map(({ name }) => name).join(", ") }) : "");
  }
}

/** Where it is shown. */
export interface HealthParts {
  readonly list: HTMLElement;
  /** Is read aloud, and not seen. */
  readonly said: HTMLElement;
}

const isOther = (settings: Settings, patch: Partial<Settings>): boolean =>
  Object.entries(patch).some(([name, value]) => settings[name as keyof Settings] !== value);
