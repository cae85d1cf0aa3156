/** What the page says, in the reader's language. */
import type english from "../../text/bench.en.json";
import type { Language } from "../words.ts";

export type BenchWords = typeof english;

const FILES = import.meta.glob<{ default: BenchWords }>("../../text/bench.*.json");

export const benchWords = async (language: Language): Promise<BenchWords> => (await FILES[`../../text/bench.${language}.json`]!()).default;
