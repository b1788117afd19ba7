/**
 * What AWS would take of our requests. Every test of AWS ends with botocore's judgement of all that came to its front
 * (account.ts); here it is seen that this leaves out no command, and that the judge does judge.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { allCommands } from '../../src/cli/commands/index.js';
import { repositoryRoot } from '../support/paths.js';
import { MIB, openAt, pattern } from '../s3/kit.js';
import { Account, ACCOUNT } from './account.js';
import { command } from './cli.js';
import { canJudge, judge } from './judge.js';
import type { Incoming } from './wire.js';

const isAble = await canJudge();
let account: Account;
/** Where commands write that write here. */
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gs-requests-'));
  account = await Account.open();
  await account.writeRatings('graph');
});
beforeEach(() => account.reset());
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await account.close();
});

/** Commands that need nothing but to be told where the graph is. */
async function commandsOfAPrefix(): Promise<string[]> {
  const all = await allCommands();
  return all
    .filter(({ options }) => {
      const required = Object.keys(options).filter((name) => options[name]?.required === true);
      return required.join(' ') === 'input-prefix';
    })
    .map(({ name }) => name);
}

it.runIf(isAble)(
  'every command on a prefix sends what S3 takes',
  async () => {
    const names = await commandsOfAPrefix();
    expect(names).toEqual(expect.arrayContaining(['$0', 'plan', 'verify', 'status', 'clean']));
    // What is removed, and what an alignment has left; so the order matters.
    const words = names.map((name) => name.replace('$0', '').trim());
    for (const word of [...words, 'verify --deep', 'clean --yes']) {
      const from = account.front.requests.length;
      await command(`${word} --input-prefix ${account.url('graph')}`.trim(), { cwd: folder });
      const { operations, complaints } = await judge(account.front.requests.slice(from));
      expect(complaints, word).toEqual([]);
      expect(Object.keys(operations).length, word).toBeGreaterThan(0);
    }
  },
  120_000,
);

it('every other command is run before such a front: by a page that tests walk, or by a test', async () => {
  const here = await commandsOfAPrefix();
  // Completion talks to nobody.
  const others = (await allCommands())
    .map(({ name }) => name)
    .filter((name) => !here.includes(name) && !name.startsWith('completion '));
  const read = (folder: string, files: RegExp): string[] =>
    readdirSync(join(repositoryRoot, folder))
      .filter((file) => files.test(file))
      .map((file) => readFileSync(join(repositoryRoot, folder, file), 'utf8'));
  const blocks = read('docs', /\.md$/).flatMap((page) => page.match(/^```sh\n.*?^```$/gms) ?? []);
  const tests = read(join('test', 'aws'), /\.test\.ts$/).filter((text) => text.includes('Account.open('));
  const isRun = (name: string): boolean =>
    blocks.some((text) => new RegExp(`\\bgs-repartition ${name}(\\s|$)`, 'm').test(text)) ||
    tests.some((text) => new RegExp(`[\`'"]${name} --`).test(text));
  expect(others.filter((name) => !isRun(name))).toEqual([]);
});

it.runIf(isAble)('composing an object sends what S3 takes', async () => {
  const bytes = pattern(12 * MIB, 1);
  await account.put('parts/a', bytes);
  const storage = await openAt(account.front.endpoint, account.bucket, 'parts');
  try {
    const { version } = (await storage.stat('a'))!;
    await storage.compose('out', [
      { kind: 'bytes', bytes: bytes.subarray(0, 6 * MIB) },
      { kind: 'copy', path: 'a', version, start: 0, end: 6 * MIB },
      { kind: 'bytes', bytes: bytes.subarray(0, 10) },
    ]);
  } finally {
    await storage.close();
  }
  const { operations, complaints } = await judge(account.front.requests);
  expect(complaints).toEqual([]);
  expect(Object.keys(operations)).toEqual(
    expect.arrayContaining([
      's3:CreateMultipartUpload',
      's3:UploadPart',
      's3:UploadPartCopy',
      's3:CompleteMultipartUpload',
    ]),
  );
});

describe.runIf(isAble)('the judge', () => {
  const request = (more: Partial<Incoming>): Incoming => ({
    ...{ service: 's3', operation: '', accessKeyId: '', method: 'POST', url: '/', headers: {} },
    body: Buffer.of(),
    ...more,
  });
  const json = (service: string, target: string, document: unknown): Incoming =>
    request({ service, headers: { 'x-amz-target': target }, body: Buffer.from(JSON.stringify(document)) });
  const job = (more: object): Incoming =>
    json('sagemaker', 'SageMaker.CreateProcessingJob', {
      ProcessingJobName: 'a-job',
      RoleArn: `arn:aws:iam::${ACCOUNT}:role/sagemaker`,
      AppSpecification: { ImageUri: 'image' },
      ProcessingResources: {
        ClusterConfig: { InstanceCount: 1, InstanceType: 'ml.m5.12xlarge', VolumeSizeInGB: 30 },
      },
      ...more,
    });
  const cluster = (more: object): object => ({
    ProcessingResources: {
      ClusterConfig: { InstanceCount: 1, InstanceType: 'ml.m5.12xlarge', VolumeSizeInGB: 30, ...more },
    },
  });
  const form = (text: string): Incoming => request({ service: 'iam', body: Buffer.from(text) });
  const s3 = (method: string, url: string, headers: Incoming['headers'] = {}): Incoming =>
    request({ method, url, headers });

  it.each<[string, Incoming, string]>([
    ['JSON', job({}), 'sagemaker:CreateProcessingJob'],
    ['a form', form('Action=GetRole&Version=2010-05-08&RoleName=sagemaker'), 'iam:GetRole'],
    [
      'a path',
      request({ service: 'emr-serverless', method: 'GET', url: '/applications/00abc/jobruns/00def' }),
      'emr-serverless:GetJobRun',
    ],
    ['a query', s3('GET', '/bucket/?list-type=2&prefix=graph'), 's3:ListObjectsV2'],
    ['a part', s3('PUT', '/bucket/key?partNumber=1&uploadId=u'), 's3:UploadPart'],
    [
      'a copied part',
      s3('PUT', '/bucket/key?partNumber=1&uploadId=u', { 'x-amz-copy-source': 'bucket/key' }),
      's3:UploadPartCopy',
    ],
  ])('reads %s', async (_name, one, operation) => {
    expect(await judge([one])).toEqual({ operations: { [operation]: 1 }, complaints: [] });
  });

  it.each<[string, Incoming, RegExp]>([
    ['what is required', job({ RoleArn: undefined }), /Missing required parameter in input: "RoleArn"/],
    ['a type', job(cluster({ InstanceCount: '1' })), /InstanceCount/],
    [
      'a pattern',
      job({ ProcessingJobName: 'under_score' }),
      /\.ProcessingJobName: 'under_score' does not match/,
    ],
    ['an enum', job(cluster({ InstanceType: 'ml.none' })), /\.InstanceType: 'ml\.none' is none of/],
    ['a least', job(cluster({ VolumeSizeInGB: 0 })), /VolumeSizeInGB/],
    ['a most', job(cluster({ InstanceCount: 101 })), /\.InstanceCount: 101 is more than 100/],
    ['an unknown name', job({ Role: 'r' }), /Unknown parameter in input: "Role"/],
    [
      'an unknown name inside',
      job(cluster({ Volume: 1 })),
      /Unknown parameter in ProcessingResources\.ClusterConfig: "Volume"/,
    ],
    ['an unknown operation', json('sagemaker', 'SageMaker.MakeNothing', {}), /no such operation/],
    [
      'another service',
      json('sagemaker', 'AmazonEC2ContainerRegistry_V20150921.PutImage', {}),
      /no such operation/,
    ],
    [
      'a form’s pattern',
      form('Action=GetRole&Version=2010-05-08&RoleName=a b'),
      /\.RoleName: 'a b' does not match/,
    ],
    [
      'a form’s unknown name',
      form('Action=GetRole&Version=2010-05-08&RoleName=a&Role=b'),
      /not in the model: Role$/,
    ],
    [
      'a path’s pattern',
      request({ service: 'emr-serverless', method: 'GET', url: '/applications/UPPER' }),
      /\.applicationId: 'UPPER' does not match/,
    ],
    ['a query’s unknown name', s3('GET', '/bucket/?list-type=2&prefixx=a'), /not in the model: \?prefixx$/],
    [
      'a header’s unknown name',
      s3('GET', '/bucket/key', { 'x-amz-nonsense': '1' }),
      /not in the model: x-amz-nonsense$/,
    ],
    ['a part without an upload', s3('PUT', '/bucket/key?partNumber=1'), /UploadId|partNumber/],
  ])('finds %s', async (_name, one, complaint) => {
    const { complaints } = await judge([one]);
    expect(complaints.join('\n')).toMatch(complaint);
  });
});
