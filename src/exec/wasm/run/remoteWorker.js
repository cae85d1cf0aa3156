// The kernels with a memory of their own, for a page that cannot share its: does what it is told, in the order it is told.
// Plain JavaScript, so that it is the same file in the sources and in the package.
const { parentPort } = globalThis.postMessage ? {} : await import("node:worker_threads");
const port = parentPort ?? globalThis;
let memory;
let kernels;

const ACTIONS = {
  open({ fast, exact, pages }) {
    memory = new WebAssembly.Memory({ initial: pages });
    kernels = [fast, exact].map((module) => new WebAssembly.Instance(module, { env: { memory } }).exports);
  },
  write({ address, values }) {
    new values.constructor(memory.buffer, address, values.length).set(values);
  },
  read: ({ address, length }) => new Float32Array(memory.buffer, address, length).slice(),
  grow({ pages }) {
    memory.grow(pages);
  },
  run({ plan, length, exact }) {
    kernels[exact ? 1 : 0].run(plan, length, 0, 1, 0);
  },
};

const receive = ({ data: { action, ...rest } }) => {
  let answer;
  try {
    answer = { value: ACTIONS[action](rest) };
  } catch (error) {
    answer = { error: String(error) };
  }
  port.postMessage(answer, answer.value ? [answer.value.buffer] : []);
};

if (parentPort) parentPort.on("message", (data) => receive({ data }));
else globalThis.onmessage = receive;
port.postMessage("ready");
