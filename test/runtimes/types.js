/**
 * Compiles what other projects write with the package, every declaration checked, as each version of TypeScript does it with each `lib` and way to resolve modules; then has
 * publint and "are the types wrong" look at the package.
 *
 *   node test/runtimes/types.js [--tarball file]
 *
 * Without a tarball it packs what is built. Compilers come from npm, into a folder that is removed. One line a combination; exits with 1 if any has an error.
 */
import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const root = fileURLToPath(new URL("../..", import.meta.url));
const sources = fileURLToPath(new URL("consumer", import.meta.url));
const { values } = parseArgs({ options: { tarball: { type: "string" } } });

/** Versions of TypeScript: the first with `using`, those that came to tell buffers apart and after, and the native one. */
const VERSIONS = ["5.2", "5.4", "5.7", "5.9", "6.0", "7.0"];
/** Those whose DOM has WebGPU. */
const WITH_WEBGPU = ["6.0", "7.0"];

/** What a project may have declared, and which files of the consumer compile with it. */
const PLATFORMS = {
  es2022: { lib: ["es2022"], files: ["bare.ts"] },
  "+ dom": { lib: ["es2022", "dom"], files: ["dom.ts"] },
  "+ webworker": { lib: ["es2022", "webworker"], files: ["dom.ts"] },
  "+ @types/node": { lib: ["es2022"], types: ["node"], files: ["node.ts"] },
  "+ dom, WebGPU": { lib: ["es2022", "dom"], webgpu: true, files: ["dom.ts", "webgpu.ts"] },
};

/** From `moduleResolution` to `module`. */
const RESOLUTIONS = { node16: "node16", nodenext: "nodenext", bundler: "esnext" };

const scratch = mkdtempSync(join(tmpdir(), "ganvas-types-"));

/** Runs a program of the scratch folder. */
function run(command, args) {
  return new Promise((settle) => {
    execFile(command, args, { cwd: scratch, encoding: "utf8", maxBuffer: 2 ** 26 }, (error, stdout, stderr) =>
      settle({ failed: error !== null, output: stdout + stderr }),
    );
  });
}

async function need(command, args) {
  const { failed, output } = await run(command, args);
  if (failed) throw new Error(`${command} ${args.join(" ")}:\n${output}`);
  return output;
}

/** The package as npm would publish it. */
async function pack() {
  const packed = await need("npm", ["pack", root, "--ignore-scripts", "--json", "--pack-destination", scratch, "--silent"]);
  return join(scratch, JSON.parse(packed)[0].filename);
}

const compiler = (version) => `typescript-${version}`;

function setUp(tarball) {
  const { devDependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const dependencies = {
    ganvas: `file:${tarball}`,
    ...Object.fromEntries(["@types/node", "@webgpu/types", "publint", "@arethetypeswrong/cli"].map((name) => [name, devDependencies[name]])),
    ...Object.fromEntries(VERSIONS.map((version) => [compiler(version), `npm:typescript@~${version}.0`])),
  };
  writeFileSync(join(scratch, "package.json"), JSON.stringify({ private: true, type: "module", dependencies }));
  cpSync(sources, scratch, { recursive: true });
  return need("npm", ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]);
}

/** One combination, by the compiler's own command. */
async function compile(version, platform, resolution) {
  const { lib, files, types = [], webgpu = false } = PLATFORMS[platform];
  const declared = webgpu && !WITH_WEBGPU.includes(version) ? [...types, "@webgpu/types"] : types;
  const config = `tsconfig-${[version, platform, resolution].join("-").replaceAll(/[^\w.-]/g, "")}.json`;
  const compilerOptions = {
    ...{ target: "es2022", lib, types: declared, module: RESOLUTIONS[resolution], moduleResolution: resolution },
    ...{
      strict: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: false,
      skipDefaultLibCheck: true,
      verbatimModuleSyntax: true,
      isolatedModules: true,
    },
    // Written nowhere, but what cannot be named in a project's own declarations is an error.
    ...{ declaration: true, noEmit: true },
  };
  writeFileSync(join(scratch, config), JSON.stringify({ compilerOptions, files }));
  return run(process.execPath, [join("node_modules", compiler(version), "bin/tsc"), "--pretty", "false", "-p", config]);
}

/** Every check, as what it is called in columns and what runs it. */
function checks(tarball) {
  const rows = VERSIONS.flatMap((version) =>
    Object.keys(PLATFORMS).flatMap((platform) =>
      Object.keys(RESOLUTIONS).map((resolution) => [[`typescript ${version}`, platform, resolution], () => compile(version, platform, resolution)]),
    ),
  );
  const tool = (name, ...args) => [[name, "", ""], () => run(join(scratch, "node_modules/.bin", name), args)];
  return [
    ...rows,
    tool("publint", "run", tarball, "--strict"),
    tool("attw", tarball, "--profile", "esm-only", "--format", "ascii", "--exclude-entrypoints", "worker.js"),
  ];
}

try {
  const tarball = values.tarball ? resolve(values.tarball) : await pack();
  await setUp(tarball);
  const waiting = checks(tarball);
  let failures = 0;
  const worker = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [columns, check] = next;
      const { failed, output } = await check();
      console.log(`${columns[0].padEnd(16)}${columns[1].padEnd(16)}${columns[2].padEnd(10)}${failed ? "FAILED" : "passed"}`);
      if (failed) console.log(output.replaceAll(/^/gm, "    "));
      failures += failed;
    }
  };
  const count = waiting.length;
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  console.log(`${count - failures} passed, ${failures} failed`);
  if (failures > 0) process.exitCode = 1;
} finally {
  rmSync(scratch, { recursive: true, force: true, maxRetries: 3 });
}
