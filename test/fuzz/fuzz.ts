/**
 * Damages files, gives them to the engine, and looks for what must never be: a crash, an error that nobody expected, a
 * hang, too much memory, a write outside the prefix, an output that readers take where they refuse the input, and one that
 * differs from its input in any reader.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { JUDGES } from '../support/judges.js';
import { type Cut, type Finding, judgeMutants } from './judge-mutants.js';
import type { Mutant } from './mutants.js';
import { Target } from './target.js';

export interface FuzzOptions {
  source: Iterable<Mutant>;
  /** Ends when either is reached, or the source is. */
  milliseconds?: number;
  mutants?: number;
  onFinding?: (finding: Finding) => void;
}

export interface FuzzResult {
  mutants: number;
  /** How many of their outputs were made, and how many refused in one line. */
  made: number;
  refused: number;
  findings: Finding[];
}

/** A file's memory is taken from the budget, and the process stays below this (design D18). */
const LIMITS = { seconds: 10, megabytes: 300 };
const BATCH = 24;
/** Mutants that are aligned as a graph, from the metadata to the commit: one in so many. */
const GRAPHS = 12;

export async function fuzz({
  source,
  milliseconds = Infinity,
  mutants: most = Infinity,
  onFinding,
}: FuzzOptions): Promise<FuzzResult> {
  const folder = mkdtempSync(join(tmpdir(), 'gs-repartition-fuzz-'));
  const target = new Target(folder, LIMITS);
  const readers = JUDGES.filter(({ name }) => name === 'pyarrow' || name === 'DuckDB');
  const result: FuzzResult = { mutants: 0, made: 0, refused: 0, findings: [] };
  const find = (finding: Finding): void => {
    result.findings.push(finding);
    onFinding?.(finding);
  };
  const end = Date.now() + milliseconds;
  const coming = source[Symbol.iterator]();
  let ended = false;
  let judging: Promise<void> = Promise.resolve();
  try {
    const goesOn = (): boolean => !ended && Date.now() < end && result.mutants < most;
    while (goesOn()) {
      const cuts: Cut[] = [];
      for (let i = 0; i < BATCH && goesOn(); i++) {
        const next: IteratorResult<Mutant, unknown> = coming.next();
        if (next.done) {
          ended = true;
          break;
        }
        const mutant = next.value;
        result.mutants++;
        cuts.push(await cutMutant(target, mutant, join(folder, String(result.mutants)), result, find));
      }
      // The readers look at these while the next are made.
      await judging;
      judging = judgeMutants(readers, cuts, folder)
        .then((found) => {
          found.forEach(find);
        })
        .finally(() => {
          for (const { path } of cuts) rmSync(join(path, '..'), { recursive: true, force: true });
        });
    }
    await judging;
  } finally {
    await judging.catch(() => undefined);
    target.close();
    for (const judge of readers) judge.stop?.();
    rmSync(folder, { recursive: true, force: true });
  }
  return result;
}

async function cutMutant(
  target: Target,
  mutant: Mutant,
  output: string,
  result: FuzzResult,
  find: (finding: Finding) => void,
): Promise<Cut> {
  mkdirSync(output);
  const path = join(output, 'mutant.parquet');
  writeFileSync(path, mutant.bytes);
  const cut: Cut = { mutant, path, made: [], whole: true };
  const requests: object[] = [{ op: 'rewrite', path, cuts: mutant.cuts, output }];
  if (mutant.number % GRAPHS === 0) {
    requests.push({
      op: 'align',
      path,
      metadata: metadataOf(mutant),
      prefix: join(output, 'graph'),
      parts: 3,
    });
  }
  for (const request of requests) {
    const outcome = await target.run(request);
    if ('failure' in outcome) {
      find({ mutant, kind: 'failure', what: outcome.failure });
      continue;
    }
    for (const [method, attempt] of Object.entries(outcome.results)) {
      if ('internal' in attempt)
        find({ mutant, kind: 'internal error', what: `${method}: ${attempt.internal}` });
      else if ('refused' in attempt) {
        result.refused++;
        cut.whole = false;
      } else {
        result.made++;
        if (method !== 'aligned') cut.made.push({ method, path: attempt.path });
      }
    }
  }
  return cut;
}

/** Of a graph whose one data set is the mutant, twice; every other one names a part that lies outside the prefix. */
function metadataOf({ number }: Mutant): string {
  const outside = [
    '../0.parquet',
    '/tmp/gs-repartition-outside.parquet',
    'x/../../1.parquet',
    'x\u0000/0.parquet',
  ];
  const first = number % (2 * GRAPHS) === 0 ? 'x/0.parquet' : outside[(number / GRAPHS) % outside.length]!;
  return JSON.stringify({
    graph_name: 'g',
    node_type: ['n'],
    num_nodes_per_type: [0],
    edge_type: [],
    num_edges_per_type: [],
    edges: {},
    node_data: { n: { x: { format: { name: 'parquet' }, data: [first, 'x/1.parquet'] } } },
    edge_data: {},
  });
}
