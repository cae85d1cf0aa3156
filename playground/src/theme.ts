/** Light or dark: as the system has it, or as it was chosen. */
import { keep, remembered } from "./storage.ts";

export const THEMES = ["auto", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

const KEY = "ganvas.theme";
const dark = matchMedia("(prefers-color-scheme: dark)");

export function theme(): Theme {
  const stored = remembered(KEY);
  return THEMES.find((name) => name === stored) ?? "auto";
}

/** Sets what the page is, and calls `changed` whenever that is another. */
export function applyTheme(changed: () => void): (theme: Theme) => void {
  const apply = (): void => {
    const chosen = theme();
    const name = chosen === "auto" ? (dark.matches ? "dark" : "light") : chosen;
    if (document.documentElement.dataset.theme === name) return;
    document.documentElement.dataset.theme = name;
    changed();
  };
  dark.addEventListener("change", apply);
  apply();
  return (chosen) => {
    keep(KEY, chosen);
    apply();
  };
}
