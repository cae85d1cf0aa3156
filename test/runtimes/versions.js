/** What the package is tried with, each version by its number, so that a result says the same another day. Raise them by hand. */

export const NODES = { 22: "22.23.3", 24: "24.21.0", 26: "26.10.0" };
export const BUN = "1.4.5";
/** Its middle is the day up to which it has compatibility dates. */
export const WORKERD = "1.20261117.1";

export const VITES = { 5: "5.4.21", 6: "6.4.6", 7: "7.3.8", 8: "8.3.8" };
export const WEBPACK = { webpack: "5.113.0", "webpack-cli": "7.3.1" };
export const ROLLUP = { rollup: "4.68.8", "@rollup/plugin-node-resolve": "16.0.3" };
export const ESBUILD = "0.28.2";
export const PARCEL = "2.16.4";
export const NEXT = { next: "16.4.6", react: "19.3.1", "react-dom": "19.3.1" };

export const WRANGLER = "4.164.0";
export const EDGE_RUNTIME = "4.0.1";
