/** What each station of the tour sets the playground to. The words are in `text/tour`, by the same ids and in the same order. */
import { type DataName, defaultsFor, type Settings } from "./settings.ts";

/** Everything is set, so that nothing of what was there before changes what one sees; but for what computes. */
function station(data: DataName, patch: Partial<Settings> = {}): Partial<Settings> {
  const { backend: _, ...defaults } = defaultsFor(data);
  return { ...defaults, ...patch };
}

/** Plain networks tell pictures apart from the first steps on; narrower ones, or smaller batches, come off the ceiling now and then. */
const PLAIN: Partial<Settings> = { architecture: "mlp", width: 128, batchSize: 128 };

export const STATIONS = {
  generator: station("ring"),
  discriminator: station("ring"),
  alternation: station("grid"),
  log2: station("faces32", { ...PLAIN, objective: "minimax", regularizers: [] }),
  wasserstein: station("faces32", { ...PLAIN, objective: "wasserstein-gp" }),
  wgan: station("ring", { objective: "wasserstein" }),
} as const satisfies Readonly<Record<string, Partial<Settings>>>;

export type StationId = keyof typeof STATIONS;
