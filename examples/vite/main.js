/** Trains on eight clusters of points, and shows how that goes. */
import { createGAN } from "ganvas";
import { ring } from "ganvas/datasets";
import { drawLosses } from "./losses.js";

const STEPS = 5000;
const SHOW_EVERY = 25;
const POINTS = 500;

const [status, samples, losses, stop] = ["status", "samples", "losses", "stop"].map((id) => document.getElementById(id));

const data = ring({ count: 4000, modes: 8, seed: 1 });
// The page stays responsive: the arithmetic is done by workers.
const gan = await createGAN({ shape: [2], latent: 8, width: 64, batchSize: 128, seed: 1, backend: "wasm" });
const ending = new AbortController();
stop.onclick = () => ending.abort();

/** Points of the plane, [-1.5, 1.5] in both directions. */
function drawPoints(context, points, color) {
  const { width, height } = context.canvas;
  context.fillStyle = color;
  for (let i = 0; i < points.length; i += 2) {
    context.fillRect(((points[i] + 1.5) / 3) * width - 1, ((1.5 - points[i + 1]) / 3) * height - 1, 2, 2);
  }
}

const history = [];
const { stopped } = await gan.train(data, {
  steps: STEPS,
  signal: ending.signal,
  async onStep({ step, discriminatorLoss, generatorLoss }) {
    history.push([discriminatorLoss, generatorLoss]);
    if (step % SHOW_EVERY !== 0) return;
    const images = await gan.sample({ count: POINTS });
    const context = samples.getContext("2d");
    context.clearRect(0, 0, samples.width, samples.height);
    drawPoints(context, data.data.subarray(0, 2 * POINTS), "#bbb");
    drawPoints(context, images.data, "#c33");
    drawLosses(losses, history);
    status.textContent = `Step ${step} of ${STEPS}, ${gan.backend.threads} thread(s): discriminator ${discriminatorLoss.toFixed(3)}, generator ${generatorLoss.toFixed(3)}`;
  },
});
status.textContent += stopped === "steps" ? ". Done." : ". Stopped.";
gan.dispose();
