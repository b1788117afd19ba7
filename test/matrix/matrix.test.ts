/**
 * Every cell of the matrix, spliced and re-encoded at its cuts, and judged by readers that share nothing with us.
 * `npm test` lets pyarrow judge all cells and the others a share; `npm run test:matrix` has all judged by all.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { audit } from '../support/audit.js';
import { JUDGES } from '../support/judges.js';
import { markedRegion } from '../support/marked-region.js';
import { matrixCells, nameOf } from './cells.js';
import { judgeCounts, judgeValues } from './judge-cells.js';
import { type CellFiles, makeFiles, METHODS } from './make-files.js';
import { refusalOf, report } from './report.js';

const MINUTES = 60_000;
const whole = process.env['MATRIX'] === 'all';

let folder: string;
const made: CellFiles[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gs-repartition-matrix-'));
  for (const cell of matrixCells()) made.push(await makeFiles(cell, folder));
}, 10 * MINUTES);
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Every so-many-th cell, or all. */
const share = (each: number): CellFiles[] => (whole ? made : made.filter((_, i) => i % each === 0));

test('there are 3,000 cells, and nothing is refused but what no reader here reads', () => {
  expect(made.length).toBeGreaterThanOrEqual(3_000);
  const allowed = ['pages compressed with lzo cannot be cut'];
  const refused = made.flatMap((files) => {
    const message = refusalOf(files);
    return message === undefined || allowed.includes(message) ? [] : [`${nameOf(files.cell)}: ${message}`];
  });
  expect(refused).toEqual([]);
});

describe.each(JUDGES)('$name', (judge) => {
  test(
    'reads what was made as it reads the plainest file of the same rows',
    async () => {
      const asked = share(judge.name === 'pyarrow' ? 1 : 10);
      const { problems, cells } = await judgeValues(judge, asked);
      expect(problems).toEqual([]);
      // A judge that reads nothing finds nothing.
      expect(cells.size).toBeGreaterThan(asked.length / 2);
    },
    10 * MINUTES,
  );

  // Two of them skip nothing.
  const testIfCounts = judge.count ? test : undefined;
  testIfCounts?.(
    'counts the same rows when it skips what it can',
    async () => {
      const asked = share(20);
      const { problems, cells } = await judgeCounts(judge, asked);
      expect(problems).toEqual([]);
      expect(cells.size).toBeGreaterThan(asked.length / 8);
    },
    10 * MINUTES,
  );

  test('finds another value, another null and another row', async () => {
    const plain = made.filter(
      ({ cell, rows }) =>
        cell.type === 'int64' && cell.nesting === 'optional' && cell.levels === 'RLE' && rows > 50,
    );
    const [one, other] = plain.filter(({ cell }) => cell.codec !== 'lz4 (frames)');
    const swapped: CellFiles = {
      ...one!,
      made: { spliced: { path: other!.input }, 're-encoded': { path: one!.twin } },
    };
    const { problems } = await judgeValues(judge, [swapped]);
    expect(problems).toEqual([expect.stringMatching(/^cell \d+: int64, .*: spliced: .* finds other/)]);
  });
});

test(
  'statistics, indexes and counts of what was made are true',
  async () => {
    // What the audit can decompress and compare.
    const asked = share(25).filter(
      ({ cell: { codec, nesting, type } }) =>
        !codec.startsWith('lz') && nesting !== 'list of struct' && !/decimal|variant|UUID|json/i.test(type),
    );
    const problems: string[] = [];
    for (const { cell, made: files } of asked) {
      for (const method of METHODS) {
        const one = files[method];
        if (!('path' in one)) continue;
        problems.push(...(await audit(one.path)).map((problem) => `${nameOf(cell)}: ${method}: ${problem}`));
      }
    }
    expect(problems).toEqual([]);
    expect(asked.length).toBeGreaterThan(30);
  },
  10 * MINUTES,
);

test('docs/parquet.md says what was spliced, re-encoded and refused', async () => {
  const { stands, made: should } = await markedRegion('docs/parquet.md', 'test/matrix', report(made));
  expect(stands, 'write it with WRITE_DOCS=1 npx vitest run test/matrix').toBe(should);
});
