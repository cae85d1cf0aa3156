/**
 * How a peer is spoken to: JSON lines on standard input and output, tensors in a file of raw little-endian numbers.
 *
 *   { op: "init", task, threads, file, tensors: [{ name, shape, offset }] }  ->  { info }
 *   { op: "reset" }                 parameters back to their first values    ->  {}
 *   { op: "run", steps }                                                     ->  {}
 *   { op: "outputs", file }         what the last run gave                   ->  { tensors: [{ name, type, shape, offset }] }
 *
 * Offsets are in bytes; what comes in is float32, what goes out float32 or, by the type "float64", twice as long.
 * Any failure is answered by { error }.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";

/**
 * Serves one implementation until standard input ends.
 *
 * @param open ({ task, tensors: Map<name, { shape, data }>, threads }) -> { info, reset(), run(steps), outputs() -> { name: Float32Array } }
 */
export async function serve(open) {
  // What the implementation prints must not get between the answers.
  console.log = console.info = console.error;
  let contender;
  for await (const line of createInterface({ input: process.stdin })) {
    const request = JSON.parse(line);
    let answer;
    try {
      if (request.op === "init") {
        contender = await open({ task: request.task, threads: request.threads, tensors: readTensors(request.file, request.tensors) });
        answer = { info: contender.info };
      } else if (request.op === "reset") answer = (await contender.reset()) ?? {};
      else if (request.op === "run") answer = (await contender.run(request.steps)) ?? {};
      else if (request.op === "outputs") answer = { tensors: writeTensors(request.file, await contender.outputs()) };
      else throw new Error(`unknown request ${request.op}`);
    } catch (error) {
      answer = { error: String(error?.message ?? error) };
    }
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  }
  process.exit(0);
}

function readTensors(file, tensors) {
  const bytes = readFileSync(file);
  return new Map(
    tensors.map(({ name, shape, offset }) => {
      const size = shape.reduce((a, b) => a * b, 1);
      return [name, { shape, data: new Float32Array(bytes.buffer.slice(bytes.byteOffset + offset, bytes.byteOffset + offset + 4 * size)) }];
    }),
  );
}

function writeTensors(file, outputs) {
  let offset = 0;
  const chunks = [];
  const tensors = [];
  for (const [name, data] of Object.entries(outputs)) {
    chunks.push(Buffer.from(data.buffer, data.byteOffset, data.byteLength));
    tensors.push({ name, type: data instanceof Float64Array ? "float64" : "float32", shape: [data.length], offset });
    offset += data.byteLength;
  }
  writeFileSync(file, Buffer.concat(chunks));
  return tensors;
}
