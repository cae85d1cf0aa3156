export { openOurs } from "../../dist/tools/portable/ours.js";
