/** Begins: what people read comes first. */
import "./style.css";
import { Playground } from "./playground.ts";
import { language, wordsOf } from "./words.ts";

const spoken = language();
new Playground(document.getElementById("app")!, await wordsOf(spoken), spoken);
