/** What to learn, and how: every setting with a sentence on what is chosen. */
import { filled, h } from "../dom.ts";
import { wantsFiles } from "../examples.ts";
import { CHOICES, isPlane, type RegularizerName, type Settings } from "../settings.ts";
import type { Words } from "../words.ts";

export interface SettingsPanel {
  readonly root: HTMLElement;
  readonly words: Words;
  /** Some settings were changed. */
  change(patch: Partial<Settings>): void;
  /** Files were chosen. */
  give(files: readonly File[]): void;
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
type SelectName = Exclude<keyof typeof CHOICES, "regularizers">;

/** What few people change. */
const MORE: readonly (SelectName | "regularizers" | "seed")[] = ["regularizers", "augment", "width", "batchSize", "learningRate", "seed", "backend"];

/** Draws the panel; what had the focus has it again. */
export function showSettings(panel: SettingsPanel, state: SettingsState): void {
  const { root, words } = panel;
  const focused = root.contains(document.activeElement) ? document.activeElement?.id : undefined;
  const isOpen = root.querySelector("details")?.open ?? false;
  const { settings } = state;
  const plane = isPlane(settings.data);
  const basics: (SelectName | "regularizers" | "seed")[] = ["data"];
  if (settings.data === "pictures") basics.push("size");
  basics.push("architecture", "objective");
  const more = h("details", { class: "more", open: isOpen }, h("summary", {}, words.page.settings.more));
  for (const name of MORE) if (!(plane && name === "augment")) more.append(control(panel, settings, name));
  more.append(h("button", { type: "button", onclick: () => panel.defaults() }, words.page.settings.defaults));
  root.replaceChildren(
    h("h2", { id: "settings-heading" }, words.page.settings.heading),
    ...(state.pending
      ? [
          h(
            "div",
            { class: "note", role: "status" },
            h("p", {}, words.page.settings.pending),
            h("button", { type: "button", class: "primary", onclick: () => panel.startOver() }, words.page.settings.startOver),
          ),
        ]
      : []),
    ...basics.flatMap((name) => [control(panel, settings, name), ...(name === "data" ? drop(panel, state) : [])]),
    more,
  );
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
}

function control(panel: SettingsPanel, settings: Settings, name: SelectName | "regularizers" | "seed"): HTMLElement {
  if (name === "regularizers") return regularizers(panel, settings);
  if (name === "seed") return seed(panel, settings);
  return select(panel, settings, name);
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
  const choices: readonly Choice[] = plane && name === "architecture" ? ["default", "mlp"] : CHOICES[name];
  const titles = (panel.words.page.choices as Readonly<Record<string, Readonly<Record<string, string>>>>)[name];
  const title = (choice: Choice): string =>
    titles?.[`${choice}`] ?? (choice === null || choice === "default" ? panel.words.page.settings.own : `${choice}`);
  const value = settings[name];
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
  const input = h("input", {
    type: "number",
    min: 0,
    max: 2 ** 32,
    step: 1,
    value: settings.seed,
    onchange: ({ currentTarget }) => {
      const { valueAsNumber, validity } = currentTarget as HTMLInputElement;
      if (validity.valid && Number.isInteger(valueAsNumber)) panel.change({ seed: valueAsNumber });
    },
  });
  return field(panel, "seed", help(panel, "seed"), input);
}

function regularizers(panel: SettingsPanel, settings: Settings): HTMLElement {
  const { words } = panel;
  const own = settings.regularizers === "default";
  const chosen = new Set<RegularizerName>(settings.regularizers === "default" ? [] : settings.regularizers);
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
    box("default", words.page.settings.ownRegularizers, own, (checked) => panel.change({ regularizers: checked ? "default" : [] })),
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
    h("p", { class: "hint" }, own || told.length === 0 ? help(panel, "regularizers", own ? "default" : "") : told.join(" ")),
  );
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
    onchange: ({ currentTarget }) => panel.give([...((currentTarget as HTMLInputElement).files ?? [])]),
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
