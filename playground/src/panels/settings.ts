/** What to learn, and how: every setting with a sentence on what is chosen. */
import { button, filled, h } from "../dom.ts";
import { wantsFiles } from "../examples.ts";
import { seedInput } from "../seedInput.ts";
import { CHOICES, type ChoiceName, canBeOfFile, isPlane, OF_FILE, type RegularizerName, type Settings } from "../settings.ts";
import type { Words } from "../words.ts";

export interface SettingsPanel {
  readonly root: HTMLElement;
  readonly words: Words;
  /** Some settings were changed. */
  change(patch: Partial<Settings>): void;
  /** Files were chosen. */
  addFiles(files: readonly File[]): void;
  startOver(): void;
  defaults(): void;
}

/** What is in the panel beside the settings themselves. */
export interface SettingsState {
  readonly settings: Settings;
  /** Whether they are others than those of the training that there is. */
  readonly pending: boolean;
  readonly files: number;
}

type Choice = string | number | null;
type SelectName = Exclude<ChoiceName, "regularizers">;
type SettingName = ChoiceName | "seed";

/** What few people change. */
const MORE: readonly SettingName[] = ["regularizers", "augment", "width", "batchSize", "learningRate", "seed", "backend"];

/** The panel as it is on the page. Controls are made anew only where others are to be seen, so that what somebody has in hand stays. */
export class SettingsView {
  readonly #panel: SettingsPanel;
  readonly #note: HTMLElement;
  readonly #controls = h("div", { class: "controls" });
  /** Whether all settings are shown, where nobody has opened or closed them here. */
  readonly #showsMore: boolean;
  #drawn = "";

  constructor(panel: SettingsPanel, showsMore: boolean) {
    [this.#panel, this.#showsMore] = [panel, showsMore];
    const { heading, pending, startOver } = panel.words.page.settings;
    this.#note = h(
      "div",
      { class: "note", role: "status", hidden: true },
      h("p", {}, pending),
      button(startOver, () => panel.startOver(), { class: "primary", id: "start-over" }),
    );
    panel.root.replaceChildren(h("h2", { id: "settings-heading" }, heading), this.#note, this.#controls);
  }

  get showsMore(): boolean {
    return this.#controls.querySelector("details")?.open ?? this.#showsMore;
  }

  show(state: SettingsState): void {
    this.#note.hidden = !state.pending;
    const { seed, ...choices } = state.settings;
    const drawn = JSON.stringify([choices, state.files]);
    if (drawn !== this.#drawn) {
      this.#drawn = drawn;
      this.#draw(state);
    }
    const input = this.#controls.querySelector<HTMLInputElement>("#setting-seed")!;
    if (document.activeElement !== input) {
      input.value = `${seed}`;
      input.setCustomValidity("");
    }
  }

  #draw(state: SettingsState): void {
    const { settings } = state;
    const panel = this.#panel;
    const words = panel.words.page.settings;
    const basics: SettingName[] = ["data"];
    if (settings.data === "pictures") basics.push("size");
    basics.push("architecture", "objective");
    const more = h("details", { class: "more", open: this.showsMore }, h("summary", { id: "more-settings" }, words.more));
    for (const name of MORE) if (applies(name, settings)) more.append(control(panel, settings, name));
    more.append(button(words.defaults, () => panel.defaults(), { id: "defaults" }));
    this.#controls.replaceChildren(
      ...basics.flatMap((name) => [control(panel, settings, name), ...(name === "data" ? drop(panel, state) : [])]),
      more,
    );
  }
}

/** Points are not augmented, and networks from a file have widths of their own. */
const applies = (name: SettingName, { data, architecture }: Settings): boolean =>
  !(name === "augment" && isPlane(data)) && !(name === "width" && architecture === OF_FILE);

function control(panel: SettingsPanel, settings: Settings, name: SettingName): HTMLElement {
  if (name === "regularizers") return regularizers(panel, settings);
  if (name === "seed") return seed(panel, settings);
  return select(panel, settings, name);
}

/** What a file says in place of a choice; of networks and augmentations there is too much to be said in a word. */
function titleOfFile({ words }: SettingsPanel, { base }: Settings, name: SettingName): string {
  const { ofFile, ofFileNamed } = words.page.settings;
  const { learningRate } = base!.optimizer.generator;
  const told: Partial<Record<SettingName, string>> = {
    objective: base!.objective.name,
    ...(typeof learningRate === "number" && { learningRate: `${learningRate}` }),
  };
  return told[name] ? filled(ofFileNamed, { value: told[name] }) : ofFile;
}

/** A sentence of `text/help`. */
function help({ words }: SettingsPanel, setting: string, choice: Choice = ""): string {
  const sentences = words.help as Readonly<Record<string, Readonly<Record<string, string>>>>;
  return sentences[setting]?.[`${choice}`] ?? "";
}

function field(panel: SettingsPanel, name: string, hint: string, input: HTMLElement): HTMLElement {
  const id = `setting-${name}`;
  input.id = id;
  const labels = panel.words.page.settings as unknown as Readonly<Record<string, string>>;
  if (hint) input.setAttribute("aria-describedby", `${id}-hint`);
  return h(
    "div",
    { class: "field" },
    h("label", { for: id, title: help(panel, name) || null }, labels[name]!),
    input,
    hint && h("p", { class: "hint", id: `${id}-hint` }, hint),
  );
}

function select(panel: SettingsPanel, settings: Settings, name: SelectName): HTMLElement {
  const plane = isPlane(settings.data);
  const value = settings[name];
  const usual: readonly Choice[] = plane && name === "architecture" ? ["default", "mlp"] : CHOICES[name];
  // A file has choices of its own, and a number that may be none of the usual.
  const choices = [...new Set<Choice>([...(canBeOfFile(settings, name) ? [OF_FILE] : []), ...(usual.includes(value) ? [] : [value]), ...usual])];
  const { own } = panel.words.page.settings;
  const titles = (panel.words.page.choices as Readonly<Record<string, Readonly<Record<string, string>>>>)[name];
  const title = (choice: Choice): string =>
    titles?.[`${choice}`] ?? (choice === null || choice === "default" ? own : choice === OF_FILE ? titleOfFile(panel, settings, name) : `${choice}`);
  const input = h(
    "select",
    {
      onchange: ({ currentTarget }) => {
        const choice = choices[(currentTarget as HTMLSelectElement).selectedIndex]!;
        panel.change({ [name]: choice } as Partial<Settings>);
      },
    },
    ...choices.map((choice) => h("option", { selected: choice === value, value: `${choice}` }, title(choice))),
  );
  return field(panel, name, help(panel, name, value) || help(panel, name), input);
}

function seed(panel: SettingsPanel, settings: Settings): HTMLElement {
  const input = seedInput({
    id: "setting-seed",
    seed: settings.seed,
    invalid: panel.words.explore.invalidSeed,
    input: (seed) => panel.change({ seed }),
  });
  return field(panel, "seed", help(panel, "seed"), input);
}

function regularizers(panel: SettingsPanel, settings: Settings): HTMLElement {
  const { words } = panel;
  // Whoever brings its own along: the objective, or the file.
  const whole = canBeOfFile(settings, "regularizers") && settings.regularizers !== "default" ? OF_FILE : "default";
  const own = settings.regularizers === whole;
  const chosen = new Set(namesOf(settings));
  const box = (id: string, name: string, checked: boolean, change: (checked: boolean) => void): HTMLElement =>
    h(
      "label",
      { class: "check", title: help(panel, "regularizers", id) || null },
      h("input", {
        type: "checkbox",
        id: `regularizer-${id}`,
        checked,
        onchange: ({ currentTarget }) => change((currentTarget as HTMLInputElement).checked),
      }),
      name,
    );
  const told = [...chosen].map((name) => help(panel, "regularizers", name)).filter(Boolean);
  return h(
    "fieldset",
    { class: "field" },
    h("legend", {}, words.page.settings.regularizers),
    box("default", words.page.settings[whole === OF_FILE ? "ofFile" : "ownRegularizers"], own, (checked) =>
      panel.change({ regularizers: checked ? whole : [] }),
    ),
    h(
      "div",
      { class: "checks" },
      ...CHOICES.regularizers.map((name) =>
        box(name, name, chosen.has(name), (checked) => {
          const next = CHOICES.regularizers.filter((other) => (other === name ? checked : chosen.has(other)));
          panel.change({ regularizers: next });
        }),
      ),
    ),
    h("p", { class: "hint" }, told.length > 0 ? told.join(" ") : help(panel, "regularizers", own ? whole : "")),
  );
}

function namesOf({ regularizers, base }: Settings): readonly RegularizerName[] {
  if (regularizers === OF_FILE) return base!.regularizers.map(({ name }) => name);
  return regularizers === "default" ? [] : regularizers;
}

/** Where files are dropped or chosen, for data that want some. */
function drop(panel: SettingsPanel, { settings, files }: SettingsState): HTMLElement[] {
  const wanted = wantsFiles(settings);
  if (!wanted) return [];
  const { settings: words } = panel.words.page;
  const input = h("input", {
    type: "file",
    id: "setting-files",
    multiple: true,
    class: "visually-hidden",
    accept: wanted === "pictures" ? "image/*" : null,
    onchange: ({ currentTarget }) => {
      const input = currentTarget as HTMLInputElement;
      const files = [...(input.files ?? [])];
      // So that the same can be chosen again.
      input.value = "";
      panel.addFiles(files);
    },
  });
  return [
    h(
      "div",
      { class: "drop" },
      h("p", {}, wanted === "pictures" ? words.picturesWanted : words.digitsWanted),
      h("label", { class: "button", for: "setting-files" }, words.files),
      input,
      files > 0 && h("p", { class: "hint", role: "status" }, filled(words.filesGiven, { count: files })),
    ),
  ];
}
