/** Runs in a page or in a worker of any kind, by its own query: tries something, or has a worker of the page do so. */
import { probe } from "./probe.ts";

const query = new URLSearchParams(location.search);
const get = (name: string): string => query.get(name) ?? "";
const [inside, attempts] = [get("inside"), get("attempts")];

async function tell(): Promise<void> {
  const body = JSON.stringify({ place: get("place"), report: await probe(attempts, get("url")) });
  await fetch(`${get("server")}/log`, { method: "POST", mode: "no-cors", body });
}

if (inside) {
  query.delete("inside");
  const [kind, file, type] = inside.split(" ") as [string, string, WorkerType];
  const script = `lib/${file}?${query}`;
  if (kind === "dedicated") new Worker(script, { type });
  if (kind === "shared") new SharedWorker(script, { type });
  if (kind === "service") void navigator.serviceWorker.register(script, { type, scope: "lib/" });
} else if ("skipWaiting" in globalThis) {
  addEventListener("install", (event) => (event as unknown as { waitUntil(work: Promise<void>): void }).waitUntil(tell()));
} else {
  void tell();
}
