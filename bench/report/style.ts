/** How a report looks. Colours are the playground's by their names; a page that has its own keeps them. */

/** The colours, as weak as can be: whatever else names them wins. */
export const COLOURS = `
@layer colours {
  :root { color-scheme: light; --bg: #f6f7f9; --surface: #ffffff; --text: #1b1f27; --muted: #5a6372; --line: #d9dee6; --accent: #2457c5; --accent-text: #ffffff; --good: #1a7340; --bad: #b3261e; --warn: #8a5300; }
  @media (prefers-color-scheme: dark) {
    :root:not([data-theme="light"]) { color-scheme: dark; --bg: #12151b; --surface: #1a1f27; --text: #e7eaf0; --muted: #a0a9b8; --line: #323a47; --accent: #86aaff; --accent-text: #0d1420; --good: #6fd197; --bad: #ff9a90; --warn: #f0b35a; }
  }
  :root[data-theme="dark"] { color-scheme: dark; --bg: #12151b; --surface: #1a1f27; --text: #e7eaf0; --muted: #a0a9b8; --line: #323a47; --accent: #86aaff; --accent-text: #0d1420; --good: #6fd197; --bad: #ff9a90; --warn: #f0b35a; }
}
`;

export const STYLE = `
.report { font-variant-numeric: tabular-nums; color: var(--text); }
.report section { margin: 2.5rem 0; }
.report h2 { font-size: 1.25rem; line-height: 1.3; margin: 0 0 0.5rem; }
.report h3 { font-size: 1rem; margin: 1.5rem 0 0.5rem; }
.report small { color: var(--muted); font-size: 0.8125rem; font-weight: 400; }
.report .intro { color: var(--muted); max-width: 75ch; margin: 0 0 1rem; }
.report .beside { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 27rem), 1fr)); align-items: start; }
.report .beside > :only-child { grid-column: 1 / -1; }
.report .card { background: var(--surface); border: 1px solid var(--line); border-radius: 8px; padding: 0.875rem 1rem; min-width: 0; }
.report dl { margin: 0; }
.report dl div { display: grid; grid-template-columns: 9.5rem 1fr; gap: 0.75rem; padding: 0.1875rem 0; }
.report .machine dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 25rem), 1fr)); column-gap: 2rem; }
.report dt { color: var(--muted); }
.report dd { margin: 0; overflow-wrap: anywhere; }
.report .agreement { margin: 0.75rem 0 0; }
.report .note { margin: 0.75rem 0 0; padding-left: 0.75rem; border-left: 3px solid var(--warn); }
.report .wide { width: fit-content; max-width: 100%; overflow-x: auto; background: var(--surface); border: 1px solid var(--line); border-radius: 8px; }
.report .wide:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.report table { border-collapse: collapse; width: 100%; }
.report th, .report td { text-align: right; padding: 0.375rem 0.75rem; vertical-align: baseline; }
.report th:first-child { text-align: left; font-weight: 500; }
.report thead th { color: var(--muted); font-weight: 500; font-size: 0.8125rem; vertical-align: bottom; }
.report tbody tr { border-top: 1px solid var(--line); }
.report .matrix { width: auto; }
.report .matrix th, .report .matrix td { white-space: nowrap; }
.report .matrix th:first-child { position: sticky; left: 0; background: var(--surface); }
.report .matrix td small { display: block; }
.report .muted { color: var(--muted); }
.report .good { color: var(--good); }
.report .bad { color: var(--bad); font-weight: 600; }
.report .workload { font-size: 1.0625rem; margin: 2rem 0 0.75rem; }
.report .workload span { color: var(--muted); font-weight: 400; font-size: 0.9375rem; margin-left: 0.25rem; }
.report caption, .report h4 { text-align: left; font-weight: 600; font-size: 1rem; margin: 0; padding-bottom: 0.25rem; }
.report .chart th, .report .chart td { padding: 0.375rem 0 0.375rem 0.75rem; }
.report .chart th:first-child { padding-left: 0; width: 50%; }
.report th small { white-space: nowrap; }
.report .chart td small { display: block; white-space: nowrap; }
.report .chart tr.baseline th { font-weight: 700; }
.report .bar { display: block; position: relative; height: 0.5rem; margin: 0.3125rem 0 0.1875rem; background: linear-gradient(var(--line), var(--line)) left center / 100% 1px no-repeat; }
.report .bar::before { content: ""; position: absolute; inset: 0 auto 0 0; width: max(2px, var(--to)); background: var(--muted); border-radius: 0 2px 2px 0; }
.report .bar.ours::before { background: var(--accent); }
.report .bar::after { content: ""; position: absolute; top: 50%; height: 0; left: var(--low); width: calc(var(--high) - var(--low)); border-top: 2px solid var(--text); box-shadow: 0 0 0 1px var(--surface); }
.report .cannot { color: var(--muted); font-size: 0.8125rem; margin: 0.625rem 0 0; overflow-wrap: anywhere; }
.report .faults th, .report .faults td { text-align: left; vertical-align: top; }
.report .faults td { overflow-wrap: normal; }
.report .faults td:nth-child(3) { min-width: 8rem; }
.report .faults .words { min-width: 20rem; overflow-wrap: anywhere; }
.report .faults q { quotes: none; }
.report ul { padding-left: 1.25rem; margin: 0; max-width: 75ch; }
.report li { margin: 0.375rem 0; }
@media (max-width: 30rem) {
  .report .beside > :only-child { grid-column: 1 / -1; }
.report .card { padding: 0.75rem; }
  .report dl div { grid-template-columns: 7rem 1fr; }
  .report .chart th:first-child { width: 44%; }
  .report .chart th small, .report .matrix th small { display: block; }
  .report .faults, .report .faults tbody, .report .faults tr, .report .faults th, .report .faults td { display: block; padding: 0; }
  .report .faults thead { display: none; }
  .report .faults tr { padding: 0.625rem 0.75rem; }
  .report .faults .words { min-width: 0; }
  .report .faults td:not(.words) { color: var(--muted); font-size: 0.8125rem; }
  .report .workload span { display: block; margin: 0.125rem 0 0; }
}
`;

/** Of a page that has nothing else. */
export const PAGE_STYLE = `
*, ::before, ::after { box-sizing: border-box; }
body { margin: 0; background: var(--bg); color: var(--text); font: 0.9375rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
main { max-width: 90rem; margin: 0 auto; padding: 1.5rem clamp(0.75rem, 3vw, 2.5rem) 3rem; }
h1 { font-size: 1.625rem; line-height: 1.2; margin: 0 0 0.5rem; }
.lead { max-width: 75ch; margin: 0; color: var(--muted); }
button { font: inherit; font-weight: 600; padding: 0.5rem 1rem; border: 1px solid transparent; border-radius: 6px; background: var(--accent); color: var(--accent-text); cursor: pointer; }
button:focus-visible, summary:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
details { margin-top: 1rem; }
summary { cursor: pointer; }
pre { overflow: auto; max-height: 24rem; background: var(--surface); border: 1px solid var(--line); border-radius: 8px; padding: 0.75rem; font-size: 0.8125rem; }
`;
