// A thread of the kernels. As one of a crew it instantiates them over the memories it is shown, and does its share of every plan it is told of; on its own, for a
// page that cannot share memory, it has one to itself, and does what it is told in the order it is told.
// Plain JavaScript without imports, so that it is a script and a module, as a file of its own and as a string.
const { parentPort } = typeof postMessage === "function" ? {} : globalThis.process.getBuiltinModule("node:worker_threads");
const port = parentPort ?? globalThis;

const instantiate = (module, memory) => new WebAssembly.Instance(module, { env: { memory } }).exports;

/** Milliseconds a thread of a crew looks out for the next plan before it goes to sleep: short steps follow each other within them, and being woken takes longer. */
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
      modules.map((module) => instantiate(module, memory)),
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

const share = (run) => {
  if (((run - done) | 0) <= 0) return; // done already, as it was seen before the message came
  do compute();
  while (isTold());
};

/** The memory of a thread on its own, with the fast kernels and the exact ones over it. */
let own;

const ACTIONS = {
  open({ fast, exact, pages }) {
    const memory = new WebAssembly.Memory({ initial: pages });
    own = { memory, kernels: [fast, exact].map((module) => instantiate(module, memory)) };
  },
  write({ address, values }) {
    new values.constructor(own.memory.buffer, address, values.length).set(values);
  },
  read: ({ address, length }) => new Float32Array(own.memory.buffer, address, length).slice(),
  grow({ pages }) {
    own.memory.grow(pages);
  },
  run({ plan, length, exact }) {
    own.kernels[exact ? 1 : 0].run(plan, length, 0, 1, 0);
  },
};

const act = ({ action, ...rest }) => {
  let answer;
  try {
    answer = { value: ACTIONS[action](rest) };
  } catch (error) {
    answer = { error: String(error) };
  }
  port.postMessage(answer, answer.value ? [answer.value.buffer] : []);
};

const receive = ({ data }) => {
  if (typeof data === "number") share(data);
  else if (data.action) act(data);
  else prepare(data);
};

const unreadable = () => {
  throw new Error("a message that cannot be read here");
};

if (parentPort) parentPort.on("message", (data) => receive({ data })).on("messageerror", unreadable);
else Object.assign(globalThis, { onmessage: receive, onmessageerror: unreadable });
port.postMessage("ready");
