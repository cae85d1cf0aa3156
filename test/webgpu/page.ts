/** Runs the suite in a browser, and posts what it says to the page's server. */
import { runSuite } from "./suite.ts";

const post = (path: string, body: string): Promise<unknown> => fetch(path, { method: "POST", body });
let said: Promise<unknown> = Promise.resolve();
const log = (line: string): void => {
  said = said.then(() => post("/log", line));
};
try {
  const outcome = await runSuite(log);
  await said;
  await post("/done", outcome);
} catch (error) {
  log(String(error instanceof Error ? error.stack : error));
  await said;
  await post("/done", "failed");
}
