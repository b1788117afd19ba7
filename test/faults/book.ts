/** RELIABILITY.md as rows: a run of some of the tests replaces theirs, and leaves the others as they are. */
import type { NotedRow } from './plan.js';

/** A line of one of its tables; its chapter and fault say which. */
export interface Line {
  chapter: string;
  fault: string;
  times: string;
  outcome: string;
  command: string;
}

/** @returns the lines of a book that was written before, in its order */
export function linesOf(text: string): Line[] {
  const lines: Line[] = [];
  let chapter = '';
  for (const line of text.split('\n')) {
    if (line.startsWith('## ')) chapter = line.slice(3).trim();
    const cells = /^\| (.+?) +\| (\d+) +\| (.+?) +\| `(.+)` +\|$/.exec(line);
    if (!cells) continue;
    const [, fault, times, outcome, command] = cells;
    lines.push({ chapter, fault: fault!, times: times!, outcome: outcome!, command: command! });
  }
  return lines;
}

/** @returns the lines with those of `rows` in their places, or after them where they are new */
export function merged(lines: readonly Line[], rows: readonly NotedRow[]): Line[] {
  const all = new Map(lines.map((line) => [nameOf(line), line]));
  for (const { chapter, fault, times, outcome, file, seed, test } of rows) {
    const command = `FAULT_SEED=${seed} npm run test:faults -- ${file} -t '${test}'`;
    all.set(nameOf({ chapter, fault }), { chapter, fault, times: String(times), outcome, command });
  }
  return [...all.values()];
}

const nameOf = ({ chapter, fault }: Pick<Line, 'chapter' | 'fault'>): string => `${chapter}: ${fault}`;

/** @returns the book, its chapters by name */
export function textOf(lines: readonly Line[]): string {
  const chapters = [...new Set(lines.map(({ chapter }) => chapter))].sort().map((chapter) => {
    const rows = lines
      .filter((line) => line.chapter === chapter)
      .map(({ fault, times, outcome, command }) => `| ${fault} | ${times} | ${outcome} | \`${command}\` |`);
    return `## ${chapter}\n\n| fault | times | outcome | command |\n| --- | --- | --- | --- |\n${rows.join('\n')}`;
  });
  return `# What was done to runs, and what became of them

Written by \`npm run test:faults\`, row by row: each is from the last run of its test that passed. "The same bytes" are
those of an undisturbed run, of every part and of the updated metadata.

${chapters.join('\n\n')}
`;
}
