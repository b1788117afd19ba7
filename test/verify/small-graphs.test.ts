/** Small graphs that each stand for a kind of fault: what a run does with them, and what verify says, as a user's process. */
import { execFile } from 'node:child_process';
import { access, cp, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { gsRepartition } from '../graphs/command.js';
import { entriesOf, readMetadata } from '../graphs/prefix.js';
import { python, repositoryRoot } from '../support/paths.js';

const UPDATED = 'updated_row_counts_metadata.json';
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gs-repartition-small-'));
  await promisify(execFile)(python, [join(repositoryRoot, 'test/python/small_graphs.py'), folder]);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const run = (name: string, ...options: string[]) =>
  gsRepartition(['--input-prefix', join(folder, name), '--no-progress', ...options]);
const verify = (name: string, ...options: string[]) =>
  gsRepartition(['verify', '--input-prefix', join(folder, name), '--no-progress', ...options]);

describe('inputs', () => {
  test('even-vec: never more parts than rows, and the log says so', async () => {
    const { code, stderr } = await run('even-vec', '--num-output-files', '64');
    expect([code, stderr]).toEqual([0, expect.stringContaining('40 rows make 40 parts, not 64') as unknown]);
    const counts = [...entriesOf(await readMetadata(join(folder, 'even-vec'), UPDATED)).values()];
    expect(new Set(counts.map((entry) => entry.data.length))).toEqual(new Set([40, 64]));
    expect(counts.flatMap((entry) => entry.row_counts!)).not.toContain(0);
    expect(await verify('even-vec', '--deep')).toMatchObject({ code: 0 });
  });

  test('first-empty: the empty part is left out; before, it is named', async () => {
    const before = await verify('first-empty');
    expect(before.code).toBe(1);
    expect(before.stdout).toMatch(/part-00000\.parquet and 2 other parts without rows.*run gs-repartition\n/);
    expect((await run('first-empty')).code).toBe(0);
    const entries = entriesOf(await readMetadata(join(folder, 'first-empty'), UPDATED));
    expect(entries.get('a v')!.row_counts).toEqual([200, 200]);
    expect(entries.get('a:r:a structure')!.row_counts).toEqual([500, 400]);
    expect(await verify('first-empty', '--deep')).toMatchObject({ code: 0 });
  });

  test('no-num-nodes: aligned with a warning, and not ready', async () => {
    const { code, stderr } = await run('no-num-nodes');
    expect([code, stderr]).toEqual([
      0,
      expect.stringMatching(/WARN: num_nodes_per_type is missing/) as unknown,
    ]);
    const { code: verdict, stdout } = await verify('no-num-nodes');
    expect([verdict, stdout]).toEqual([
      1,
      expect.stringContaining('num_nodes_per_type is missing') as unknown,
    ]);
  });

  test('orphan-node-type: a warning with a remedy, and not ready', async () => {
    const { code, stderr } = await run('orphan-node-type');
    expect([code, stderr]).toEqual([
      0,
      expect.stringMatching(/WARN: .*"genre".*run gs-processing again/) as unknown,
    ]);
    const { code: verdict, stdout } = await verify('orphan-node-type');
    expect([verdict, stdout]).toEqual([1, expect.stringMatching(/^genre: 1 violation\n/) as unknown]);
  });

  test.each([
    [
      'no-edges',
      /WARN: a:none:a: no rows at all, at which DistPartitioning stops/,
      /^a:none:a: 1 violation\n {2}structure \| has no rows at all/,
    ],
    [
      'undeclared-end',
      /WARN: the edges of a:to:b end at "b", which node_type does not list.*run gs-processing again/,
      /^a:to:b: 1 violation\n {2}joins the node type b/,
    ],
  ])('%s: a warning with a remedy, and not ready', async (name, warns, says) => {
    const { code, stderr } = await run(name, '--num-output-files', '3');
    expect([code, stderr.match(/WARN/g)]).toEqual([0, ['WARN']]);
    expect(stderr).toMatch(warns);
    const { code: verdict, stdout } = await verify(name);
    expect([verdict, stdout]).toEqual([1, expect.stringMatching(says) as unknown]);
  });
});

describe('aligned prefixes', () => {
  const cases: [string, number, RegExp, string?][] = [
    ['v-ok', 0, /^Ready for DistPartitioning: /],
    [
      'v-vector-width-differs-4-vs-3',
      1,
      /feat \| \S+part-00001\.parquet \| has vectors of length 3, \S+ of length 4/,
    ],
    ['v-edge-id-out-of-range', 1, /part-00000\.parquet \| has the id 99 of a u, of which there are 30/],
    ['v-zero-row-part-of-list-feature', 1, /feat \| \S+part-00001\.parquet \| has no rows/],
    [
      'v-stale-after-rerun',
      1,
      /^The graph: 1 violation\n {2}aligned from other inputs: .* differs in graph_name/,
    ],
    ['v-same-part-listed-twice', 1, /feat \| \S+part-00000\.parquet \| is listed twice/],
    [
      'v-page-bytes-zeroed',
      1,
      /feat \| \S+part-00000\.parquet \| column \S+: the page at byte 4 has no header/,
      '--deep',
    ],
    ['v-raw_id_mapping-part-missing', 1, /raw_id_mappings \| \S+part-00000\.parquet \| .* does not exist/],
    ['v-type-differs-across-parts', 1, /w \| \S+part-00001\.parquet \| differs from \S+ in column w/],
    ['v-label-null', 0, /^Ready /],
    ['v-edge-one-column-only', 1, /structure \| must have the two columns src_int_id and dst_int_id/],
  ];

  for (const level of ['footers', 'deep'] as const) {
    test.each(cases.filter(([, , , only]) => only === undefined || level === 'deep'))(
      `%s, by its ${level}`,
      async (name, code, says) => {
        const outcome = await verify(name, ...(level === 'deep' ? ['--deep'] : []));
        expect([outcome.code, outcome.stdout]).toEqual([code, expect.stringMatching(says) as unknown]);
      },
    );
  }

  test('null labels are counted in a warning', async () => {
    expect((await verify('v-label-null')).stderr).toMatch(
      /WARN: u \| label \| \S+ \| has 1 null: unlabelled/,
    );
    // On one rank of three the integers become doubles.
    expect(await verify('v-label-null', '--world-size', '3')).toMatchObject({ code: 1 });
  });

  test('a failed run is said', async () => {
    expect((await verify('v-stale-after-rerun')).stderr).toContain('failed: a part does not exist');
  });

  test.each<[string, RegExp, ...string[]]>([
    ['v-same-part-listed-twice', /feat lists node_data\/u-feat\/parquet\/part-00000\.parquet twice/],
    ['v-type-differs-across-parts', /their schemas differ at column w/],
    // Of two even parts, the first begins with all of this one, which is copied unopened.
    ['v-page-bytes-zeroed', /u-feat\/\S+part-00000\.parquet.*page at byte 4/, '--num-output-files', '2'],
  ])('a run refuses %s, and publishes nothing', async (name, says, ...options) => {
    const prefix = join(folder, `${name}-run`);
    await cp(join(folder, name), prefix, { recursive: true });
    await rename(join(prefix, UPDATED), join(prefix, 'metadata.json'));
    const { code, stderr } = await run(`${name}-run`, ...options);
    expect([code, stderr]).toEqual([1, expect.stringMatching(says) as unknown]);
    await expect(access(join(prefix, UPDATED))).rejects.toThrow('ENOENT');
  });

  test('more ranks than rows or parts', async () => {
    const { code, stdout, stderr } = await verify('v-ok', '--world-size', '40');
    expect(code).toBe(1);
    expect(stdout).toMatch(/^u: 1 violation\n {2}has 30 rows for 40 ranks/m);
    expect(stderr).toContain(
      'u:r:v | has 3 parts for 40 ranks: 37 ranks will read nothing of it; align it with a larger --num-output-files',
    );
  });

  test('what --json prints is what the schema says', async () => {
    const schema = JSON.parse(
      await readFile(join(repositoryRoot, 'schemas/verify.v1.json'), 'utf8'),
    ) as object;
    const validate = new Ajv2020({ strict: true, allErrors: true }).compile(schema);
    for (const options of [['--deep'], ['--world-size', '40']]) {
      const document: unknown = JSON.parse(
        (await verify('v-edge-id-out-of-range', '--json', ...options)).stdout,
      );
      expect(validate(document) ? [] : validate.errors).toEqual([]);
    }
  });

  test('no metadata is 5, with the names that were looked for', async () => {
    await mkdir(join(folder, 'empty'));
    const { code, stderr } = await verify('empty');
    expect(code).toBe(5);
    expect(stderr).toMatch(
      /neither updated_row_counts_metadata\.json nor metadata\.json under .*--metadata-file-name/,
    );
  });
});
