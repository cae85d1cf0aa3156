/** What people read, in their language: files of `text/`, one for each part of the page and language. */
import type explore from "../text/explore.en.json";
import type help from "../text/help.en.json";
import type page from "../text/page.en.json";
import type tour from "../text/tour.en.json";

import { keep, remembered } from "./storage.ts";

export const LANGUAGES = { en: "English", zh: "中文" } as const;
export type Language = keyof typeof LANGUAGES;

export interface Words {
  readonly page: typeof page;
  readonly help: typeof help;
  readonly tour: typeof tour;
  readonly explore: typeof explore;
}

const FILES = import.meta.glob<{ default: unknown }>(["../text/{page,help,tour,explore}.*.json"]);
const KEY = "ganvas.language";

export async function wordsOf(language: Language): Promise<Words> {
  const parts = ["page", "help", "tour", "explore"] as const;
  const files = await Promise.all(parts.map((part) => FILES[`../text/${part}.${language}.json`]!()));
  return Object.fromEntries(parts.map((part, i) => [part, files[i]!.default])) as unknown as Words;
}

/** What was chosen the last time, or else the first of the browser's languages that there is. */
export function language(): Language {
  const wanted = [new URLSearchParams(location.search).get("lang"), remembered(KEY), ...navigator.languages];
  const found = wanted.map((tag) => tag?.slice(0, 2).toLowerCase()).find((tag) => tag !== undefined && tag in LANGUAGES);
  return (found ?? "en") as Language;
}

export const remember = (language: Language): void => keep(KEY, language);
