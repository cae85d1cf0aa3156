/** A build of the kernels, put in place by the bundler: its bytes as hexadecimal digits, or the module that the runtime has compiled. */
declare module "#kernels/*.wasm" {
  const kernels: string | WebAssembly.Module;
  export default kernels;
}

/** What makes one build of another (`delta.ts`), as hexadecimal digits. */
declare module "#kernels/*.delta" {
  const digits: string;
  export default digits;
}

/** The source of `worker.js`, put in place by the bundler. */
declare module "#worker" {
  const source: string;
  export default source;
}
