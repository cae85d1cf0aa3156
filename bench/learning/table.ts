/** Runs as a table of Markdown. */
import type { Recipe } from "./recipes.ts";
import type { Run } from "./runs.ts";

const percent = (x: number): string => `${(100 * x).toFixed(1)} %`;

/** Columns in their order, by the names that runs have their numbers under. */
const COLUMNS: Readonly<Record<string, { readonly title: string; show(x: number): string }>> = {
  steps: { title: "steps", show: (x) => x.toFixed(0) },
  images: { title: "images seen", show: (x) => x.toFixed(0) },
  seconds: { title: "seconds", show: (x) => x.toFixed(0) },
  good: { title: "within 3σ", show: percent },
  modes: { title: "modes with a fair share", show: (x) => x.toFixed(0) },
  frechetQuarter: { title: "Fréchet distance at a quarter", show: (x) => x.toFixed(1) },
  frechetHalf: { title: "at half", show: (x) => x.toFixed(1) },
  frechet: { title: "Fréchet distance", show: (x) => x.toFixed(1) },
  triplesQuarter: { title: "modes at a quarter", show: (x) => x.toFixed(0) },
  triplesHalf: { title: "modes at half", show: (x) => x.toFixed(0) },
  triples: { title: "modes of 1,000", show: (x) => x.toFixed(0) },
  kl: { title: "KL", show: (x) => x.toFixed(3) },
  sure: { title: "sure of", show: percent },
  recognised: { title: "recognised", show: percent },
  worstClass: { title: "worst class", show: percent },
  copies: { title: "nearer to what was learned", show: percent },
  squares: { title: "grey squares", show: percent },
  borders: { title: "grey borders", show: percent },
  speckle: { title: "speckle", show: (x) => x.toFixed(3) },
};

/** The mean over seeds, with the least and the greatest where there are several that differ. */
function summary(values: readonly number[], show: (x: number) => string): string {
  if (values.length === 0) return "";
  const [least, greatest] = [show(Math.min(...values)), show(Math.max(...values))];
  const mean = show(values.reduce((a, b) => a + b) / values.length);
  return least === greatest ? mean : `${mean} (${least} to ${greatest})`;
}

/** A row for each recipe that was run, and one for real data. */
export function tableOf(
  recipes: readonly Recipe[],
  seeds: readonly number[],
  find: (name: string, seed: number) => Run | undefined,
  real: Readonly<Record<string, number>>,
): string {
  const rows = recipes
    .map(({ name }) => ({ name, runs: seeds.flatMap((seed) => find(name, seed) ?? []) }))
    .filter(({ runs }) => runs.length > 0)
    .map(({ name, runs }) => ({ name, runs: runs as readonly Readonly<Record<string, number>>[] }));
  const all = [...rows, { name: "real data", runs: [real] }];
  const columns = Object.entries(COLUMNS).filter(([column]) => all.some(({ runs }) => runs.some((run) => column in run)));
  const cells = all.map(({ name, runs }) => [
    name,
    name === "real data" ? "" : `${runs.length}`,
    ...columns.map(([column, { show }]) =>
      summary(
        runs.flatMap((run) => run[column] ?? []),
        show,
      ),
    ),
  ]);
  const header = ["recipe", "seeds", ...columns.map(([, { title }]) => title)];
  return [header, header.map((_, i) => (i === 0 ? "---" : "---:")), ...cells].map((row) => `| ${row.join(" | ")} |`).join("\n");
}

/** A text with the table of this name in its place, between two comments. */
export function section(text: string, name: string, table: string): string {
  const [begin, end] = [`<!-- ${name} -->\n`, `<!-- end of ${name} -->`];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`no place for the table ${name}`);
  return `${text.slice(0, from + begin.length)}${table}\n${text.slice(to)}`;
}
