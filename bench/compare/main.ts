/**
 * Aligns the same graphs with an earlier version and with this one, and compares what they made: documents but for the
 * hashes in the names of folders, parts byte for byte but for the footer key that names their maker.
 */
import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { BenchError } from '../bench-error.js';
import { benchFolder, repositoryRoot } from '../paths.js';
import { type BenchServer, deleteKeys, download, keysOf, withServer } from '../s3/server.js';
import { difference } from './outputs.js';
import { build, buildRevision, removeRevision } from './revision.js';

const HELP = `Usage: node bench/compare-outputs.mjs --base <git revision> [options]

  --base REVISION     the version to compare with: checked out and built in a temporary folder
  --base-dir FOLDER   or a folder that holds it, built
  --graphs N          how many random graphs, beside those of test/fixtures (default 100)
  --seed S            of the random graphs (default 1)
  --from I            the number of the first random graph (default 0): with --graphs 1, one of them again
  --no-empty-parts    random graphs without parts of no rows
  --s3                on versitygw, a real S3 server, and not on this disk
  --keep              leave the folders of graphs that differ

Exit code 1 when an output differs.`;

/** Between two of them the graphs are removed: 50 have some 100 MB with all outputs. */
const BATCH = 50;

interface Graph {
  name: string;
  /** The folder of its inputs. */
  source: string;
  options: Record<string, unknown>;
}

interface How {
  builds: { before: string; after: string };
  work: string;
  keep: boolean;
  /** Where the graphs are aligned; left out on this disk. */
  server?: BenchServer;
}

interface Totals {
  same: number;
  /** Refused by both versions with the same code. */
  refused: number;
  /** Refused now, with words that are new: a check that the earlier version did not have. */
  refusedNow: string[];
  different: string[];
}

export async function main(argv: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      base: { type: 'string' },
      'base-dir': { type: 'string' },
      graphs: { type: 'string', default: '100' },
      seed: { type: 'string', default: '1' },
      from: { type: 'string', default: '0' },
      'no-empty-parts': { type: 'boolean', default: false },
      s3: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const { base, seed } = values;
  const [first, count] = [Number(values.from), Number(values.graphs)];
  if (values.help || (base ?? values['base-dir']) === undefined || !(count >= 0) || !(first >= 0)) {
    console.log(HELP);
    return values.help ? 0 : 2;
  }
  const work = mkdtempSync(join(tmpdir(), 'compare-outputs-'));
  const checkout = join(work, 'base');
  try {
    if (base !== undefined) buildRevision(base, checkout);
    build(repositoryRoot);
    const builds = { before: values['base-dir'] ?? checkout, after: repositoryRoot };
    const totals: Totals = { same: 0, refused: 0, refusedNow: [], different: [] };
    const compareAll = async (server?: BenchServer): Promise<void> => {
      const how: How = { builds, work, keep: values.keep, ...(server && { server }) };
      await compare(fixtures(), how, totals);
      const end = first + count;
      for (let from = first; from < end; from += BATCH) {
        const folder = join(work, 'random');
        const to = Math.min(end, from + BATCH);
        const graphs = await randomGraphs(folder, from, to, seed, values['no-empty-parts']);
        await compare(graphs, how, totals);
        rmSync(folder, { recursive: true, force: true });
        console.error(`${to - first} of ${count} random graphs`);
      }
    };
    await (values.s3 ? withServer(work, compareAll) : compareAll());
    return report(totals, seed);
  } catch (error) {
    if (!(error instanceof BenchError)) throw error;
    console.error(`compare-outputs: ${error.message}`);
    return 2;
  } finally {
    removeRevision(checkout);
    if (values.keep) console.error(`what differs is in ${work}`);
    else rmSync(work, { recursive: true, force: true });
  }
}

function report({ same, refused, refusedNow, different }: Totals, seed: string): number {
  for (const line of refusedNow) console.log(`refused now: ${line}`);
  for (const line of different) console.log(`different: ${line}`);
  console.log(
    `seed ${seed}: ${same} alignments made the same, ${refused} were refused by both versions, ` +
      `${refusedNow.length} are refused now, ${different.length} differ`,
  );
  return different.length === 0 ? 0 : 1;
}

/** Every graph of test/fixtures, with each kind of layout. */
function fixtures(): Graph[] {
  const folder = join(repositoryRoot, 'test', 'fixtures');
  const documents = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (file) => basename(file) === 'metadata.json',
  );
  return documents.sort().flatMap((file) =>
    [{}, { targetLayout: 'most-frequent' }, { numOutputFiles: 3 }].map((options) => ({
      name: dirname(file),
      source: join(folder, dirname(file)),
      options,
    })),
  );
}

async function randomGraphs(
  folder: string,
  from: number,
  to: number,
  seed: string,
  noEmptyParts: boolean,
): Promise<Graph[]> {
  const python = join(repositoryRoot, '.venv', 'bin', 'python');
  if (!existsSync(python)) throw new BenchError('there is no .venv', 'run node scripts/python-env.mjs');
  const script = join(benchFolder, 'compare', 'random_graphs.py');
  const args = [
    script,
    folder,
    String(from),
    String(to),
    seed,
    ...(noEmptyParts ? ['--no-empty-parts'] : []),
  ];
  const made = await jsonLines<{ folder: string; options: Graph['options'] }>(python, args);
  return made.map((graph) => ({
    name: graph.folder,
    source: join(folder, graph.folder),
    options: graph.options,
  }));
}

/** Aligns copies of the graphs with both versions and adds to the totals what comes of it. */
async function compare(
  graphs: readonly Graph[],
  { builds, work, keep, server }: How,
  totals: Totals,
): Promise<void> {
  const sides = Object.entries(builds).map(async ([side, folder]): Promise<Aligned[]> => {
    const list = graphs.map(({ source, options }, i) => {
      const prefix = join(work, side, String(i));
      // Times of files are part of the names of outputs, not of the outputs.
      cpSync(source, prefix, { recursive: true, preserveTimestamps: true });
      return { prefix, options };
    });
    mkdirSync(join(work, side), { recursive: true });
    const inBucket = server && (await uploaded(server, work, list));
    writeFileSync(join(work, side, 'list.json'), JSON.stringify(inBucket ?? list));
    const script = join(benchFolder, 'compare', 'align-all.mjs');
    const args = [script, join(folder, 'dist', 'index.js'), join(work, side, 'list.json')];
    const outcomes = await jsonLines<{ failed: string | null }>(process.execPath, args);
    if (outcomes.length !== graphs.length) throw new BenchError(`${folder} stopped at a graph`, 'see above');
    if (server) await downloaded(server, work, side);
    return list.map(({ prefix }, i) => ({ prefix, failed: outcomes[i]!.failed }));
  });
  const aligned = await Promise.all(sides);
  for (const [i, { name, options }] of graphs.entries()) {
    const [before, after] = [aligned[0]![i]!, aligned[1]![i]!];
    const told = `${name} ${JSON.stringify(options)}: `;
    const found = judge(before, after);
    if (found === 'same') totals.same++;
    else if (found === 'refused') totals.refused++;
    else if ('refusedNow' in found) totals.refusedNow.push(told + found.refusedNow);
    else totals.different.push(told + found.different);
    for (const [side, { prefix }] of Object.entries({ before, after })) {
      const differs = typeof found === 'object' && 'different' in found;
      if (keep && differs) {
        const place = join(work, 'different', `${name.replaceAll('/', '-')}-${i}`, side);
        cpSync(prefix, place, { recursive: true });
      }
      rmSync(prefix, { recursive: true, force: true });
    }
  }
}

type List = { prefix: string; options: Graph['options'] }[];

/** @returns the same graphs in the bucket, under their paths here */
async function uploaded({ bucket, endpoint }: BenchServer, work: string, list: List): Promise<List> {
  const moved: List = [];
  for (const { prefix, options } of list) {
    const key = relative(work, prefix);
    await bucket.putFolder(prefix, key);
    moved.push({
      prefix: `s3://${bucket.name}/${key}`,
      options: { ...options, s3: { endpointUrl: endpoint } },
    });
  }
  return moved;
}

/** Everything that one side has there comes to lie here, and goes there. */
async function downloaded({ bucket }: BenchServer, work: string, side: string): Promise<void> {
  const keys = (await keysOf(bucket)).filter((key) => key.startsWith(`${side}/`));
  for (const key of keys) await download(bucket, key, join(work, key));
  await deleteKeys(bucket, keys);
}

interface Aligned {
  prefix: string;
  failed: string | null;
}

function judge(
  before: Aligned,
  after: Aligned,
): 'same' | 'refused' | { refusedNow: string } | { different: string } {
  const codeOf = ({ failed }: Aligned): string | undefined => failed?.replace(/:.*$/s, '');
  if (before.failed !== null && codeOf(before) === codeOf(after)) return 'refused';
  // Only these codes are a verdict on the graph; others are a failure of ours.
  if (before.failed === null && ['mismatch', 'metadata', 'parquet'].includes(codeOf(after) ?? ''))
    return { refusedNow: after.failed ?? '' };
  if (before.failed !== after.failed)
    return { different: `${before.failed ?? 'aligned'} before, ${after.failed ?? 'aligned'} now` };
  const different = difference(before.prefix, after.prefix);
  return different === undefined ? 'same' : { different };
}

async function jsonLines<T>(command: string, args: readonly string[]): Promise<T[]> {
  let stdout: string;
  try {
    ({ stdout } = await promisify(execFile)(command, args, { maxBuffer: 2 ** 28 }));
  } catch (error) {
    throw new BenchError(error instanceof Error ? error.message : String(error), 'see above');
  }
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T);
}
