/** The page that measures this browser. */
import "../style.css";
import "./bench.css";
import { STYLE } from "../../../bench/report/style.ts";
import { h } from "../dom.ts";
import { language } from "../words.ts";
import { BenchPage } from "./page.ts";
import { benchWords } from "./words.ts";

document.head.append(h("style", {}, STYLE));
const spoken = language();
new BenchPage(document.getElementById("app")!, await benchWords(spoken), spoken);
