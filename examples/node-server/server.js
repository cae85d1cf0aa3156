/** Faces by Node's own server. */
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { createSampler } from "ganvas/sample";
import { answer, once, openModel } from "../face.js";

const model = once(async () => openModel(createSampler, await readFile(new URL("model.safetensors", import.meta.url))));

/** What Node tells of a request as a `Request`; undefined where it is none, such as `OPTIONS *`. Bodies are of no use here. */
function requestOf({ method, url, headers }) {
  try {
    return new Request(`http://localhost${url}`, { method, headers });
  } catch {
    return undefined;
  }
}

async function handle(incoming, outgoing) {
  const request = requestOf(incoming);
  if (!request) return outgoing.writeHead(400).end();
  const response = await answer(request, model);
  outgoing.statusCode = response.status;
  outgoing.setHeaders(response.headers);
  outgoing.end(new Uint8Array(await response.arrayBuffer()));
}

const server = createServer((incoming, outgoing) => {
  handle(incoming, outgoing).catch((error) => {
    console.error(error);
    outgoing.writeHead(500).end();
  });
});
server.listen(Number(process.env.PORT ?? 3000), () => console.log(`http://localhost:${server.address().port}/face/7.png`));
