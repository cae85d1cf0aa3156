/** Measures the browser that this runs in. */
import type { ContestResult, Machine } from "../report/results.ts";
import type { Job, JobProgress, News, Place } from "./messages.ts";

export interface Watching {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: JobProgress) => void) | undefined;
  /** Told what came of each task when it is done: that stands, whatever becomes of the rest. */
  readonly onContest: (contest: ContestResult) => void;
}

/**
 * Does a job in workers, while the page goes on.
 *
 * @throws what `signal` gives as its reason
 */
export function measureHere(job: Job, { signal, onProgress, onContest }: Watching): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const worker = new Worker(new URL("./clock.worker.ts", import.meta.url), { type: "module" });
    const end = (): void => {
      // With it end the workers that it has started.
      worker.terminate();
      signal?.removeEventListener("abort", abort);
    };
    const abort = (): void => {
      end();
      reject(signal!.reason);
    };
    signal?.addEventListener("abort", abort);
    worker.onerror = (event) => {
      event.preventDefault();
      end();
      reject(new Error(event.message || "no worker starts"));
    };
    worker.onmessage = ({ data }: MessageEvent<News>) => {
      if ("progress" in data) return onProgress?.(data.progress);
      if ("contest" in data) return onContest(data.contest);
      end();
      if ("ended" in data) resolve();
      else reject(new Error(data.fault));
    };
    worker.postMessage(job);
  });
}

/** Everyone that a browser may have, with one thread and, where that can be, with as many as there are processors. */
export function fieldHere(): Place[] {
  const all = navigator.hardwareConcurrency || 1;
  const counts = [...new Set([1, all])];
  return [
    ...counts.map((threads): Place => ({ name: "ganvas", threads })),
    { name: "ganvas-webgpu", threads: 1 },
    ...counts.map((threads): Place => ({ name: "tfjs-wasm", threads })),
    { name: "tfjs-webgpu", threads: 1 },
    ...counts.map((threads): Place => ({ name: "ort-web", threads })),
  ];
}

/** The browser's name and version, as far as it tells. */
export function browserName(agent = navigator.userAgent): string {
  const found = /(Firefox|Edg|OPR)\/([\d.]+)/.exec(agent) ?? /(Chrom(?:e|ium))\/([\d.]+)/.exec(agent);
  if (found) return `${{ Edg: "Edge", OPR: "Opera" }[found[1]!] ?? found[1]} ${found[2]}`;
  const webkit = /Version\/([\d.]+).*Safari/.exec(agent);
  return webkit ? `${/Macintosh|iPhone|iPad/.test(agent) ? "Safari" : "WebKitGTK"} ${webkit[1]}` : agent.slice(0, 80);
}

/** What a page is told of the machine that it runs on. */
export async function machineHere(): Promise<Pick<Machine, "cpu" | "cores" | "memory" | "os" | "gpu">> {
  const { userAgent, hardwareConcurrency } = navigator;
  const memory = "deviceMemory" in navigator ? (navigator.deviceMemory as number) * 2 ** 30 : null;
  const info = (await navigator.gpu?.requestAdapter().catch(() => null))?.info;
  const gpu = info ? [info.vendor, info.architecture, info.description].filter(Boolean).join(" ") || "not told by browsers" : null;
  const os = /\(([^)]*)\)/.exec(userAgent)?.[1] || "not told";
  return { cpu: "not told by browsers", cores: hardwareConcurrency || null, memory, os, gpu };
}
