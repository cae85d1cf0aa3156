/** The worker that holds the clock, so that nothing that the page does is counted. */
import type { Job, News } from "./messages.ts";

const tell = (news: News): void => self.postMessage(news);

self.addEventListener("message", async ({ data }: MessageEvent<Job>) => {
  try {
    // What `clock.ts` needs to be there before it is loaded.
    Object.assign(globalThis, { global: globalThis });
    const { runJob } = await import("./job.ts");
    await runJob(data, { onProgress: (progress) => tell({ progress }), onContest: (contest) => tell({ contest }) });
    tell({ ended: true });
  } catch (error) {
    tell({ fault: error instanceof Error ? error.message : String(error) });
  }
});
