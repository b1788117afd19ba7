/** How long the command takes to start, beside that of other checkouts: all in turns, for machines change from minute to minute. */
import { mkdir, readFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { BenchError } from './bench-error.js';
import { table } from './format-report.js';
import { cloneGraph, generate, remove } from './graphs.js';
import { measure } from './measure/measure.js';
import { commandOf, repositoryRoot } from './paths.js';
import { QUICK_GRAPH } from './presets.js';
import { spreadOf, type Spread } from './stats.js';

/** What a start is tried on; `movies` and `quick` stand for clones of graphs: the fixture's, and that of the quick preset. */
const STARTS = {
  '--version': ['--version'],
  '--help': ['--help'],
  'movies, three parts a data set': ['--input-prefix', 'movies', '--num-output-files', '3'],
  'the quick preset’s graph': ['--input-prefix', 'quick'],
} as const;

type Start = keyof typeof STARTS;
type GraphName = 'movies' | 'quick';

export interface StartingRow {
  start: string;
  checkout: string;
  /** Of all its processes. */
  cpuSeconds: Spread;
  seconds: Spread;
}

/**
 * @param others folders of other checkouts, built
 * @param folder an empty one
 * @throws BenchError when one of them is not built, or fails
 */
export async function measureStarting(
  { others, repeats }: { others: readonly string[]; repeats: number },
  folder: string,
  log: (line: string) => void,
): Promise<StartingRow[]> {
  const checkouts = [repositoryRoot, ...others.map((other) => resolve(other))];
  for (const checkout of checkouts) {
    if (!existsSync(mainOf(checkout)))
      throw new BenchError(`${checkout} is not built`, 'npm run build there');
  }
  const graphs: Record<GraphName, string> = {
    movies: join(repositoryRoot, 'test', 'fixtures', 'movies'),
    quick: join(folder, 'quick'),
  };
  await generate(QUICK_GRAPH, graphs.quick);
  const measured = new Map<string, { cpu: number[]; seconds: number[] }>();
  // The first turn fills caches, and Node's of what it has compiled.
  for (let turn = 0; turn <= repeats; turn++) {
    for (const start of Object.keys(STARTS) as Start[]) {
      for (const checkout of checkouts) {
        const { cpuSeconds, seconds } = await startOnce(checkout, STARTS[start], graphs, join(folder, 'run'));
        const row = measured.get(`${start} ${checkout}`) ?? { cpu: [], seconds: [] };
        measured.set(`${start} ${checkout}`, row);
        if (turn === 0) continue;
        row.cpu.push(cpuSeconds);
        row.seconds.push(seconds);
      }
    }
    log(turn === 0 ? 'starting: warm' : `starting: turn ${turn} of ${repeats}`);
  }
  return (Object.keys(STARTS) as Start[]).flatMap((start) =>
    checkouts.map((checkout) => {
      const { cpu, seconds } = measured.get(`${start} ${checkout}`)!;
      return {
        start,
        checkout: checkout === repositoryRoot ? 'this' : basename(checkout),
        cpuSeconds: spreadOf(cpu),
        seconds: spreadOf(seconds),
      };
    }),
  );
}

async function startOnce(
  checkout: string,
  start: readonly string[],
  graphs: Record<GraphName, string>,
  folder: string,
) {
  await mkdir(folder);
  const words: string[] = [];
  for (const word of start) {
    const isGraph = word === 'movies' || word === 'quick';
    words.push(isGraph ? join(folder, word) : word);
    if (isGraph) await cloneGraph(graphs[word], join(folder, word));
  }
  const cost = await measure([...(await programOf(checkout)), ...words], { folder, cache: 'warm' });
  await remove(folder);
  return cost;
}

/** As a shell runs it: earlier ones were Node's from their first line on. */
async function programOf(checkout: string): Promise<string[]> {
  const main = mainOf(checkout);
  const [firstLine = ''] = (await readFile(main, 'utf8')).split('\n', 1);
  return firstLine.endsWith('node') ? [process.execPath, main] : commandOf(main);
}

function mainOf(checkout: string): string {
  return join(checkout, 'dist', 'bin', 'main.js');
}

const milliseconds = ({ median, min, max }: Spread): string =>
  `${(median * 1000).toFixed(0)} ms (${(min * 1000).toFixed(0)} to ${(max * 1000).toFixed(0)})`;

export function formatStarting(rows: readonly StartingRow[]): string {
  return table(
    ['start', 'checkout', 'processor', 'time'],
    rows.map(({ start, checkout, cpuSeconds, seconds }) => [
      start.startsWith('-') ? `\`${start}\`` : start,
      checkout,
      milliseconds(cpuSeconds),
      milliseconds(seconds),
    ]),
  );
}
