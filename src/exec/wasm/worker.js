// One thread of the kernels: instantiates them over the memory it is given, then does its share of every plan it is told of.
// Plain JavaScript, so that it is the same file in the sources and in the package.
const { parentPort } = globalThis.postMessage ? {} : await import("node:worker_threads");
const port = parentPort ?? globalThis;
let kernels;
let place;

const receive = ({ data }) => {
  if (data.modules) {
    place = data.place;
    const instantiate = (module) => new WebAssembly.Instance(module, { env: { memory: data.memory } }).exports;
    kernels = { fast: instantiate(data.modules.fast), exact: instantiate(data.modules.exact) };
    port.postMessage("ready");
  } else {
    kernels[data.kernels].run(data.plan, data.length, place.ith, place.nth, place.sync);
    port.postMessage("done");
  }
};

if (parentPort) parentPort.on("message", (data) => receive({ data }));
else globalThis.onmessage = receive;
