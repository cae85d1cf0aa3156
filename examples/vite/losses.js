const COLORS = ["#36c", "#c33"];

/**
 * Draws losses by step, from 0 to the largest.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {readonly (readonly [number, number])[]} history of the discriminator and of the generator
 */
export function drawLosses(canvas, history) {
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const { width, height } = canvas;
  const top = history.reduce((most, pair) => Math.max(most, ...pair), 1);
  context.clearRect(0, 0, width, height);
  for (const [which, color] of COLORS.entries()) {
    context.strokeStyle = color;
    context.beginPath();
    for (const [step, losses] of history.entries()) {
      context.lineTo((step / Math.max(1, history.length - 1)) * width, height - (Math.max(0, losses[which]) / top) * height);
    }
    context.stroke();
  }
}
