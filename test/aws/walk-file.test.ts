/** The file of a walk: one line for each mistake, which says where it is. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isWrittenByWalk } from '../../src/aws/walk/job.js';
import { readWalk } from '../../src/cli/walk-file.js';
import { walkSettings } from '../../src/cli/walk-options.js';
import { attempt } from '../cli/try.js';
import { repositoryRoot } from '../support/paths.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gs-walk-file-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const TOP = 'input-prefix: s3://bucket/in\noutput-prefix: s3://bucket/out\nconfig-filename: config.json\n';
const JOB = 'submit:\n  entry-point: entry.py\n  application-id: 00f1\n  execution-role: jobs\n';

/** What a person reads: the lines of standard error, without the file’s name. */
async function told(text: string): Promise<{ code: number; lines: string[] }> {
  const file = join(folder, 'walk.yaml');
  writeFileSync(file, text);
  const { code, stderr } = await attempt(`run --file ${file}`);
  const lines = stderr.trimEnd().split('\n');
  return { code, lines: lines.map((line) => line.replace(/^.*?walk\.yaml(:?)/, '')) };
}

it('the example is right, and is read as it is meant', () => {
  const { values, mistakes } = readWalk(readFileSync(join(repositoryRoot, 'docs', 'walk.yaml'), 'utf8'));
  expect(mistakes).toEqual([]);
  expect(walkSettings(values!, '/home/me')).toMatchObject({
    inputPrefix: 's3://my-bucket/gsprocessing-input',
    upload: { from: '/home/me/tables' },
    setup: { bucket: undefined },
    submit: {
      entryPoint: '/home/me/graphstorm/graphstorm-processing/graphstorm_processing/distributed_executor.py',
      numOutputFiles: -1,
      doRepartition: true,
      sparkConf: { 'spark.executor.memory': '16g', 'spark.executor.cores': '4' },
      extraArguments: ['--add-reverse-edges', 'true'],
    },
    align: { fallback: 'here', sagemaker: undefined },
  });
  expect(values?.verify).toMatchObject({ 'world-size': 2, deep: false });
});

it('what is left out has the defaults of the commands; values are what was typed', () => {
  const { values } = readWalk(
    `${TOP}${JOB.replace('00f1', '0012')}  spark-conf: [a.b=1e3]\nsetup: &s\n  image-uri: x\nalign:\n`,
  );
  expect(values?.submit).toMatchObject({ 'application-id': '0012', 'spark-conf': [['a.b', '1e3']] });
  expect(values?.submit).toMatchObject({ 'num-output-files': -1, 'do-repartition': true });
  expect(values?.align).toMatchObject({ fallback: 'here', recount: false });
  expect(values?.upload).toBeUndefined();
});

it.each([
  ['a key that is none', `${TOP}${JOB}uplaod:\n  from: x\n`, '8: uplaod is no key; did you mean upload?'],
  [
    'an option that is none',
    `${TOP}${JOB}setup:\n  image-url: x\n  image-uri: 123456789012.dkr.ecr.us-east-1.amazonaws.com/a:0.2.2\n`,
    '9: setup.image-url is no key; did you mean image-uri?',
  ],
  [
    'a key of a step that is none, once: not also what it stands for',
    `${TOP}${JOB}setup:\n  image-url: x\n`,
    '9: setup.image-url is no key; did you mean image-uri?',
  ],
  ['a section of another name', `${TOP}sumbit:\n  a: b\n`, '4: sumbit is no key; did you mean submit?'],
  ['a list instead of a section', `${TOP}submit: [a]\n`, '4: submit must hold keys and values'],
  ['a list instead of a file', '- a\n', '1: the file must hold keys and values'],
  ['a second walk', `${TOP}${JOB}---\na: b\n`, '8: this is a second document: a file holds one walk'],
  ['a section without what it needs', `${TOP}${JOB}upload:\n`, '8: upload.from is required'],
  ['nothing at all', '', '1: input-prefix is required', '1: output-prefix is required'],
  [
    'a value of another kind',
    `${TOP}${JOB}  num-output-files: many\nverify:\n  deep: perhaps\n`,
    '8: submit.num-output-files must be a whole number of at least -1, not "many"',
    '10: verify.deep must be true or false, not "perhaps"',
  ],
  [
    'a list where there is one',
    `${TOP.replace('config.json', '[a, b]')}${JOB}`,
    '3: config-filename must be one value, not a list',
  ],
  ['a section that is a word', `${TOP}${JOB}align: here\n`, '8: align must hold keys and values'],
  ['no value', `${TOP}${JOB}upload:\n  from:\n`, '9: upload.from must not be empty'],
  ['no YAML', `${TOP}${JOB}align: {fallback: here\n`, '9: this is no YAML: '],
  ['a key twice', `${TOP}${JOB}align: {}\nalign: {}\n`, '9: this is no YAML: map keys must be unique'],
  [
    'places that are not on S3',
    `${TOP.replace('s3://bucket/in', 'tables')}${JOB}`,
    '1: input-prefix not an S3 prefix: tables. Write it as s3://bucket/prefix.',
  ],
  [
    'an image that is none',
    `${TOP}submit:\n  entry-point: a.py\nsetup:\n  image-uri: graphstorm:latest\n`,
    '7: setup.image-uri not an image of a private ECR registry: graphstorm:latest.',
  ],
  [
    'an option that a step refuses',
    `${TOP}${JOB}  timeout-minutes: 2\n`,
    '8: submit.timeout-minutes must be 0 (never) or at least 5, not 2',
  ],
  [
    'neither an application nor a set-up',
    `${TOP}submit:\n  entry-point: a.py\n`,
    '4: submit needs application-id or application-name, or a setup',
    '4: submit needs execution-role, or a setup',
  ],
  [
    'both of them',
    `${TOP}${JOB}setup:\n  image-uri: 123456789012.dkr.ecr.us-east-1.amazonaws.com/a:0.2.2\n`,
    '6: submit.application-id is what setup makes: leave out one of them',
    '7: submit.execution-role is what setup makes: leave out one of them',
  ],
  [
    'SageMaker without a role',
    `${TOP}${JOB}align: {fallback: sagemaker}\n`,
    '8: align.fallback sagemaker needs a role and an image. Give sagemaker-role and sagemaker-image-uri.',
  ],
  [
    'the graph among the tables',
    `${TOP.replace('bucket/out', 'bucket/in/')}${JOB}`,
    '2: output-prefix is the input prefix: the graph would lie among the tables',
  ],
  [
    'the partitions among the tables',
    `${TOP}${JOB}partition:\n  output-prefix: s3://bucket/in/\n  num-parts: 2\n  role: r\n  image-uri: x\n`,
    '9: partition.output-prefix is the input prefix: the partitions would lie among the tables',
  ],
])('%s', async (_name, text, ...expected) => {
  const { code, lines } = await told(text);
  expect(code).toBe(2);
  for (const line of expected) {
    expect(lines).toContainEqual(expect.stringContaining(line) as string);
  }
  const last = lines.at(-1);
  if (lines.length > 1) expect(last).toMatch(/^ has \d+ mistakes\. They are in the lines above\.$/);
});

it('a file that is not there: one line', async () => {
  const { code, stderr } = await attempt('run --file /none/walk.yaml');
  expect(code).toBe(2);
  expect(stderr).toMatch(
    /^gs-repartition: the file of the walk cannot be read: ENOENT.*Give its path with --file\.\n$/,
  );
});

describe('a job is known by its tables, and not by what the walk itself writes among them', () => {
  /** What of the keys counts, where the walk is told so. */
  const tables = (text: string, ...keys: string[]): string[] => {
    const isWritten = isWrittenByWalk(walkSettings(readWalk(text).values!, '/'));
    return keys.filter((key) => !isWritten(key));
  };
  const at = (input: string, output: string): string =>
    TOP.replace('bucket/in', input).replace('bucket/out', output);

  it('in the example', () => {
    const text = readFileSync(join(repositoryRoot, 'docs', 'walk.yaml'), 'utf8');
    const written = [
      'gsprocessing/emr-s/small-graph/metadata.json',
      'logs/applications/00f1/jobs/00a1/SPARK_DRIVER/stderr.gz',
      'partitioned/small-graph/part0/graph.dgl',
      'emr-serverless-scripts/distributed_executor.py',
      'sagemaker-scripts/partition_entry.py',
    ];
    expect(tables(text, ...written)).toEqual([]);
    expect(tables(text, 'gsprocessing-input/a.csv')).toEqual(['gsprocessing-input/a.csv']);
    const elsewhere = text.replace('s3://my-bucket/gsprocessing-input', 's3://another/gsprocessing-input');
    expect(tables(elsewhere, ...written)).toEqual(written.slice(0, 3));
  });

  it.each([
    ['the graph lies above the tables', at('bucket/data/in', 'bucket/data') + JOB],
    ['the graph lies beside all', at('bucket/data/in', 'bucket') + JOB],
    [
      'the logs go where the tables are',
      `${at('bucket/data/in', 'bucket/out')}${JOB}  log-uri: s3://bucket/data/in/\n`,
    ],
    [
      'the logs go above the tables',
      `${at('bucket/data/in', 'bucket/out')}${JOB}  log-uri: s3://bucket/data\n`,
    ],
  ])('where %s, tables count', (_name, text) => {
    expect(tables(text, 'data/in/a.csv', 'data/in/jobs.csv')).toEqual(['data/in/a.csv', 'data/in/jobs.csv']);
  });

  it('logs among the tables count for nothing', () => {
    const text = `${TOP}${JOB}  log-uri: s3://bucket/in\n`;
    expect(tables(text, 'in/applications/00f1/jobs/1/x.gz', 'in/jobs/1/x.gz', 'in/a.csv')).toEqual([
      'in/a.csv',
    ]);
  });

  it('scripts among the tables count for nothing', () => {
    const job = `${JOB}  entry-point-url: s3://bucket/in/entry.py\n`;
    const partition =
      'partition:\n  entry-point-url: s3://bucket/in/partition.py\n  role: r\n  image-uri: i\n' +
      '  num-parts: 2\n  output-prefix: s3://bucket/parts\n';
    const keys = ['in/entry.py', 'in/partition.py', 'in/a.csv'];
    expect(tables(TOP + job + partition, ...keys)).toEqual(['in/a.csv']);
  });
});
