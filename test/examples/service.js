/** What every service of faces must answer, and how it bears a load. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import { decode } from "fast-png";

export const REQUESTS = 1000;
const AT_ONCE = 16;
/** Requests until the server is warm. */
const WARM = 200;
/** How much it may grow from then on: one part in so many, or so many bytes. */
const GROWTH = 1.1;
const SPARE = 8 * 2 ** 20;
const ANSWER_MS = 20_000;

const PATH = "/face/7.png?truncation=0.8";
const FOREVER = "public, max-age=31536000, immutable";

/** @throws Error with what is not as it should be */
function expect(what, got, expected) {
  const fine = expected instanceof RegExp ? expected.test(got) : got === expected;
  if (!fine) throw new Error(`${what}: ${JSON.stringify(got)}, not ${expected}`);
}

export const hashOf = (bytes) => createHash("sha256").update(bytes).digest("hex");

/** @throws Error unless it is a face as PNG */
export function checkPicture(bytes) {
  const { width, height, channels, depth } = decode(bytes);
  expect("picture", [width, height, channels, depth].join(), "32,32,3,8");
}

/** A service as the checks see it: by status, headers and body. */
export const overHttp =
  (origin) =>
  async (path, { method = "GET", headers = {} } = {}) => {
    const response = await fetch(`${origin}${path}`, { method, headers, signal: AbortSignal.timeout(ANSWER_MS) });
    return { status: response.status, headers: response.headers, body: new Uint8Array(await response.arrayBuffer()) };
  };

const textOf = ({ body }) => new TextDecoder().decode(body);

/** Status, headers and messages. @returns the picture of {@link PATH} */
export async function checkAnswers(ask) {
  const found = await ask(PATH);
  expect("GET", found.status, 200);
  expect("content-type", found.headers.get("content-type"), "image/png");
  expect("cache-control", found.headers.get("cache-control"), FOREVER);
  const etag = found.headers.get("etag");
  expect("etag", etag, /^"[0-9a-f]{16}-7-0\.8"$/);
  checkPicture(found.body);

  const whole = await ask("/face/7.png");
  expect("etag without truncation", whole.headers.get("etag"), etag.replace("-0.8", "-full"));
  expect("same picture without truncation", hashOf(whole.body) === hashOf(found.body), false);

  for (const tags of [etag, `W/${etag}`, `"other", ${etag}`, "*"]) {
    const known = await ask(PATH, { headers: { "if-none-match": tags } });
    expect(`if-none-match: ${tags}`, known.status, 304);
    expect("etag of 304", known.headers.get("etag"), etag);
    expect("cache-control of 304", known.headers.get("cache-control"), FOREVER);
    expect("body of 304", known.body.length, 0);
  }
  expect("if-none-match of another", (await ask(PATH, { headers: { "if-none-match": '"other"' } })).status, 200);

  const head = await ask(PATH, { method: "HEAD" });
  expect("HEAD", head.status, 200);
  // None is as good: RFC 9110, section 9.3.2.
  expect("content-length of HEAD", head.headers.get("content-length") ?? String(found.body.length), String(found.body.length));
  expect("etag of HEAD", head.headers.get("etag"), etag);
  expect("body of HEAD", head.body.length, 0);

  for (const [path, message] of [
    ["/face/x7.png", /^seed: expected an integer from 0 to .*, got "x7"\n$/],
    ["/face/-1.png", /^seed: expected an integer from 0 to .*, got -1\n$/],
    ["/face/1e3.png", /^seed: .*, got "1e3"\n$/],
    ["/face/7.png?truncation=wide", /^truncation: expected .*, got "wide"\n$/],
    ["/face/7.png?truncation=", /^truncation: expected .*, got ""\n$/],
    ["/face/7.png?truncation=0", /^truncation: expected a number of at least 0\.01, got 0\n$/],
    ["/face/x.png?truncation=0", /^seed: [^\n]*; truncation: [^\n]*\n$/],
  ]) {
    const refused = await ask(path);
    expect(`GET ${path}`, refused.status, 400);
    expect(`message for ${path}`, textOf(refused), message);
    expect(`content-type for ${path}`, refused.headers.get("content-type"), /^text\/plain/);
  }
  for (const path of ["/", "/face/", "/face/7", "/face/7.png/x", "/faces/7.png"]) expect(`GET ${path}`, (await ask(path)).status, 404);
  for (const method of ["POST", "PUT", "DELETE", "OPTIONS"]) {
    const refused = await ask(PATH, { method });
    expect(method, refused.status, 405);
    expect(`allow to ${method}`, refused.headers.get("allow"), "GET, HEAD");
  }
  return found.body;
}

/** Asks for pictures and goes away at once. */
export async function goAway(port, count) {
  await Promise.all(
    Array.from({ length: count }, async () => {
      const socket = connect(port, "127.0.0.1");
      await new Promise((resolve, reject) => socket.on("error", reject).write(`GET ${PATH} HTTP/1.1\r\nhost: localhost\r\n\r\n`, resolve));
      socket.destroy();
    }),
  );
}

/** Bytes in memory of all processes of a group; undefined where the system does not tell. */
function residentBytes(group) {
  let pages = 0;
  try {
    for (const id of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
      try {
        // The name of a program, in brackets, may hold anything.
        const fields = readFileSync(`/proc/${id}/stat`, "utf8")
          .replace(/^.*\) /s, "")
          .split(" ");
        if (Number(fields[2]) === group) pages += Number(fields[21]);
      } catch {
        // it has ended
      }
    }
  } catch {
    return undefined;
  }
  return pages * 4096;
}

const percentile = (sorted, part) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];

/** Asks for the faces of seeds 0, 1, ..., several at a time. @returns the hash of all pictures, times in milliseconds, and bytes in memory, warm and in the end */
export async function load(ask, group) {
  const [pictures, times, memory] = [[], [], {}];
  let next = 0;
  const worker = async () => {
    for (let seed = next++; seed < REQUESTS; seed = next++) {
      const begin = performance.now();
      const { status, body } = await ask(`/face/${seed}.png`);
      times.push(performance.now() - begin);
      expect(`seed ${seed}`, status, 200);
      pictures[seed] = body;
      if (times.length === WARM) memory.warm = residentBytes(group);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  memory.last = residentBytes(group);
  for (const picture of pictures) checkPicture(picture);
  times.sort((a, b) => a - b);
  return { hash: hashOf(Buffer.concat(pictures)), p50: percentile(times, 0.5), p99: percentile(times, 0.99), memory };
}

/** Why memory is not flat, or null. */
export function growth({ warm, last }) {
  if (warm === undefined || last <= Math.max(warm * GROWTH, warm + SPARE)) return null;
  return `${inMegabytes(warm)} MB after ${WARM} requests, ${inMegabytes(last)} after ${REQUESTS}`;
}

export const inMegabytes = (bytes) => (bytes === undefined ? "?" : (bytes / 2 ** 20).toFixed(0));
