/**
 * Faces by their seeds, over HTTP: what every service of these examples answers. It imports nothing, so that it runs wherever there are `Request`, `Response` and `crypto`.
 *
 *   GET /face/7.png?truncation=0.8
 */

/**
 * @typedef {Awaited<ReturnType<typeof import("ganvas/sample").createSampler>>} Sampler
 * @typedef {{ readonly sampler: Sampler, readonly hash: string }} Model a generator at work, and what tells its pictures from those of others
 */

/**
 * Opens what `gan.save({ generatorOnly: true })` wrote.
 *
 * @param {typeof import("ganvas/sample").createSampler} createSampler
 * @param {Uint8Array<ArrayBuffer> | ArrayBuffer} file
 * @returns {Promise<Model>}
 */
export async function openModel(createSampler, file) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", file), 0, 8);
  const hash = [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return { sampler: await createSampler(file), hash };
}

/**
 * Does work when it is first asked for, and keeps what came of it; work that failed is done anew.
 *
 * @template T
 * @param {() => Promise<T>} work
 * @returns {() => Promise<T>}
 */
export function once(work) {
  /** @type {Promise<T> | undefined} */
  let result;
  return () => {
    result ??= work().catch((error) => {
      result = undefined;
      throw error;
    });
    return result;
  };
}

/** A face of a model never changes: the entity tag names everything that it follows from, and whoever has it may keep it for good. */
const FOREVER = "public, max-age=31536000, immutable";

/**
 * Answers a request. What it throws is no fault of the client's: the runtime makes 500 of it.
 *
 * @param {Request} request
 * @param {() => Promise<Model>} openModel
 * @returns {Promise<Response>}
 */
export async function answer(request, openModel) {
  const { pathname, searchParams } = new URL(request.url);
  const [, name] = /^\/face\/([^/]+)\.png$/.exec(pathname) ?? [];
  if (name === undefined) return refusal(404, "expected /face/<seed>.png");
  if (request.method !== "GET" && request.method !== "HEAD") return refusal(405, "expected GET or HEAD", { allow: "GET, HEAD" });

  const { sampler, hash } = await openModel();
  const asked = searchParams.get("truncation");
  const options = { seed: numberOf(name), truncation: asked === null ? undefined : numberOf(asked) };
  try {
    sampler.latents(options); // refuses what cannot be, and costs next to nothing
  } catch (error) {
    // Only a SpecError lists faults. It is not told by its name, which bundlers may change.
    if (error.faults) return refusal(400, error.message.replaceAll("\n", "; "));
    throw error;
  }

  const etag = `"${[hash, options.seed, options.truncation ?? "full"].join("-")}"`;
  const headers = { "cache-control": FOREVER, etag };
  if (isKnown(etag, request.headers.get("if-none-match"))) return new Response(null, { status: 304, headers });
  const images = await sampler.sample(options);
  const png = await images.toPNG();
  // By number, as some runtimes would say 0 to HEAD.
  const about = { "content-type": "image/png", "content-length": String(png.length), ...headers };
  return new Response(request.method === "HEAD" ? null : png, { headers: about });
}

/**
 * A number in decimals; anything else as it is, for the library to refuse. `Number` would take "", "1e3" and "0x10" as well.
 *
 * @param {string} text
 * @returns {number}
 */
function numberOf(text) {
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : /** @type {any} */ (text);
}

/**
 * Whether a client says that it has what goes by this tag (RFC 9110, section 13.1.2).
 *
 * @param {string} etag
 * @param {string | null} tags
 */
function isKnown(etag, tags) {
  return tags !== null && (tags.trim() === "*" || tags.split(",").some((tag) => tag.trim().replace(/^W\//, "") === etag));
}

/**
 * @param {number} status
 * @param {string} line
 * @param {Record<string, string>} [headers]
 */
function refusal(status, line, headers = {}) {
  return new Response(`${line}\n`, { status, headers: { "content-type": "text/plain; charset=utf-8", ...headers } });
}
