/** The policy of the documentation, enforced by a server: a run needs no more than it allows, and what it lacks is said. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { PutBucketPolicyCommand } from '@aws-sdk/client-s3';
import { minimalPolicy } from '../s3/policy.js';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { makeGraph, temporaryFolder, TestBucket } from '../s3/kit.js';
import { type ServerWithUsers, startVersitygw } from '../s3/servers.js';
import { repositoryRoot } from '../support/paths.js';
import { expectReadyByFooters } from '../support/ready.js';

const WORKER = { AWS_ACCESS_KEY_ID: 'worker', AWS_SECRET_ACCESS_KEY: 'secret of the worker' };

let server: ServerWithUsers;
let work: Awaited<ReturnType<typeof temporaryFolder>>;
let bucket: TestBucket;

beforeAll(async () => {
  server = await startVersitygw();
  server.addUser(WORKER.AWS_ACCESS_KEY_ID, WORKER.AWS_SECRET_ACCESS_KEY);
  work = await temporaryFolder();
  // Parts of some 15 MB, so that ranges of them are copied by the server.
  await makeGraph(work.path, { features: [60_000, 60_000], labels: [50_000, 70_000] });
}, 120_000);

afterAll(async () => {
  await server.stop();
  await work.remove();
});

beforeEach(async () => {
  bucket = await TestBucket.create(server.endpoint);
  await bucket.putFolder(work.path, 'graph');
});

async function allow({ except }: { except?: string } = {}): Promise<void> {
  const policy = minimalPolicy({ bucket: bucket.name, prefix: 'graph' });
  const Statement = policy.Statement.map((statement) => ({
    ...statement,
    Principal: { AWS: [WORKER.AWS_ACCESS_KEY_ID] },
    Action: statement.Action.filter((action) => action !== except),
  }));
  const Policy = JSON.stringify({ ...policy, Statement });
  await bucket.client.send(new PutBucketPolicyCommand({ Bucket: bucket.name, Policy }));
}

/** The command as the worker runs it: its exit code and its last line. */
function align(): Promise<{ code: number; line: string }> {
  const words = ['--input-prefix', `s3://${bucket.name}/graph`, '--endpoint-url', server.endpoint];
  const program = join(repositoryRoot, 'dist', 'bin', 'main.js');
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [program, ...words, '--num-output-files', '3'],
      { env: { ...process.env, ...WORKER } },
      (_error, _stdout, stderr) => {
        resolve({ code: child.exitCode ?? -1, line: stderr.trim().split('\n').at(-1) ?? '' });
      },
    );
  });
}

test('the policy is enough', async () => {
  await allow();
  expect((await align()).code).toBe(0);
  await expectReadyByFooters(bucket.asPrefix('graph'));
  expect(await bucket.keys('graph/updated')).toEqual(['graph/updated_row_counts_metadata.json']);
  expect(await bucket.openUploads()).toEqual([]);
}, 60_000);

test.each([
  ['s3:GetObject', 'access denied while reading'],
  ['s3:PutObject', 'access denied while writing'],
  ['s3:ListBucket', 'access denied while listing'],
])(
  'without %s it says so',
  async (except, message) => {
    await allow({ except });
    const { code, line } = await align();
    expect(code).toBe(1);
    expect(line).toContain(`gs-repartition: ${message} s3://${bucket.name}/graph/`);
    expect(line).toContain(`needs ${except}`);
    expect(await bucket.keys('graph/updated')).toEqual([]);
    expect(await bucket.openUploads()).toEqual([]);
  },
  60_000,
);
