/**
 * What someone does with the package, the same on every runtime and by every bundler: trains the models whose bits are known, goes on from a file, samples, makes a picture.
 *
 * Bundled for the consumers but for the package itself (consumers.js), so that the cases are those of the other tests.
 */
import { createGAN, loadGAN } from "ganvas";
import { createSampler } from "ganvas/sample";
import { hashOf, hashOfTensors } from "../cases/hashes.ts";
import { REPRODUCIBLE, reproducibleData } from "../cases/reproducible.ts";

const STEPS = 5;
const SAMPLES = { count: 7, seed: 2 };

/** What went wrong with a check; the first fault counts. */
class Report {
  /** By column: true, or why not. A column that is missing was not reached. */
  cells = {};

  set(column, fault) {
    if (this.cells[column] === undefined || (this.cells[column] === true && fault)) this.cells[column] = fault ?? true;
  }
}

const messageOf = (error) => (error instanceof Error ? `${error.name}: ${error.message}` : String(error));

function difference(what, got, expected) {
  return got === expected ? undefined : `${what}: ${String(got).slice(0, 12)}..., not ${expected.slice(0, 12)}...`;
}

/** A model from its first weights to a picture, in so many threads. @returns how many there were, and why */
async function check(report, model, threads) {
  const place = { backend: "wasm", reproducible: true, threads };
  const data = reproducibleData(model.options.shape);
  const name = `${model.name}, ${threads} ${threads === 1 ? "thread" : "threads"}`;
  let column = "trains";
  try {
    const gan = await createGAN({ ...model.options, ...place });
    const { backend } = gan;
    await gan.train(data, { steps: STEPS - 2 });
    const half = await gan.save();
    await gan.train(data, { steps: 2 });
    report.set("trains");
    const file = await gan.save();
    report.set("hash equal", difference(`state of ${name}`, await hashOfTensors(file), model.state));

    column = "resumes";
    const resumed = await loadGAN(half, place);
    await resumed.train(data, { steps: 2 });
    report.set("resumes", difference(`state of ${name} from a file`, await hashOfTensors(await resumed.save()), model.state));
    resumed.dispose();

    column = "samples";
    const images = await gan.sample(SAMPLES);
    report.set("samples");
    report.set("hash equal", difference(`samples of ${name}`, await hashOf(images.data), model.samples));

    if (model.options.shape.length === 3) {
      column = "PNG";
      report.set("PNG", await faultOfPNG(await images.toPNG({ columns: SAMPLES.count }), model.options.shape));
    }
    gan.dispose();

    if (createSampler) {
      column = "ganvas/sample";
      const sampler = await createSampler(file);
      report.set("ganvas/sample", difference(`samples of ${name}`, await hashOf((await sampler.sample(SAMPLES)).data), model.samples));
      sampler.dispose?.();
    }
    return { threads: backend.threads, reason: backend.reason };
  } catch (error) {
    report.set(column, `${name}: ${messageOf(error)}`);
    throw error;
  }
}

/** Its signature and size: a row of all samples. */
function faultOfPNG(bytes, [height, width]) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getBigUint64(0) !== 0x89504e470d0a1a0an) return "no PNG";
  const size = [view.getUint32(16), view.getUint32(20)];
  return size[1] === height && size[0] >= SAMPLES.count * width ? undefined : `a PNG of ${size.join(" x ")} pixels`;
}

/** Everything in one thread, then in two. `threads` is how many it got when it asked for two, and null when it was refused; without it, that was not reached. */
export async function scenario() {
  const report = new Report();
  try {
    for (const model of REPRODUCIBLE) await check(report, model, 1);
  } catch {
    return { cells: report.cells };
  }
  const parallel = new Report();
  let backend;
  try {
    for (const model of REPRODUCIBLE) backend = await check(parallel, model, 2);
  } catch (error) {
    // Threads that do not start are told of as such, not as training that fails.
    return { cells: report.cells, threads: null, reason: messageOf(error) };
  }
  for (const [column, fault] of Object.entries(parallel.cells)) report.set(column, fault === true ? undefined : fault);
  return { cells: report.cells, ...backend };
}
