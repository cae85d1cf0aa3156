/** A build of the kernels, put in place by the bundler: its bytes as hexadecimal digits, or the module that the runtime has compiled. */
declare module "#kernels/*.wasm" {
  const kernels: string | WebAssembly.Module;
  export default kernels;
}

/** The source of `worker.js`, put in place by the bundler. */
declare module "#worker" {
  const source: string;
  export default source;
}
