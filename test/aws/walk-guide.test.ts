/** Runs the page on the whole walk, block by block, from an empty account. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readWalk } from '../../src/cli/walk-file.js';
import { sections, topOptions } from '../../src/cli/walk-options.js';
import { repositoryRoot } from '../support/paths.js';
import { type Account, IMAGE } from './account.js';
import { aws } from './built.js';
import { Guide } from './guide.js';
import { permissionsOf } from './permissions.js';

let guide: Guide;
let account: Account;

beforeAll(async () => {
  guide = await Guide.open('docs/walk.md');
  ({ account } = guide);
});
afterAll(() => guide.close());

const writeGraph = async (): Promise<undefined> => {
  await account.writeRatings('gsprocessing/emr-s/small-graph');
  return undefined;
};

it('the names, and the upload: what is new, and what another put there', async () => {
  const { code, stdout } = await guide.run(0, 1);
  expect(code).toBe(0);
  expect(stdout).toContain('"status": "planned"');
  expect(stdout).toMatch(/\nUploaded 2 files \(40 bytes\) to s3:\/\/my-bucket\/gsprocessing-input\.\n$/);
}, 180_000);

it('the walk, dry and then on foot', async () => {
  account.reset({
    script: ['RUNNING', 'SUCCESS'],
    onRun: writeGraph,
    onProcessingJob: () => account.writePartitions('partitioned/small-graph', 2),
  });
  const { code, stdout } = await guide.run(3);
  expect(code).toBe(0);
  expect(stdout).toContain('"document": "gs-repartition/run"');
  expect(stdout).toMatch(/\nverify {5}done {7}s3:\/\/my-bucket\/\S+ is ready for DistPartitioning\n/);
  expect(stdout).toMatch(/\npartition {2}done {7}s3:\S+\/dist_graph was made by the job gs-partition-\S+\n$/);
}, 180_000);

it('the output, examined', async () => {
  account.reset();
  const { code, stdout } = await guide.run(5);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^movie:rated:rating +structure +\d+ +2,596 .* yes$/m);
  expect(stdout).toMatch(/\nAligned by s3:\/\/my-bucket\/\S+\/updated_row_counts_metadata\.json: /);
  expect(account.front.writes).toEqual([]);
}, 180_000);

it('the same from a program, whose types are right', async () => {
  account.reset({ script: ['RUNNING', 'SUCCESS'], onRun: writeGraph });
  const { code, stdout, stderr } = await guide.runTypeScript(6);
  expect(stderr).toBe('');
  expect(stdout).toBe('0 files uploaded, succeeded, aligned\n');
  expect(code).toBe(0);
}, 180_000);

it('the file that the page shows is right, and its table names every section and key', () => {
  expect(readWalk(guide.take(2, 'yaml')).mistakes).toEqual([]);
  guide.take(4, '');
  const page = readFileSync(join(repositoryRoot, 'docs', 'walk.md'), 'utf8');
  const keys = { ...topOptions, ...sections.upload, ...sections.align, ...sections.verify };
  for (const name of [...Object.keys(sections), ...Object.keys(keys)]) expect(page).toContain(`\`${name}\``);
  expect(guide.left).toEqual([]);
});

it('an operator has every permission that the page needs', () => {
  const { operator } = aws.setupPolicies({ bucket: 'my-bucket', imageUri: IMAGE });
  const given = new Set(operator.Statement.flatMap(({ Action = [] }) => Action));
  const sent = [...account.front.kinds].flatMap(permissionsOf);
  expect(sent).toEqual(
    expect.arrayContaining(['emr-serverless:ListJobRuns', 'sagemaker:ListProcessingJobs']),
  );
  expect([...new Set(sent)].filter((call) => !given.has(call))).toEqual([]);
});
