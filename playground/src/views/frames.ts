/** Drawing that takes its time, spread over animation frames. */

const waiting = new Set<() => void>();

/** Draws in an animation frame to come, in which nothing else that asked for one is drawn, so that no task is long. What waits already is drawn once. */
export function drawInTurn(draw: () => void): void {
  if (waiting.size === 0) requestAnimationFrame(next);
  waiting.add(draw);
}

function next(): void {
  const [draw] = waiting;
  waiting.delete(draw!);
  if (waiting.size > 0) requestAnimationFrame(next);
  draw!();
}
