/** `--report`: the document that is embedded in the page. The page itself is looked at by `npm run test:browser`. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { reportPage, settingsOf } from '../../src/cli/report.js';
import { layoutOptions } from '../../src/cli/run-options.js';
import type { ReportDocument } from '../../src/repartition/index.js';
import { fatesOfDocuments, fatesOfPlan } from '../../src/repartition/report/fates.js';
import { RunRecord } from '../../src/repartition/report/record.js';
import { planGroup } from '../../src/repartition/prepare/plan.js';
import { weighLayouts } from '../../src/repartition/prepare/layout.js';
import { gsRepartition } from '../graphs/command.js';
import { copyFixture } from '../graphs/prefix.js';
import { HOSTILE, hostile } from '../browser/reports.js';
import { problemsOf } from '../support/schemas.js';
import { attempt } from './try.js';

/** The document in a page. */
async function embedded(file: string): Promise<ReportDocument> {
  const html = await readFile(file, 'utf8');
  const [, json = ''] = /<script type="application\/json" id="data">([^<]*)<\/script>/.exec(html) ?? [];
  expect(await problemsOf('report.v1.json', json)).toEqual([]);
  return JSON.parse(json) as ReportDocument;
}

describe('of a graph', () => {
  test('planned, aligned and published: the same parts become the same', async () => {
    const prefix = await copyFixture('movies');
    const file = (name: string): string => join(prefix, '..', name);
    const align = ['--input-prefix', prefix];
    expect((await gsRepartition(['plan', ...align, '--report', file('plan.html')])).code).toBe(0);
    const plan = await embedded(file('plan.html'));
    expect(plan).toMatchObject({ about: 'plan', outcome: { state: 'planned' }, slowest: [] });
    const done = await gsRepartition([...align, '--json', '--report', file('run.html')]);
    expect(done.code).toBe(0);
    const run = await embedded(file('run.html'));
    const summary = JSON.parse(done.stdout) as { parts: { kept: number; spliced: number }; bytes: object };
    expect(run).toMatchObject({ about: 'run', outcome: { state: 'ready' }, inputPrefix: prefix });
    expect(run.totals.parts).toMatchObject({ kept: summary.parts.kept });
    expect(run.totals.parts.copied + run.totals.parts.cut).toBe(summary.parts.spliced);
    expect(run.totals.bytes).toMatchObject(summary.bytes);
    expect(run.run?.phases.map(({ name }) => name)).toEqual(['prepare', 'make parts', 'check and publish']);
    expect(run.slowest).toHaveLength(20);
    expect(run.slowest.map(({ seconds }) => seconds)).toEqual(
      run.slowest.map(({ seconds }) => seconds).sort((a, b) => b - a),
    );
    expect(run.groups.map(({ layouts, dataSets }) => [layouts, dataSets.map(({ fates }) => fates)])).toEqual(
      plan.groups.map(({ layouts, dataSets }) => [layouts, dataSets.map(({ fates }) => fates)]),
    );
    const report = await gsRepartition(['report', ...align, '--json']);
    expect([report.code, await problemsOf('report.v1.json', report.stdout)]).toEqual([0, []]);
    const published = JSON.parse(report.stdout) as ReportDocument;
    expect(published).toMatchObject({ about: 'published', outcome: { state: 'ready' } });
    // Parts of whole row groups can't be told from others by documents, but what is kept can.
    expect(published.totals.parts).toMatchObject({
      before: 157,
      kept: run.totals.parts.kept,
      after: run.totals.parts.after,
    });
    expect(published.totals.bytes).toEqual({ ...run.totals.bytes, before: run.totals.bytes.before });
    // A second run has nothing to do, and says so.
    await gsRepartition([...align, '--report', file('again.html')]);
    const again = await embedded(file('again.html'));
    expect(again.totals.resumed).toBe(128);
  });

  test('that is aligned already', async () => {
    const prefix = await copyFixture('cases/aligned');
    await gsRepartition(['--input-prefix', prefix, '--report', join(prefix, '..', 'run.html')]);
    const { outcome, totals } = await embedded(join(prefix, '..', 'run.html'));
    expect(outcome).toMatchObject({
      state: 'ready',
      happened: expect.stringMatching(/^Nothing to align/) as string,
    });
    expect(totals.parts).toMatchObject({ copied: 0, cut: 0, reencoded: 0 });
  });

  test('that was never aligned: what is there, and why it is not ready', async () => {
    const prefix = await copyFixture('cases/file-counts');
    const { code } = await gsRepartition([
      'verify',
      '--input-prefix',
      prefix,
      '--report',
      join(prefix, 'v.html'),
    ]);
    const report = await embedded(join(prefix, 'v.html'));
    expect(code).toBe(1);
    expect(report).toMatchObject({ about: 'verify', outcome: { state: 'not ready' } });
    expect(report.problems[0]?.severity).toBe('violation');
    expect(report.groups.every((group) => group.after === undefined)).toBe(true);
    expect(report.groups.length).toBeGreaterThan(0);
  });

  test('whose run fails: the page says why, the exit code stays', async () => {
    const prefix = await copyFixture('cases/counts-lie', { spoiled: true });
    const { code, stderr } = await gsRepartition([
      '--input-prefix',
      prefix,
      '--report',
      join(prefix, 'r.html'),
    ]);
    const report = await embedded(join(prefix, 'r.html'));
    expect(code).toBe(1);
    expect(report.outcome.state).toBe('failed');
    expect(stderr).toContain(report.problems[0]?.message.split('. ')[0]);
  });
});

describe('the target', () => {
  test.each(['report/', 's3://bucket', '.'])(
    '%s is no file: said before anything is done',
    async (target) => {
      const { code, stderr } = await attempt(`--input-prefix x --report ${target}`, {
        engine: { repartition: () => Promise.reject(new Error('must not be called')) },
      });
      expect([code, stderr]).toEqual([
        2,
        'gs-repartition: --report must name a file. Give one like report.html or s3://bucket/report.html.\n',
      ]);
    },
  );

  test('one that can’t be written fails a run that has ended well, after its summary', async () => {
    const prefix = await copyFixture('cases/aligned');
    const { code, stdout, stderr } = await gsRepartition([
      '--input-prefix',
      prefix,
      '--report',
      join(prefix, 'metadata.json', 'report.html'),
    ]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^Nothing to align/);
    expect(stderr).toMatch(/\ngs-repartition: [^\n]*metadata\.json[^\n]*\n$/);
  });

  test('what can’t be written leaves one document on standard output, and verify its verdict', async () => {
    const prefix = await copyFixture('cases/aligned');
    const target = join(prefix, 'metadata.json', 'report.html');
    for (const [words, document, expected] of [
      [[], 'alignment', 1],
      [['plan'], 'plan', 1],
      [['verify'], 'verify', 0],
    ] as const) {
      const asked = [...words, '--input-prefix', prefix, '--json', '--report', target];
      const { code, stdout, stderr } = await gsRepartition(asked);
      expect(JSON.parse(stdout)).toMatchObject({ document: `gs-repartition/${document}` });
      expect(stderr).toMatch(/^gs-repartition: [^\n]*metadata\.json[^\n]*$/m);
      expect(code).toBe(expected);
    }
  });
});

test('secrets of Spark’s configuration are no settings of the page', () => {
  const conf = ['spark.executor.cores=4', 'spark.hadoop.fs.s3a.secret.key=abc', 'spark.some.token=def'];
  expect(settingsOf(layoutOptions, { engine: 'spark', 'spark-conf': conf })).toEqual([
    { name: '--engine', value: 'spark' },
    { name: '--spark-conf', value: '["spark.executor.cores=4"]' },
  ]);
  expect(settingsOf(layoutOptions, { 'spark-conf': conf.slice(1) })).toEqual([]);
});

test('names can’t end the script element that they are in, or begin one', () => {
  const page = reportPage(hostile);
  const template = reportPage({
    ...hostile,
    problems: [],
    settings: [],
    slowest: [],
    groups: [],
    inputPrefix: '',
  });
  for (const mark of ['</script', '<script', '<!--', '\u2028']) {
    expect(page.split(mark).length).toBe(template.split(mark).length);
  }
  const [, json = ''] = /id="data">([^<]*)</.exec(page) ?? [];
  expect((JSON.parse(json) as ReportDocument).inputPrefix).toBe(HOSTILE[0]);
});

describe('what becomes of parts', () => {
  const part = (path: string, rows: number, rowGroups?: number[]) => ({
    path,
    size: rows * 1000,
    version: '1',
    tail: 0,
    rows,
    bytes: rows * 1000,
    ...(rowGroups && { rowGroups: rowGroups.map((each) => ({ rows: each, bytes: each * 1000 })) }),
    scalarColumn: true,
    columns: 1,
    schema: 0,
  });
  const fatesOf = (rowGroups: (number[] | undefined)[], rows: number[], parts: number): string => {
    const dataSet = {
      places: [{ section: 'edges' as const, type: 'a:b:c' }] as [never],
      parts: [],
      flat: false,
    };
    const counted = {
      group: { kind: 'edge' as const, types: ['a:b:c'] as [string], dataSets: [dataSet] },
      dataSets: [{ dataSet, parts: rows.map((each, i) => part(`edges/p${i}`, each, rowGroups[i])) }],
    };
    return fatesOfPlan(planGroup(counted, weighLayouts(counted, { numOutputFiles: parts })).dataSets[0]!);
  };

  test.each([
    // Parts as they are; two from one at a row group's end, and inside it; joined whole.
    [[undefined, undefined], [10, 10], 2, 'kk'],
    [
      [
        [5, 5],
        [5, 5],
      ],
      [10, 10],
      4,
      'cccc',
    ],
    [[undefined, undefined], [10, 10], 4, 'xxxx'],
    [[undefined, undefined], [10, 10], 1, 'c'],
    [
      [
        [4, 6],
        [5, 5],
      ],
      [10, 10],
      4,
      'xxcc',
    ],
    [[undefined, [2, 4]], [6, 6], 3, 'xxc'],
  ] as const)('row groups %j of %j rows as %d parts: %s', (rowGroups, rows, parts, fates) => {
    expect(
      fatesOf(
        rowGroups.map((one) => one && [...one]),
        [...rows],
        parts,
      ),
    ).toBe(fates);
  });

  test('by documents: at the ends of old parts nothing is cut', () => {
    const before = { parts: ['a', 'b', 'c'], layout: [5, 5, 10] };
    const after = { parts: ['a', 'n1', 'n2'], layout: [5, 10, 5] };
    expect(fatesOfDocuments(before, after)).toBe('kxx');
    expect(fatesOfDocuments(before, { parts: ['n0', 'c'], layout: [10, 10] })).toBe('ck');
  });
});

test('a record keeps the slowest tasks, and adds up the others by data set', () => {
  const record = new RunRecord();
  const dataSet = (name: string, parts: number) => ({
    dataSet: { places: [{ section: 'node_data', type: 'user', name }] },
    spliced: { parts, bytes: 0 },
    reencoded: { parts: 0, bytes: 0 },
  });
  record.onPlan({ groups: [{ dataSets: [dataSet('kept', 0), dataSet('a', 30), dataSet('b', 2)] }] } as never);
  for (let id = 0; id < 32; id++) {
    record.onResult({
      id,
      output: `p${id}`,
      size: 1,
      version: '',
      method: 'splice',
      copiedBytes: 10,
      writtenBytes: 1,
      seconds: (id * 7) % 32,
    });
  }
  expect(record.made.map(({ copied, written }) => [copied, written])).toEqual([
    [0, 0],
    [300, 30],
    [20, 2],
  ]);
  expect(record.slowest.map(({ seconds }) => seconds)).toEqual(Array.from({ length: 20 }, (_, i) => 31 - i));
  expect(record.slowest.find(({ part }) => part === 'p31')?.dataSet).toBe('node_data of user, b');
});
