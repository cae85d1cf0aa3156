/** A page may share memory between threads only if it is cross-origin isolated, which these two headers ask for: without them it trains in one thread. */
const headers = [
  { key: "Cross-Origin-Opener-Policy", value: "same-origin" },
  { key: "Cross-Origin-Embedder-Policy", value: "require-corp" },
];

export default { headers: () => [{ source: "/:path*", headers }] };
