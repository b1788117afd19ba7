/**
 * Five readers that judge files by the hundred: what each finds in a file, in a form that two files can be compared by.
 * Values are compared bit for bit, as digests. Each lives in a process of its own, but for parquet-wasm.
 */
import { createHash } from 'node:crypto';
import { read as readByParquetWasm } from './parquet-wasm.js';
import { PythonWorker } from './python-worker.js';

/** What a reader finds. Schemas are in its own words, so they compare only within one reader. */
export interface Found {
  rows: number;
  schema: string;
  /** One a column. */
  digest: string[];
  /** Footer keys without those of Arrow and of ours, of the readers that tell. */
  keys?: Record<string, string>;
  /** The Parquet schema, of pyarrow alone. */
  leaves?: string;
}

export type Verdict = Found | { error: string };

export interface Judge {
  name: string;
  /** In their order; a file that it cannot read is an answer too. */
  read: (paths: readonly string[]) => Promise<Verdict[]>;
  /** Ends its process, even in the middle of an answer; the next question starts another. */
  stop?: () => void;
  /**
   * Counts that it finds while it skips what statistics, page indexes and Bloom filters let it skip; none for readers
   * that skip nothing.
   */
  count?: (questions: readonly Question[]) => Promise<Counts[]>;
}

/** How many rows of `path` have no value in a column, and how many compare in each way with that of some rows of `twin`. */
export interface Question {
  path: string;
  column: string;
  /** A file of the same rows from which the values are taken that are asked for. */
  twin: string;
  rows: readonly number[];
}

export type Counts = Record<string, number> | { error: string };

function pythonJudge(name: string, prunes: boolean): Judge {
  const worker = new PythonWorker(name, 'judge.py', [name]);
  return {
    name,
    read: async (paths) => (await worker.call('read', { paths })) as Verdict[],
    stop: () => worker.stop(),
    ...(prunes && {
      count: async (questions: readonly Question[]) =>
        (await worker.call('count', { questions })) as Counts[],
    }),
  };
}

/** The schema is compared as Arrow reads it; the other one says that we made the file. */
const OWN_KEYS = ['ARROW:schema', 'gs-repartition'];

const parquetWasm: Judge = {
  name: 'parquet-wasm',
  read: async (paths) => {
    const verdicts: Verdict[] = [];
    for (const path of paths) {
      verdicts.push(
        await readByParquetWasm(path).then(
          ({ rows, columns, keys }): Found => {
            return {
              rows,
              schema: columns.map(({ name, type }) => `${name}: ${type}`).join(', '),
              digest: columns.map(({ cells }) =>
                createHash('sha256').update(JSON.stringify(cells)).digest('hex'),
              ),
              keys: Object.fromEntries(Object.entries(keys).filter(([key]) => !OWN_KEYS.includes(key))),
            };
          },
          (error: unknown) => ({ error: String(error) }),
        ),
      );
    }
    return verdicts;
  },
};

export const JUDGES: readonly Judge[] = [
  pythonJudge('pyarrow', true),
  pythonJudge('DuckDB', true),
  pythonJudge('DataFusion', true),
  pythonJudge('polars', false),
  parquetWasm,
];

/** Only where PySpark is on PYTHONPATH, and Java on the machine: `npm run test:writers`. */
export const SPARK: Judge = pythonJudge('Spark', true);

/** Counts that an output gives and that are not the input's. */
export function wrongCounts(right: Record<string, number>, found: Counts): string[] {
  if ('error' in found) return [String(found.error)];
  return Object.entries(right).flatMap(([what, count]) =>
    found[what] === count ? [] : [`${found[what]} rows for ${what}, not ${count}`],
  );
}

/** What tells two files apart, or undefined. */
export function differenceOf(right: Found, found: Verdict): string | undefined {
  if ('error' in found) return `can't read it: ${found.error}`;
  for (const what of ['rows', 'schema', 'leaves', 'keys', 'digest'] as const) {
    const [a, b] = [JSON.stringify(right[what]), JSON.stringify(found[what])];
    if (a !== b) return what === 'digest' ? 'finds other values' : `finds other ${what}: ${b}, not ${a}`;
  }
  return undefined;
}
