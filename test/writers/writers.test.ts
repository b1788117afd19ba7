/**
 * Files of the same graph by every writer at hand, cut and judged. `npm test` takes a share of what pip's writers make;
 * `npm run test:writers` takes all, adds Spark and parquet-go, and lets Spark judge.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { slicesOf } from '../matrix/cuts.js';
import { reencodeFiles, spliceApart } from '../parquet/files.js';
import { differenceOf, JUDGES, type Question, SPARK, wrongCounts } from '../support/judges.js';
import { python, repositoryRoot } from '../support/paths.js';

const MINUTES = 60_000;
const ROWS = 1000;
const SEED = 14;
/** PySpark's folders by their versions, which `scripts/test-writers.mjs` installs. */
const sparks = process.env['PYSPARKS']?.split(':') ?? [];
const whole = process.env['WRITERS'] === 'all';

interface Made {
  input: string;
  outputs: { method: string; path: string }[];
}

let folder: string;
const made: Made[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gs-repartition-writers-'));
  const names = whole
    ? [...light(), ...sparks.flatMap(spark), ...parquetGo()]
    : light().filter((_, i) => i % 3 === 0);
  // At both ends, in the middle of pages and runs of nulls, and at the end of pyarrow's first row group.
  const slices = slicesOf(ROWS, [1, 103, 400, 555, ROWS - 1]);
  for (const name of names) {
    const input = join(folder, name);
    const output = (method: string) => ({ method, path: join(folder, `${method}-${name}`) });
    const [spliced, reencoded] = [output('spliced'), output('re-encoded')];
    await spliceApart([input], slices, spliced.path);
    await reencodeFiles([input], slices, reencoded.path);
    made.push({ input, outputs: [spliced, reencoded] });
  }
}, 10 * MINUTES);
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const script = (name: string): string => join(repositoryRoot, 'test', 'fixtures', 'writers', name);

function run(
  command: string,
  args: string[],
  options: { cwd?: string; env?: Record<string, string> } = {},
): string[] {
  const env = { ...process.env, ...options.env };
  const said = execFileSync(command, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    ...options,
    env,
  });
  return JSON.parse(said.trim().split('\n').at(-1)!) as string[];
}

function light(): string[] {
  return run(python, [script('light.py'), folder, String(ROWS), String(SEED)]);
}

function spark(packages: string): string[] {
  return run(python, [script('spark.py'), folder, String(ROWS), String(SEED)], {
    env: { PYTHONPATH: packages },
  });
}

function parquetGo(): string[] {
  mkdirSync(folder, { recursive: true });
  return run('go', ['run', '.', folder, String(ROWS)], { cwd: script('go') });
}

describe.each([...JUDGES, ...(sparks.length > 0 ? [SPARK] : [])])('$name', (judge) => {
  test(
    'reads outputs as it reads what the writer wrote',
    async () => {
      const verdicts = await judge.read(
        made.flatMap(({ input, outputs }) => [input, ...outputs.map(({ path }) => path)]),
      );
      const problems: string[] = [];
      let judged = 0;
      for (const { input, outputs } of made) {
        const [right, ...found] = verdicts.splice(0, 1 + outputs.length);
        if (!right || 'error' in right) continue;
        judged++;
        for (const [i, { method }] of outputs.entries()) {
          const difference = differenceOf(right, found[i]!);
          if (difference !== undefined)
            problems.push(`${basename(input)}: ${method}: ${judge.name} ${difference}`);
        }
      }
      expect(problems).toEqual([]);
      expect(judged).toBeGreaterThan(made.length / 2);
    },
    10 * MINUTES,
  );

  // Two of them skip nothing.
  const testIfCounts = judge.count ? test : undefined;
  testIfCounts?.(
    'counts the same when it skips what it can',
    async () => {
      // A query of Spark takes a hundred of the others'.
      const files = judge === SPARK ? made.filter((_, i) => i % 12 === 0) : made;
      const asked = files.flatMap(({ input, outputs }) =>
        ['id', 'label', 'title'].map((column) => {
          const question = (path: string): Question => ({
            path,
            column,
            twin: input,
            rows: [102, 103, ROWS - 1],
          });
          return {
            input,
            column,
            outputs,
            questions: [input, ...outputs.map(({ path }) => path)].map(question),
          };
        }),
      );
      const answers = await judge.count!(asked.flatMap(({ questions }) => questions));
      const problems: string[] = [];
      let judged = 0;
      for (const { input, column, outputs, questions } of asked) {
        const [right, ...found] = answers.splice(0, questions.length);
        if (!right || 'error' in right) continue;
        judged++;
        for (const [i, { method }] of outputs.entries()) {
          const wrong = wrongCounts(right, found[i]!).join('; ');
          if (wrong !== '')
            problems.push(`${basename(input)}: ${method}: ${judge.name} counts ${wrong} of ${column}`);
        }
      }
      expect(problems).toEqual([]);
      expect(judged).toBeGreaterThan(asked.length / 2);
    },
    10 * MINUTES,
  );
});
