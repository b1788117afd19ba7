/** RELIABILITY.md, from what the long suites saw: set up and torn down by vitest around them. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { repositoryRoot } from '../support/paths.js';
import type { Row } from './plan.js';

export default function setup(): () => Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'faults-'));
  const book = join(folder, 'rows.jsonl');
  process.env['FAULTS'] = 'all';
  process.env['FAULTS_BOOK'] = book;
  process.env['FAULT_SEED'] ??= String(Math.floor(Math.random() * 2 ** 31));
  return async () => {
    const rows = existsSync(book) ? readFileSync(book, 'utf8').trim().split('\n') : [];
    rmSync(folder, { recursive: true });
    if (rows.length > 0) await writeBook(rows.map((row) => JSON.parse(row) as Row & { seed: number }));
  };
}

async function writeBook(rows: readonly (Row & { seed: number })[]): Promise<void> {
  const file = join(repositoryRoot, 'RELIABILITY.md');
  const sections = [...new Set(rows.map(({ chapter }) => chapter))].sort().map((chapter) => {
    const lines = rows
      .filter((row) => row.chapter === chapter)
      .map(({ fault, times, outcome, file, seed }) => {
        const command = `FAULT_SEED=${seed} npm run test:faults -- ${file}`;
        return `| ${fault} | ${times} | ${outcome} | \`${command}\` |`;
      });
    return `## ${chapter}\n\n| fault | times | outcome | command |\n| --- | --- | --- | --- |\n${lines.join('\n')}`;
  });
  const text = `# What was done to runs, and what became of them

Written by \`npm run test:faults\`; a row stands here only if its test has passed. "The same bytes" are those of an
undisturbed run, of every part and of the updated metadata.

${sections.join('\n\n')}
`;
  writeFileSync(file, await format(text, { ...(await resolveConfig(file)), parser: 'markdown' }));
}
