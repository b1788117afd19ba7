/** RELIABILITY.md, from what the long suites saw: set up and torn down by vitest around them. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { repositoryRoot } from '../support/paths.js';
import { linesOf, merged, textOf } from './book.js';
import type { NotedRow } from './plan.js';

export default function setup(): () => Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'faults-'));
  const noted = join(folder, 'rows.jsonl');
  process.env['FAULTS'] = 'all';
  process.env['FAULTS_BOOK'] = noted;
  process.env['FAULT_SEED'] ??= String(Math.floor(Math.random() * 2 ** 31));
  return async () => {
    const rows = existsSync(noted) ? readFileSync(noted, 'utf8').trim().split('\n') : [];
    rmSync(folder, { recursive: true });
    if (rows.length > 0) await writeBook(rows.map((row) => JSON.parse(row) as NotedRow));
  };
}

async function writeBook(rows: readonly NotedRow[]): Promise<void> {
  const file = join(repositoryRoot, 'RELIABILITY.md');
  const before = existsSync(file) ? linesOf(readFileSync(file, 'utf8')) : [];
  const text = textOf(merged(before, rows));
  writeFileSync(file, await format(text, { ...(await resolveConfig(file)), parser: 'markdown' }));
}
