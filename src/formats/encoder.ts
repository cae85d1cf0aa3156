import { BackendError } from "../core/errors.ts";
import type { encodePNG } from "./png.ts";

/** The encoder of PNG files, loaded when it is first asked for. @throws BackendError where that is barred */
export async function loadEncoder(): Promise<typeof encodePNG> {
  try {
    return (await import("./png.ts")).encodePNG;
  } catch (cause) {
    const got = `${String(cause)}; a bundler makes imports at run time unnecessary`;
    throw new BackendError({ path: "png", expected: "leave to import the encoder", got }, { cause });
  }
}
