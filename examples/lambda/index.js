/** Faces by AWS Lambda, behind a Function URL or an HTTP API: events and results of payload format 2.0. */
import { readFile } from "node:fs/promises";
import { createSampler } from "ganvas/sample";
import { answer, once, openModel } from "../face.js";

const model = once(async () => openModel(createSampler, await readFile(new URL("model.safetensors", import.meta.url))));

/** @param {{ rawPath: string, rawQueryString: string, headers: Record<string, string>, requestContext: { domainName: string, http: { method: string } } }} event */
export async function handler({ rawPath, rawQueryString, headers, requestContext: { domainName, http } }) {
  const url = `https://${domainName}${rawPath}${rawQueryString ? `?${rawQueryString}` : ""}`;
  const response = await answer(new Request(url, { method: http.method, headers }), model);
  return {
    statusCode: response.status,
    headers: Object.fromEntries(response.headers),
    body: Buffer.from(await response.arrayBuffer()).toString("base64"),
    isBase64Encoded: true,
  };
}
