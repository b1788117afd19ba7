/** A short run of the fuzzer, always the same; and whether it would see what it looks for. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { MatrixCell } from '../matrix/cells.js';
import { writeCell } from '../matrix/write-cell.js';
import { JUDGES } from '../support/judges.js';
import { repositoryRoot } from '../support/paths.js';
import type { Finding } from './judge-mutants.js';
import { fuzz } from './fuzz.js';
import { judgeMutants } from './judge-mutants.js';
import { type Mutant, mutants as mutantsOf } from './mutants.js';
import { Target } from './target.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gs-repartition-fuzzed-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const newOf = (findings: readonly Finding[]): string[] =>
  findings.flatMap(({ mutant: { number, of, what: damage }, kind, what }) => {
    const name = `${number}: ${kind}, ${what.split(' ').slice(0, 2).join(' ')}`;
    return [`${name} ${what} (${of}; ${damage})`];
  });

test('no damage makes the engine fail, hang, swell, write outside, or make valid what was not', async () => {
  const { findings, mutants, made, refused } = await fuzz({ source: mutantsOf(14), mutants: 240 });
  expect(newOf(findings)).toEqual([]);
  expect(mutants).toBe(240);
  // Damage is met in both ways.
  expect(Math.min(made, refused)).toBeGreaterThan(50);
}, 120_000);

test('what was found once is not found again', async () => {
  const folder = join(repositoryRoot, 'test', 'fuzz', 'cases');
  const names = readdirSync(folder).flatMap((file) => (file.endsWith('.json') ? [file.slice(0, -5)] : []));
  const cases = names.sort().map((name, i): Mutant => {
    const told = JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')) as Record<
      'what' | 'damage',
      string
    > & {
      cuts: number[];
    };
    return {
      // Negative, so that none is taken for one of a seed's.
      number: -1 - i,
      of: name,
      what: told.damage,
      cuts: told.cuts,
      bytes: readFileSync(join(folder, `${name}.parquet`)),
      base: readFileSync(join(folder, `${name}.base.parquet`)),
    };
  });
  const { findings, mutants } = await fuzz({ source: cases });
  expect(findings.map(({ mutant: { of }, what }) => `${of}: ${what}`)).toEqual([]);
  expect(mutants).toBeGreaterThan(10);
}, 120_000);

describe('the fuzzer sees', () => {
  const cell: MatrixCell = {
    type: 'int64',
    nesting: 'optional',
    encoding: 'PLAIN',
    codec: 'zstd',
    pages: 'V1',
    levels: 'RLE',
    index: 'yes',
    crc: false,
    bloom: false,
    statistics: 'of the chunk',
    rowGroups: 'one',
    seed: 1,
  };
  const base = writeCell(cell).bytes;
  const other = writeCell({ ...cell, seed: 5 }).bytes;
  const mutant = (bytes: Buffer): Mutant => ({
    number: 0,
    of: 'a cell',
    what: 'a test',
    base,
    bytes,
    cuts: [],
  });
  const cutOf = (bytes: Buffer, made: Buffer) => {
    const [path, output] = [join(folder, 'mutant.parquet'), join(folder, 'made.parquet')];
    writeFileSync(path, bytes);
    writeFileSync(output, made);
    return [{ mutant: mutant(bytes), path, made: [{ method: 'spliced', path: output }], whole: true }];
  };
  const damaged = base.subarray(0, base.length - 20);
  const readers = JUDGES.filter(({ name }) => name === 'pyarrow' || name === 'DuckDB');

  test.each(readers)('with $name, laundering and differences, and not what was healed', async (judge) => {
    const kinds = async (bytes: Buffer, made: Buffer) =>
      (await judgeMutants([judge], cutOf(bytes, made), folder)).map(({ kind }) => kind);
    expect(await kinds(damaged, other)).toEqual(['laundering']);
    expect(await kinds(damaged, base)).toEqual([]);
    expect(await kinds(damaged, damaged)).toEqual([]);
    expect(await kinds(base, other)).toEqual(['difference']);
    expect(await kinds(base, damaged)).toEqual(['difference']);
    expect(await kinds(base, base)).toEqual([]);
  });

  test('a process that dies, hangs or swells, and a write outside', async () => {
    const path = join(folder, 'base.parquet');
    writeFileSync(path, base);
    const request = { op: 'rewrite', path, cuts: [0.5], output: folder };
    const run = async (limits: { seconds: number; megabytes: number }, asked: object) => {
      const target = new Target(folder, limits);
      try {
        return await target.run(asked);
      } finally {
        target.close();
      }
    };
    const plenty = { seconds: 20, megabytes: 1000 };
    expect(await run(plenty, request)).toEqual({
      results: {
        spliced: { path: join(folder, 'spliced.parquet') },
        're-encoded': { path: join(folder, 're-encoded.parquet') },
      },
    });
    expect(await run(plenty, { op: 'no such' })).toEqual({
      failure: expect.stringMatching(/^it ended \(exit code 1\)/) as string,
    });
    expect(await run({ ...plenty, seconds: 0.001 }, request)).toEqual({
      failure: expect.stringMatching(/^it hangs/) as string,
    });
    expect(await run({ ...plenty, megabytes: 10 }, request)).toEqual({
      failure: expect.stringMatching(/^it held \d+ MB/) as string,
    });
    const { results } = (await run(plenty, { ...request, output: tmpdir() })) as {
      results: Record<string, { internal: string }>;
    };
    expect(results['spliced']!.internal).toMatch(/^ERR_ACCESS_DENIED/);
  });
});
