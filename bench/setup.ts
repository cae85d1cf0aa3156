/** What has to be there before anything is measured: the peers' packages, and the Node that was asked for. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const FOLDER = fileURLToPath(new URL("../bench/", import.meta.url));

/** The Node 24 that package.json pins, if it is installed. */
export const NODE24 = `${FOLDER}node_modules/node-${process.platform}-${process.arch}/bin/node`;

/** Installs the peers' packages if they are not there. A failure is left for the peers' own rows to tell. */
export function installPeers(): void {
  if (existsSync(`${FOLDER}node_modules`)) return;
  console.log("Installing the peers into bench/node_modules (once, about 700 MB) ...");
  const { status } = spawnSync("npm", ["ci", "--no-audit", "--no-fund"], { cwd: FOLDER, stdio: ["ignore", "ignore", "inherit"] });
  if (status !== 0) console.warn(`npm ci in bench/ ended with code ${status}`);
}

/** Runs this very program again, without `--runtime`, in the Node 24 that bench/package.json pins. @returns its exit code */
export function runInNode24(args: readonly string[]): number {
  if (!existsSync(NODE24)) {
    console.error(`--runtime node24: there is no ${NODE24}`);
    return 1;
  }
  return spawnSync(NODE24, [process.argv[1]!, ...args], { stdio: "inherit" }).status ?? 1;
}
