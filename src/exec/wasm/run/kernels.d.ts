/** A build of the kernels as bytes, put in place by the bundler. */
declare module "#kernels/*.wasm" {
  const bytes: Uint8Array<ArrayBuffer>;
  export default bytes;
}
