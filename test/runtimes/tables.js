/** What came of every row, as text. */

/**
 * A cell is true; or why it is not; or `shown` with a `reason`, null where none is needed, and whether that is `fine`. One that is not there was not reached.
 */
const textOf = (cell) => (cell === undefined ? "-" : cell === true ? "yes" : (cell.shown ?? "no"));

/** One line, of a bearable length. */
function brief(text) {
  const line = text
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours of a terminal
    .replace(/\u001b\[[0-9;]*m/g, "")
    .split("\n")
    .map((each) => each.replace(/[\s\u2500-\u257f]+/g, " ").trim())
    .filter(Boolean)
    .join(" | ");
  return line.length <= 500 ? line : `${line.slice(0, 300)} ... ${line.slice(-195)}`;
}

/** A table of Markdown, aligned, and below it the reason for every cell that is not yes. */
export function table(title, columns, rows) {
  const lines = [["", ...columns], ...rows.map(({ name, cells }) => [name, ...columns.map((column) => textOf(cells[column]))])];
  const widths = lines[0].map((_, i) => Math.max(3, ...lines.map((line) => line[i].length)));
  const text = lines.map((line) => `| ${line.map((cell, i) => cell.padEnd(widths[i])).join(" | ")} |`);
  text.splice(1, 0, `|${widths.map((width) => "-".repeat(width + 2)).join("|")}|`);
  const reasons = rows.flatMap(({ name, cells }) => {
    const given = columns.filter((column) => cells[column] !== undefined && cells[column] !== true && cells[column].reason !== null);
    const missed = columns.filter((column) => cells[column] === undefined);
    return [
      ...given.map((column) => `- ${name}: ${column}: ${brief(cells[column].reason ?? cells[column])}`),
      ...(missed.length > 0 ? [`- ${name}: ${missed.join(", ")}: not reached`] : []),
    ];
  });
  return [`## ${title}`, "", ...text, ...(reasons.length > 0 ? ["", ...reasons] : []), ""].join("\n");
}

/** Whether every cell of a row is as it should be. */
export const isFine = ({ cells }, columns) => columns.every((column) => cells[column] === true || cells[column]?.fine);
