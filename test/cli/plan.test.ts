/** `gs-repartition plan` and `--dry-run`: what a run would do, and nothing done. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { gsRepartition } from '../graphs/command.js';
import { checksums, copyFixture } from '../graphs/prefix.js';
import { repositoryRoot } from '../support/paths.js';
import { attempt, planned } from './try.js';

const LINE = 'plan --input-prefix s3://bucket/graph';

describe('for people', () => {
  test('types, data sets, layouts and what they cost, sums, requests and their price', async () => {
    const { code, stdout } = await attempt(LINE);
    expect(code).toBe(0);
    expect(stdout).toBe(
      [
        'user: 1,200 rows in 2 parts',
        '  data set                      parts  kept         spliced',
        '  node_data of user, age        3 → 2               2 (12.0 kB)',
        '  node_data of user, embedding  2 → 2  2 (5.00 MB)',
        '  layouts',
        '      3 parts, 5.00 MB to make (layout of node_data of user, age)',
        '    → 2 parts, 12.0 kB to make (layout of node_data of user, embedding)',
        '',
        'Plan: 2 parts to make, 2 kept.',
        '  bytes     5.00 MB kept, 12.0 kB to copy, 0 bytes to re-encode',
        '  time      about 3.2 s',
        '  requests  about 9,000 GetObject, 5 PutObject',
        '  price     about less than 0.01 USD for requests (prices of 2026-11-01)',
        '  metadata  s3://bucket/graph/updated_row_counts_metadata.json',
        'Nothing was written. To do it: gs-repartition --input-prefix s3://bucket/graph',
        '',
      ].join('\n'),
    );
  });

  test('--dry-run is the same', async () => {
    const { stdout } = await attempt('--input-prefix s3://bucket/graph --dry-run');
    expect(stdout).toBe((await attempt(LINE)).stdout);
  });

  test('warnings come first, and a graph that needs nothing is said to need nothing', async () => {
    const nothing = {
      ...planned,
      groups: [],
      totals: { ...planned.totals, parts: { ...planned.totals.parts, spliced: 0, kept: 4 } },
      warnings: ['something odd'],
    };
    const { stdout } = await attempt(LINE, { engine: { plan: () => Promise.resolve(nothing) } });
    expect(stdout).toMatch(/^Warning: something odd\nNothing to align: 2 data sets, 5 parts\.\n/);
  });
});

describe('prices', () => {
  test('are of a plan, and no option of a run', async () => {
    const { code, stderr } = await attempt('--input-prefix x --price-table prices.json');
    expect(code).toBe(2);
    expect(stderr).toContain('Add --dry-run');
  });

  test('come from a file, with its date', async () => {
    const prefix = await copyFixture('cases/aligned');
    const file = join(prefix, 'prices.json');
    await writeFile(
      file,
      JSON.stringify({ date: '2030-01-02', currency: 'EUR', perThousand: { write: 100, read: 10 } }),
    );
    const { stdout } = await attempt(`${LINE} --price-table ${file}`);
    expect(stdout).toContain('price     about 90.50 EUR for requests (prices of 2030-01-02)');
    const { stdout: json } = await attempt(`${LINE} --price-table ${file} --json`);
    expect(JSON.parse(json)).toMatchObject({ price: { amount: 90.5, currency: 'EUR', date: '2030-01-02' } });
  });

  test.each([
    ['{', 'not valid JSON'],
    ['null', 'it has no date'],
    ['{"date": "soon"}', 'it has no date'],
    ['{"date": "2026-01-01", "currency": "EUR"}', 'it has no price for a thousand requests that write'],
    [
      '{"date": "2026-01-01", "currency": "EUR", "perThousand": {"write": 1, "read": "1"}}',
      'it has no price for a thousand requests that read',
    ],
  ])('a file with %s is a usage error that shows how it should look', async (text, complaint) => {
    const prefix = await copyFixture('cases/aligned');
    const file = join(prefix, 'prices.json');
    await writeFile(file, text);
    const { code, stderr } = await attempt(`${LINE} --price-table ${file}`);
    expect(code).toBe(2);
    expect(stderr).toContain(`${file}: ${complaint}. Write it like this: {"date"`);
  });
});

describe('as a process', () => {
  test('writes nothing, and its document is what the schema says', async () => {
    const prefix = await copyFixture('movies');
    const before = await checksums(prefix);
    const { code, stdout } = await gsRepartition(['plan', '--input-prefix', prefix, '--json']);
    expect(code).toBe(0);
    expect(await checksums(prefix)).toEqual(before);
    expect(await readdir(prefix)).not.toContain('repartition_status.json');
    const schema = JSON.parse(await readFile(join(repositoryRoot, 'schemas/plan.v1.json'), 'utf8')) as object;
    const validate = new Ajv2020({ strict: true, allErrors: true }).compile(schema);
    const document: unknown = JSON.parse(stdout);
    expect(validate(document) ? [] : validate.errors).toEqual([]);
    expect(document).toMatchObject({ totals: { dataSets: 37, parts: { before: 157, spliced: 128 } } });
  });

  test('what it says is what a run does', async () => {
    const prefix = await copyFixture('cases/file-counts');
    const plan = await gsRepartition(['plan', '--input-prefix', prefix, '--json']);
    const run = await gsRepartition(['--input-prefix', prefix, '--json']);
    const { totals } = JSON.parse(plan.stdout) as { totals: { parts: object; bytes: { kept: number } } };
    const { parts, bytes } = JSON.parse(run.stdout) as { parts: object; bytes: { kept: number } };
    expect(totals.parts).toMatchObject({ kept: 7, spliced: 29, reencoded: 0 });
    expect(parts).toMatchObject({ kept: 7, spliced: 29, reencoded: 0 });
    expect(totals.bytes.kept).toBe(bytes.kept);
  });
});
