/** A build of the kernels, put in place by the bundler: called, its bytes, or the module that the runtime has compiled. */
declare module "#kernels/*.wasm" {
  const load: () => Uint8Array<ArrayBuffer> | WebAssembly.Module;
  export default load;
}

/** The source of `worker.js`, put in place by the bundler. */
declare module "#worker" {
  const source: string;
  export default source;
}
