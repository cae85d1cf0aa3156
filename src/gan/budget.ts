/** The time that a call of `train` may take. */
import { now, since } from "../core/time.ts";

/** Rounds that tell how long the next may take: as many as there are from one look at both networks to the next. */
const REMEMBERED = 100;

/** So many steps are begun as will be over in time, by the longest of the last rounds. Of the first nobody knows how long it takes: it is begun whatever the time. */
export class Budget {
  readonly #start = now();
  readonly #milliseconds: number;
  /** Milliseconds a step, of each of the last rounds. */
  #rounds: number[] = [];
  #reserve = 0;

  /** @param milliseconds from now on */
  constructor(milliseconds = Number.POSITIVE_INFINITY) {
    this.#milliseconds = milliseconds;
  }

  /** Steps that will be over in time: at least one before the first round. */
  get steps(): number {
    if (this.#rounds.length === 0) return this.#milliseconds === Number.POSITIVE_INFINITY ? this.#milliseconds : 1;
    const left = this.#milliseconds - this.#reserve - since(this.#start);
    return left > 0 ? Math.floor(left / Math.max(...this.#rounds)) : 0; // rounds of a clock that stands still take nothing
  }

  /** Notes how long a round of steps took, with all that is done between steps. */
  note(steps: number, milliseconds: number): void {
    if (steps > 0) this.#rounds = [...this.#rounds.slice(1 - REMEMBERED), milliseconds / steps];
  }

  /** Keeps time for what is to be done in the end. */
  reserve(milliseconds: number): void {
    this.#reserve = Math.max(this.#reserve, milliseconds);
  }
}
