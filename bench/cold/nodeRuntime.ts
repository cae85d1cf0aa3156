import { end, FOLDER, floats, lastWords, launch, limited, type Runtime } from "./runtime.ts";

/** A Node. @param program the path of its executable @param models the folder of the files */
export function nodeRuntime(version: string, program: string, models: string): Runtime {
  return {
    name: `Node ${version}`,
    threaded: true,
    can: () => true,
    async start({ module, file }, threads) {
      const begin = performance.now();
      const running = launch(program, [`${FOLDER}node.js`, module, models, file, `${threads}`]);
      try {
        const code = await limited(running.ended);
        const wallMs = performance.now() - begin;
        if (code !== 0) throw new Error(`ended with ${code}: ${lastWords(running)}`);
        const said = Buffer.concat(running.errors).toString();
        const { ms, peak } = JSON.parse(said.trim().split("\n").at(-1)!) as { ms: number; peak: number };
        return { picture: floats(Buffer.concat(running.output)), ms, peak, wallMs };
      } finally {
        await end(running);
      }
    },
    close() {},
  };
}
