/** In place of `encoder.ts` where nothing may be imported once a program runs. */
import { encodePNG } from "./png.ts";

export const loadEncoder = async (): Promise<typeof encodePNG> => encodePNG;
