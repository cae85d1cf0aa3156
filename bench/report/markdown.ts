/** A report as Markdown, for a message or an issue. */
import { leftOutOf } from "./render.ts";
import type { Report } from "./results.ts";
import { figure, figuresOf, isBaseline, workloadsOf } from "./statistics.ts";
import { fill, type Words } from "./words.ts";

const cell = (text: string): string => text.replace(/\s+/g, " ").replaceAll("|", "\\|").replaceAll("<", "&lt;");

export function reportMarkdown({ machines }: Report, words: Words): string {
  const lines: string[] = [];
  for (const machine of machines) {
    const { cpu, cores, os, gpu, made, ganvas, runtimes } = machine;
    lines.push(
      `**${cell(cpu)}**, ${cores ?? "?"} ${words.cores.toLowerCase()}, ${cell(os)}, ${words.gpu}: ${cell(gpu ?? words.none)}, ganvas ${ganvas}, ${made.slice(0, 10)}`,
    );
    if (machine.leftOut.length > 0) lines.push("", `**${words.incomplete}** ${cell(leftOutOf(machine, words))}`);
    for (const workload of workloadsOf(runtimes)) {
      lines.push("", `**${workload}**`, "", `| ${[words.runtime, words.contender, words.perSecond, words.milliseconds, words.ratio].join(" | ")} |`);
      lines.push("| --- | --- | ---: | ---: | ---: |");
      for (const { name, contests } of runtimes) {
        for (const contest of contests.filter((each) => each.workload === workload)) {
          for (const entry of contest.entries) {
            const who = `${entry.contender} ${entry.engine}, ${entry.threads === 1 ? words.thread : fill(words.threads, { n: entry.threads })}`;
            const figures = figuresOf(contest, entry);
            const numbers = figures
              ? [
                  figure(figures.rate),
                  `${figure(figures.ms)} (${figures.quartiles.map(figure).join(" – ")})`,
                  isBaseline(entry) ? words.baseline : figures.ratio === null ? "" : figure(figures.ratio),
                ]
              : [cell(entry.fault ?? ""), "", ""];
            lines.push(`| ${[cell(name), cell(who), ...numbers].join(" | ")} |`);
          }
        }
      }
    }
    lines.push("");
  }
  return `${lines.join("\n").trimEnd()}\n`;
}
