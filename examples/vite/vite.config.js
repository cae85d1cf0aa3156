/** A page may share memory between threads only if it is cross-origin isolated, which these two headers ask for: without them it trains in one thread. */
const headers = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };

export default { server: { headers }, preview: { headers } };
