/** A report as one file that asks nobody for anything. */
import { Html, html } from "./html.ts";
import { renderReport } from "./render.ts";
import type { Report } from "./results.ts";
import { COLOURS, PAGE_STYLE, STYLE } from "./style.ts";
import type { Words } from "./words.ts";

/** Shows the data that the page has, and hands them out as a file. */
const SCRIPT = `
const data = document.getElementById("data").textContent;
const shown = document.getElementById("shown");
shown.closest("details").addEventListener("toggle", () => { shown.textContent = JSON.stringify(JSON.parse(data), null, 1); }, { once: true });
document.getElementById("download").addEventListener("click", () => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([data], { type: "application/json" }));
  link.download = "report.json";
  link.click();
  URL.revokeObjectURL(link.href);
});
`;

/** JSON that ends no script element and begins no comment. */
const embedded = (value: object): Html => new Html(JSON.stringify(value).replaceAll("<", "\\u003c"));

export function reportDocument(report: Report, words: Words): string {
  return `${html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="ganvas">
<link rel="icon" href="data:,">
<title>${words.title}</title>
<style>${new Html(COLOURS + PAGE_STYLE + STYLE)}</style>
</head>
<body>
<main>
<h1>${words.title}</h1>
<p class="lead">${words.intro}</p>
${new Html(renderReport(report, words))}
<div class="report"><section aria-labelledby="report-data"><h2 id="report-data">${words.data}</h2>
<p class="intro">${words.dataIntro}</p>
<p><button type="button" id="download">${words.download}</button></p>
<details><summary>${words.showData}</summary><pre id="shown" tabindex="0"></pre></details></section></div>
</main>
<script type="application/json" id="data">${embedded(report)}</script>
<script type="module">${new Html(SCRIPT)}</script>
</body>
</html>
`}`;
}
