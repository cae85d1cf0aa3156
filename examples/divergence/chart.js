/** Curves as an SVG, legible 600 pixels wide, in the colours that the reader's page is in. */

const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [600, 340, 56, 20, 62, 48];

/** Round numbers from 0 to about `most`, five or so. */
function ticksTo(most) {
  const rough = most / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((factor) => factor * power >= rough);
  return Array.from({ length: Math.floor(most / step + 1e-9) + 1 }, (_, i) => Number((i * step).toPrecision(6)));
}

const escaped = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");

/**
 * @param {object} chart
 * @param {string} chart.title
 * @param {string} chart.x what runs along the bottom, from 0
 * @param {string} chart.y what runs up, from 0
 * @param {{ name: string, exact?: boolean, joined?: boolean, points: { x: number, y: number, low?: number, high?: number }[] }[]} chart.series
 *   exact ones are dashed lines; others are dots with bars from low to high, joined or not. What is before the comma of a name has one colour
 */
export function chart({ title, x, y, series }) {
  const all = series.flatMap(({ points }) => points);
  const xs = ticksTo(Math.max(...all.map((point) => point.x)));
  const mostY = Math.max(...all.map((point) => point.high ?? point.y)) * 1.05;
  const ys = ticksTo(mostY);
  const mostX = Math.max(...all.map((point) => point.x));
  const px = (value) => (LEFT + (value / mostX) * (WIDTH - LEFT - RIGHT)).toFixed(1);
  const py = (value) => (HEIGHT - BOTTOM - (value / mostY) * (HEIGHT - BOTTOM - TOP)).toFixed(1);
  const colours = [...new Set(series.map(({ name }) => name.split(",")[0]))];
  const drawn = series.map(({ name, exact, joined, points }) => {
    const colour = `c${colours.indexOf(name.split(",")[0])}`;
    const line = `<polyline class="${colour}${exact ? " exact" : ""}" points="${points.map((p) => `${px(p.x)},${py(p.y)}`).join(" ")}"/>`;
    if (exact) return line;
    const bars = points.map((p) => `<path class="${colour} bar" d="M${px(p.x)} ${py(p.low)}V${py(p.high)}m-4 0h8M${px(p.x)} ${py(p.low)}m-4 0h8"/>`);
    const dots = points.map((p) => `<circle class="${colour} dot" cx="${px(p.x)}" cy="${py(p.y)}" r="4"/>`);
    return [joined ? line : "", ...bars, ...dots].join("");
  });
  let place = LEFT;
  const legend = series.map(({ name, exact }) => {
    const colour = `c${colours.indexOf(name.split(",")[0])}`;
    const at = place;
    place += 42 + 7.4 * name.length;
    const sign = exact ? `<path class="${colour} exact" d="M${at} 44h24"/>` : `<circle class="${colour} dot" cx="${at + 12}" cy="44" r="4"/>`;
    return `${sign}<text x="${at + 30}" y="48">${escaped(name)}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escaped(title)}">
<style>
  svg { --ground: #fff; --ink: #222; --grid: #e3e3e3; --a: #0b62c4; --b: #c2410c; background: var(--ground); }
  @media (prefers-color-scheme: dark) { svg { --ground: #16181d; --ink: #e8e8e8; --grid: #343841; --a: #6db3ff; --b: #ff9d5c; } }
  .ground { fill: var(--ground); }
  text { font: 14px system-ui, sans-serif; fill: var(--ink); }
  .title { font-size: 16px; font-weight: 600; }
  .grid { stroke: var(--grid); }
  .c0 { stroke: var(--a); } .c1 { stroke: var(--b); }
  polyline, path { fill: none; stroke-width: 2; }
  .exact { stroke-dasharray: 6 4; }
  .c0.dot { fill: var(--a); } .c1.dot { fill: var(--b); }
</style>
<rect class="ground" width="${WIDTH}" height="${HEIGHT}"/>
<text class="title" x="${LEFT}" y="24">${escaped(title)}</text>
${legend.join("\n")}
${ys.map((v) => `<path class="grid" d="M${LEFT} ${py(v)}H${WIDTH - RIGHT}"/><text x="${LEFT - 8}" y="${Number(py(v)) + 5}" text-anchor="end">${v}</text>`).join("\n")}
${xs.map((v) => `<text x="${px(v)}" y="${HEIGHT - BOTTOM + 20}" text-anchor="middle">${v}</text>`).join("\n")}
<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 8}" text-anchor="middle">${escaped(x)}</text>
<text transform="translate(14 ${(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)" text-anchor="middle">${escaped(y)}</text>
${drawn.join("\n")}
</svg>
`;
}
