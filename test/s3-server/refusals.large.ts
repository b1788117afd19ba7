/**
 * What a server that checks signatures and times refuses, beside the AWS command line: `WRITE_DOCS=1` writes the table of
 * docs/aws.md anew.
 */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { markedRegion } from '../support/marked-region.js';
import { repositoryRoot } from '../support/paths.js';
import { Shell, type Variables } from '../shell/shell.js';
import { outcomeOf, tableOf } from '../shell/told.js';
import { makeGraph, temporaryFolder, TestBucket } from '../s3/kit.js';
import { type ServerWithUsers, startVersitygw } from '../s3/servers.js';

let server: ServerWithUsers;
let shell: Shell;
let bucket: TestBucket;
let keys: Variables;

beforeAll(async () => {
  server = await startVersitygw();
  shell = new Shell();
  bucket = await TestBucket.create(server.endpoint);
  const work = await temporaryFolder();
  await makeGraph(work.path, { dim: 3, features: [100, 80], labels: [90, 90] });
  await bucket.putFolder(work.path, 'papers');
  await work.remove();
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY } = process.env;
  keys = { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_DEFAULT_REGION: 'us-east-1', AWS_MAX_ATTEMPTS: '3' };
}, 120_000);

afterAll(async () => {
  await server.stop();
  shell.close();
});

const clock = join(repositoryRoot, 'test', 'shell', 'clock');
const ahead = (seconds: number): Variables => ({
  CLOCK_OFFSET_SECONDS: String(seconds),
  NODE_OPTIONS: `--import ${join(clock, 'ahead.mjs')}`,
  PYTHONPATH: clock,
});

/** By situation: what is in the environment, what each must say, and on what. */
const SITUATIONS: [string, () => Variables, RegExp, RegExp][] = [
  ['nothing wrong', () => ({}), /^works$/, /^works$/],
  [
    'a wrong secret',
    () => ({ AWS_SECRET_ACCESS_KEY: 'wrong' }),
    /SignatureDoesNotMatch/,
    /^S3 does not accept the credentials \(SignatureDoesNotMatch: .*\)\. Set up credentials/,
  ],
  [
    'a key that is not there',
    () => ({ AWS_ACCESS_KEY_ID: 'NOBODY' }),
    /InvalidAccessKeyId/,
    /^S3 does not accept the credentials \(InvalidAccessKeyId: .*\)\. Set up credentials/,
  ],
  // The difference is measured by the answer, and what was refused is signed anew.
  ['a clock that is an hour ahead', () => ahead(3600), /RequestTimeTooSkewed/, /^works$/],
  ['a clock that is a day behind', () => ahead(-86_400), /RequestTimeTooSkewed/, /^works$/],
];

const said = new Map<string, { aws: string; ours: string }>();

test.each(SITUATIONS)(
  '%s',
  async (name, variables, aws, ours) => {
    const graph = `s3://${bucket.name}/papers`;
    const environment = { AWS_ENDPOINT_URL: server.endpoint, ...keys, ...variables() };
    const plain = (text: string): string =>
      text.replaceAll(bucket.name, 'my-graphs').replace(/127\.0\.0\.1:\d+/g, '127.0.0.1:9000');
    said.set(name, {
      aws: plain(outcomeOf(await shell.aws(`s3 ls ${graph}/`, environment))),
      ours: plain(outcomeOf(await shell.ours(`--input-prefix ${graph}`, environment))),
    });
    expect(said.get(name)?.aws).toMatch(aws);
    expect(said.get(name)?.ours).toMatch(ours);
  },
  60_000,
);

test('the page shows what they said', async () => {
  const { stands, made } = await markedRegion('docs/aws.md', 'test/s3-server (refusals)', tableOf(said));
  expect(stands).toBe(made);
});
