import { BackendError } from "../../core/errors.ts";

/** Ends every wait for a device when the device is lost, so that nothing hangs. */
export class Watch {
  readonly #waiting = new Set<(error: BackendError) => void>();
  #loss: BackendError | undefined;

  constructor(device: GPUDevice) {
    void device.lost.then(({ message }) => {
      const got = `one that was lost${message ? `: ${message}` : ""}`;
      this.#loss = new BackendError({ path: "webgpu", expected: "a device that stays", got }, { lost: true });
      for (const reject of this.#waiting) reject(this.#loss);
    });
  }

  /** `work`, or a BackendError as soon as the device is lost. */
  guard<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#loss) {
        work.catch(() => {});
        reject(this.#loss);
        return;
      }
      this.#waiting.add(reject);
      work.then(resolve, reject).finally(() => this.#waiting.delete(reject));
    });
  }
}
