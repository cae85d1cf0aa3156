import { stat } from "node:fs/promises";

/** Whether there is anything at a path. */
export const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
