/** Light or dark: as the system has it, or as it was chosen. */
import { keep, remembered } from "./storage.ts";

export const THEMES = ["auto", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

const KEY = "ganvas.theme";
const dark = matchMedia("(prefers-color-scheme: dark)");

/** What was chosen in this visit, which nothing may be able to remember. */
let chosen: Theme | undefined;

export function theme(): Theme {
  const stored = chosen ?? remembered(KEY);
  return THEMES.find((name) => name === stored) ?? "auto";
}

/** Sets what the page is, and calls `changed` whenever that is another. */
export function applyTheme(changed: () => void): (theme: Theme) => void {
  const apply = (): void => {
    const wanted = theme();
    const name = wanted === "auto" ? (dark.matches ? "dark" : "light") : wanted;
    if (document.documentElement.dataset.theme === name) return;
    document.documentElement.dataset.theme = name;
    changed();
  };
  dark.addEventListener("change", apply);
  apply();
  return (theme) => {
    chosen = theme;
    keep(KEY, theme);
    apply();
  };
}
