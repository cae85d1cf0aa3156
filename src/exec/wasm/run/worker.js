// One thread of the kernels: instantiates them over the memories it is shown, then does its share of every plan it is told of.
// Plain JavaScript, so that it is the same file in the sources and in the package.
const { parentPort } = globalThis.postMessage ? {} : await import("node:worker_threads");
const port = parentPort ?? globalThis;

/** Milliseconds a thread looks out for the next plan before it goes to sleep: short steps follow each other within them, and being woken takes longer. */
const PATIENCE = 0.2;

let place;
let order; // in shared memory: number of the run, of its memory, address and length of its plan, whether by the exact kernels
let done = 0;
const kernels = new Map(); // by the number of their memory, the fast ones and the exact ones

const prepare = (message) => {
  if (message.order) {
    ({ order, place } = message);
  } else if (message.enter) {
    const { enter, modules, memory } = message;
    kernels.set(
      enter,
      modules.map((module) => new WebAssembly.Instance(module, { env: { memory } }).exports),
    );
    port.postMessage(enter);
  } else {
    kernels.delete(message.leave);
  }
};

const compute = () => {
  done = Atomics.load(order, 0);
  kernels.get(order[1])[order[4]].run(order[2] >>> 0, order[3], place.ith, place.nth, place.sync);
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
  if (typeof data !== "number") return prepare(data);
  if (((data - done) | 0) <= 0) return; // done already, as it was seen before the message came
  do compute();
  while (isTold());
};

const unreadable = () => {
  throw new Error("a message that cannot be read here");
};

if (parentPort) parentPort.on("message", (data) => receive({ data })).on("messageerror", unreadable);
else Object.assign(globalThis, { onmessage: receive, onmessageerror: unreadable });
port.postMessage("ready");
