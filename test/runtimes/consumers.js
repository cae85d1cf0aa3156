/** Projects of someone else, with the package installed from the tarball that npm would publish. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { run } from "../processes.js";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** Tools by name and version. Not in this project's folder, whose own packages a consumer would find there. */
const CACHE = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "ganvas-runtimes");

const INSTALL_MS = 5 * 60_000;

/** The environment without what npm tells the scripts that it runs: it would configure the npm of a consumer. */
export const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name)));

/** What is not there on this machine, and where it would come from. */
export class Missing extends Error {}

async function npm(folder, ...args) {
  const command = ["--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error", ...args];
  const { fault, said } = await run("npm", command, { cwd: folder, env: environment, limit: INSTALL_MS });
  if (fault) throw new Error(`npm ${args[0]}: ${fault}\n${said}`);
  return said;
}

/** Packs what is built. @returns the tarball's path */
export async function pack(folder) {
  const said = await npm(ROOT, "pack", "--ignore-scripts", "--json", "--pack-destination", folder);
  return join(folder, Object.values(JSON.parse(said.slice(said.search(/^[[{]/m))))[0].filename);
}

/** The folder where packages are installed, from an earlier time if there is one. @param packages versions by name @throws Missing when they cannot be installed */
export async function tools(name, packages) {
  const folder = join(CACHE, `${name}-${Object.values(packages).join("-")}`);
  const whole = join(folder, "node_modules/.whole");
  if (!existsSync(whole)) {
    rmSync(folder, { recursive: true, force: true });
    writeProject(folder, packages);
    try {
      await npm(folder, "install");
    } catch (error) {
      throw new Missing(`${name} cannot be installed: ${error.message}`);
    }
    writeFileSync(whole, "");
  }
  return folder;
}

/** Programs that come by a script of their package's. */
const allowScripts = { node: true, bun: true, workerd: true, esbuild: true };

function writeProject(folder, dependencies) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "consumer", version: "1.0.0", private: true, dependencies, allowScripts }));
}

/** Makes a consumer of the tarball. @param tool what it has besides, which stays installed for the next one; without it is a new folder */
export async function consumer(tarball, tool) {
  const folder = tool ? await tools(tool.name, tool.packages) : mkdtempSync(join(tmpdir(), "ganvas-consumer-"));
  for (const entry of readdirSync(folder)) if (entry !== "node_modules") rmSync(join(folder, entry), { recursive: true });
  rmSync(join(folder, "node_modules/ganvas"), { recursive: true, force: true });
  writeProject(folder, tool?.packages ?? {});
  await npm(folder, "install", tarball);
  return folder;
}

/** Writes what a consumer's author wrote, by path. */
export function write(folder, files) {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(folder, path, ".."), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
}

/** The program that all consumers run, as a module that imports nothing but the package. */
export async function scenarioSource() {
  const { outputFiles } = await build({
    absWorkingDir: ROOT,
    entryPoints: ["test/runtimes/scenario.js"],
    bundle: true,
    format: "esm",
    target: "es2022",
    external: ["ganvas", "ganvas/*"],
    write: false,
    logLevel: "error",
  });
  return outputFiles[0].text;
}
