// One thread of the kernels: instantiates them over the memory it is given, then does its share of every plan it is told of.
// Plain JavaScript, so that it is the same file in the sources and in the package.
const { parentPort } = globalThis.postMessage ? {} : await import("node:worker_threads");
const port = parentPort ?? globalThis;

/** Milliseconds a thread looks out for the next plan before it goes to sleep: short steps follow each other within them, and being woken takes longer. */
const PATIENCE = 0.2;

let kernels;
let place;
let order; // in shared memory: number of the run, address and length of its plan, whether by the exact kernels
let done = 0;

const start = ({ modules, memory, place: mine }) => {
  const instantiate = (module) => new WebAssembly.Instance(module, { env: { memory } }).exports;
  kernels = [instantiate(modules.fast), instantiate(modules.exact)];
  place = mine;
  order = new Int32Array(memory.buffer, place.order, 4);
  port.postMessage(0);
};

const compute = () => {
  done = Atomics.load(order, 0);
  kernels[order[3]].run(order[1] >>> 0, order[2], place.ith, place.nth, place.sync);
  // All meet at the end of a plan, so one of them speaks for all.
  if (place.ith === 0) port.postMessage(done);
};

const isTold = () => {
  const end = performance.now() + PATIENCE;
  do {
    for (let i = 0; i < 200; i++) if (Atomics.load(order, 0) !== done) return true;
  } while (performance.now() < end);
  return false;
};

const receive = ({ data }) => {
  if (data.modules) return start(data);
  if (((data - done) | 0) <= 0) return; // done already, as it was seen before the message came
  do compute();
  while (isTold());
};

if (parentPort) parentPort.on("message", (data) => receive({ data }));
else globalThis.onmessage = receive;
