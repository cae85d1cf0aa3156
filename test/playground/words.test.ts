import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { CHOICES } from "../../playground/src/settings.ts";
import { STATIONS } from "../../playground/src/stations.ts";
import { DIAGNOSES } from "../../src/gan/health/diagnoses.ts";
import { ROOT } from "../child.ts";

type Words = string | { readonly [name: string]: Words } | readonly Words[];

const PARTS = ["page", "help", "tour", "explore"] as const;
const wordsOf = (part: string, language: string): Words => JSON.parse(readFileSync(`${ROOT}playground/text/${part}.${language}.json`, "utf8"));

/** Where words are, each with what is to stand in it. */
function places(words: Words, path = ""): string[] {
  if (typeof words !== "string") return Object.entries(words).flatMap(([name, inner]) => places(inner, `${path}.${name}`));
  const names = words.match(/\{\w+\}/g) ?? [];
  return [`${path} ${[...new Set(names)].sort().join(" ")}`];
}

describe.each(PARTS)("text/%s", (part) => {
  it("says the same things in Chinese as in English", () => {
    expect(places(wordsOf(part, "zh")).sort()).toEqual(places(wordsOf(part, "en")).sort());
  });

  it.each(["en", "zh"])("leaves nothing unsaid (%s)", (language) => {
    const empty = (words: Words, path: string): string[] =>
      typeof words === "string" ? (words.trim() ? [] : [path]) : Object.entries(words).flatMap(([name, inner]) => empty(inner, `${path}.${name}`));
    expect(empty(wordsOf(part, language), part)).toEqual([]);
  });
});

describe("what is said", () => {
  const help = wordsOf("help", "en") as Readonly<Record<string, Readonly<Record<string, string>>>>;

  it("has a sentence on every choice of every setting", () => {
    for (const [setting, choices] of Object.entries(CHOICES)) {
      expect(help[setting]?.[""], setting).toBeTruthy();
      // Numbers speak for themselves.
      for (const choice of choices) if (typeof choice === "string") expect(help[setting]![choice], `${setting}.${choice}`).toBeTruthy();
    }
  });

  it("has a sentence on everything that may be wrong with a training", () => {
    expect(Object.keys(help.health!).sort()).toEqual(Object.keys(DIAGNOSES).sort());
  });

  it.each(["en", "zh"])("has three sentences for each station, in the order of the settings (%s)", (language) => {
    const { stations } = wordsOf("tour", language) as unknown as { stations: readonly { id: string; text: readonly string[] }[] };
    expect(stations.map(({ id }) => id)).toEqual(Object.keys(STATIONS));
    for (const { text } of stations) expect(text).toHaveLength(3);
  });
});
