/** `gs-repartition upload`: what is there stays, what fails leaves nothing open, what was stopped goes on. */
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  type CreateMultipartUploadCommandInput,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { Account } from './account.js';
import { aws } from './built.js';
import { command } from './cli.js';
import { attempt } from '../cli/try.js';

const MIB = 1024 ** 2;
const CONFIG = { version: 'gconstruct-v0.1', nodes: [{ files: ['nodes/movie.csv', 'nodes/user.csv'] }] };

let account: Account;
let folder: string;

beforeAll(async () => {
  account = await Account.open();
});
afterAll(() => account.close());

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gs-upload-'));
  mkdirSync(join(folder, 'nodes'));
  write('nodes/movie.csv', 'id,title\n1,Alien\n');
  write('nodes/user.csv', 'id,age\n7,40\n');
  write('a-config.json', JSON.stringify(CONFIG));
  account.reset();
});
afterEach(async () => {
  rmSync(folder, { recursive: true });
  for (const key of await keys()) await account.remove(key);
});

function write(path: string, content: string | Uint8Array): void {
  writeFileSync(join(folder, path), content);
}

async function keys(): Promise<string[]> {
  const { Contents = [] } = await account.s3.send(new ListObjectsV2Command({ Bucket: account.bucket }));
  return Contents.map(({ Key = '' }) => Key);
}

async function openUploads(): Promise<number> {
  const answer = await account.s3.send(new ListMultipartUploadsCommand({ Bucket: account.bucket }));
  return answer.Uploads?.length ?? 0;
}

const line = (more = ''): string =>
  `upload --from ${folder} --input-prefix ${account.url('tables')} --config-filename a-config.json ${more}`.trim();

const upload = (call: Parameters<typeof aws.uploadInputs>[2] = {}) =>
  aws.uploadInputs(new aws.AwsSession(), { from: folder, inputPrefix: account.url('tables') }, call);

it('uploads what is new or has changed, and nothing twice; the configuration goes last', async () => {
  write('.hidden', 'of an editor');
  const dry = await command(line('--dry-run'));
  expect(dry.code).toBe(0);
  expect(account.front.writes).toEqual([]);
  const { status, steps } = JSON.parse(dry.stdout) as { status: string; steps: unknown[] };
  expect(status).toBe('planned');
  expect(steps).toContainEqual({
    title: 'upload nodes/movie.csv, which is new',
    request: {
      service: 's3',
      operation: 'PutObject',
      input: { Bucket: account.bucket, Key: 'tables/nodes/movie.csv' },
      source: join(folder, 'nodes', 'movie.csv'),
    },
  });

  const first = await command(line());
  expect(first).toMatchObject({
    code: 0,
    stdout: `Uploaded 3 files (${17 + 12 + JSON.stringify(CONFIG).length} bytes) to ${account.url('tables')}.\n`,
  });
  expect(await keys()).toEqual(['tables/a-config.json', 'tables/nodes/movie.csv', 'tables/nodes/user.csv']);
  expect(await account.get('tables/nodes/user.csv')).toBe('id,age\n7,40\n');
  expect(account.front.writes).toEqual(['s3:PutObject', 's3:PutObject', 's3:PutObject']);

  account.reset();
  const again = await command(line());
  expect(again.stdout).toMatch(/^Everything is under s3:\/\/[\w-]+\/tables already: 3 files \(/);
  // One list tells of a thousand files.
  expect(account.front.calls).toEqual(['s3:HeadBucket', 's3:ListObjects']);

  // As many bytes, at the same time.
  write('nodes/user.csv', 'id,age\n7,41\n');
  utimesSync(join(folder, 'nodes', 'user.csv'), 1, 1);
  const changed = await command(line('--json'));
  expect(JSON.parse(changed.stdout)).toMatchObject({
    status: 'succeeded',
    inputPrefix: account.url('tables'),
    uploaded: { files: 1, bytes: 12 },
    there: { files: 2 },
  });
  expect(await account.get('tables/nodes/user.csv')).toBe('id,age\n7,41\n');
});

it('the configuration goes last', async () => {
  const order: string[] = [];
  await aws.uploadInputs(
    new aws.AwsSession(),
    { from: folder, inputPrefix: account.url('tables'), configFilename: 'a-config.json' },
    { onStep: ({ title }) => order.push(title) },
  );
  expect(order.at(-1)).toBe('upload a-config.json, which is new');
});

it('a large file goes in parts, is known by them, and leaves no upload open', async () => {
  write('large.csv', Buffer.alloc(17 * MIB, 'row,of,a,table\n'));
  const bytes: number[] = [];
  const first = await upload({ onProgress: (at) => bytes.push(at.bytes) });
  expect(first.uploaded.files).toBe(4);
  expect(account.front.writes.filter((call) => call === 's3:UploadPart')).toHaveLength(3);
  expect(bytes).toEqual([...bytes].sort((a, b) => a - b));
  // Within the file too.
  const last = bytes.at(-1)!;
  expect(bytes.some((at) => at >= MIB && at < last)).toBe(true);
  expect(last).toBe(first.uploaded.bytes);
  account.reset();
  expect((await upload()).uploaded.files).toBe(0);
  expect(account.front.writes).toEqual([]);
  expect(await openUploads()).toBe(0);
  write('large.csv', Buffer.alloc(17 * MIB, 'other,rows\n'));
  const [step] = (await upload({ dryRun: true })).steps;
  expect(step?.request).toMatchObject({ operation: 'CreateMultipartUpload', parts: 3 });
});

it('a file that others have put there in parts of any size is known by its checksum', async () => {
  const content = Buffer.alloc(13 * MIB, 'row,of,a,table\n');
  write('large.csv', content);
  const [Bucket, Key] = [account.bucket, 'tables/large.csv'];
  const { UploadId } = await account.s3.send(
    new CreateMultipartUploadCommand({
      Bucket,
      Key,
      ChecksumAlgorithm: 'CRC32',
      ChecksumType: 'FULL_OBJECT',
    }),
  );
  const Parts = [];
  for (const [i, from] of [0, 7 * MIB].entries()) {
    const { ETag, ChecksumCRC32 } = await account.s3.send(
      new UploadPartCommand({
        Bucket,
        Key,
        UploadId,
        PartNumber: i + 1,
        Body: content.subarray(from, from + 7 * MIB),
        ChecksumAlgorithm: 'CRC32',
      }),
    );
    Parts.push({ PartNumber: i + 1, ETag, ChecksumCRC32 });
  }
  await account.s3.send(
    new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts } }),
  );
  expect((await upload({ dryRun: true })).there.files).toBe(1);
});

it.each([
  ['a part is refused', /UploadPart/, { status: 403, type: 'AccessDenied', message: 'no' }],
  ['the end is refused', /CompleteMultipartUpload/, { status: 403, type: 'AccessDenied', message: 'no' }],
] as const)(
  'when %s, the error is S3’s, no upload stays open, and the same call goes on',
  async (_name, call, reply) => {
    write('large.csv', Buffer.alloc(17 * MIB, 'row,of,a,table\n'));
    account.front.faults.push({ call, times: 1, reply });
    await expect(upload()).rejects.toMatchObject({
      code: 'access',
      message: expect.stringContaining(account.url('tables/large.csv')) as string,
    });
    expect(await openUploads()).toBe(0);
    expect(await upload()).toMatchObject({ uploaded: { files: 1 }, there: { files: 3 } });
  },
);

it.each([
  ['whose answer is lost', 'cut-answer', 1],
  ['whose answers are all lost', 'cut-answer', 99],
] as const)(
  'an end %s is no end: what lies there is looked at, and nothing is sent again',
  async (_, reply, times) => {
    write('large.csv', Buffer.alloc(17 * MIB, 'row,of,a,table\n'));
    vi.stubEnv('AWS_MAX_ATTEMPTS', '3');
    account.front.faults.push({ call: /CompleteMultipartUpload/, times, reply });
    const uploaded = await upload();
    vi.unstubAllEnvs();
    account.front.faults.length = 0;
    expect(uploaded).toMatchObject({ uploaded: { files: 4 } });
    expect(account.front.writes.filter((call) => call === 's3:UploadPart')).toHaveLength(3);
    expect(await openUploads()).toBe(0);
  },
);

it('when a part is refused, the rest of the file is not sent', async () => {
  write('large.csv', Buffer.alloc(49 * MIB, 'row,of,a,table\n'));
  account.front.faults.push({
    call: /UploadPart/,
    times: 1,
    reply: { status: 403, type: 'AccessDenied', message: 'no' },
  });
  await expect(upload()).rejects.toMatchObject({ code: 'access' });
  // Those that were under way, and not all seven.
  expect(account.front.calls.filter((call) => call === 's3:UploadPart').length).toBeLessThan(7);
});

it('stopped in the middle: interrupted, nothing open, and the same call goes on', async () => {
  write('large.csv', Buffer.alloc(17 * MIB, 'row,of,a,table\n'));
  const stop = new AbortController();
  const stopped = upload({
    signal: stop.signal,
    onProgress: ({ bytes }) => {
      if (bytes > 8 * MIB) stop.abort();
    },
  });
  await expect(stopped).rejects.toMatchObject({ code: 'interrupted' });
  expect(await openUploads()).toBe(0);
  // Nothing comes late.
  account.reset();
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(account.front.calls).toEqual([]);
  expect(await upload()).toMatchObject({ uploaded: { files: 1 }, there: { files: 3 } });
});

describe('an upload that a killed process has left open', () => {
  const content = Buffer.alloc(17 * MIB, 'row,of,a,table\n');
  const named = { ChecksumAlgorithm: 'CRC32', ChecksumType: 'FULL_OBJECT' } as const;

  /** Of the first part, its bytes; of the second, others. */
  async function leaveOpen(begun: Partial<CreateMultipartUploadCommandInput> = named): Promise<void> {
    const object = { Bucket: account.bucket, Key: 'tables/large.csv' };
    const { UploadId } = await account.s3.send(new CreateMultipartUploadCommand({ ...object, ...begun }));
    for (const [i, Body] of [content.subarray(0, 8 * MIB), Buffer.alloc(8 * MIB, 'older')].entries()) {
      await account.s3.send(new UploadPartCommand({ ...object, UploadId, PartNumber: i + 1, Body }));
    }
  }
  const sent = (): number => account.front.writes.filter((call) => call === 's3:UploadPart').length;

  beforeEach(() => write('large.csv', content));
  afterEach(async () => {
    const { Uploads = [] } = await account.s3.send(
      new ListMultipartUploadsCommand({ Bucket: account.bucket }),
    );
    for (const { Key, UploadId } of Uploads) {
      await account.s3.send(new AbortMultipartUploadCommand({ Bucket: account.bucket, Key, UploadId }));
    }
  });

  it('is gone on with: what it has of the file is not sent again', async () => {
    await leaveOpen();
    const { code, stderr } = await command(line());
    expect({ code, sent: sent(), open: await openUploads() }).toEqual({ code: 0, sent: 2, open: 0 });
    expect(stderr).toContain('large.csv: going on with an upload that was left open, of 2 parts');
    expect(await account.get('tables/large.csv')).toBe(content.toString());
  });

  it('… by a process that is killed in the middle of a part', async () => {
    account.front.faults.push({ call: /UploadPart/, times: 2, after: 1, reply: 'held' });
    const killed = command(line(), {
      watch: (_, child) => {
        const look = setInterval(() => {
          if (sent() < 3) return;
          clearInterval(look);
          child.kill('SIGKILL');
        }, 10);
      },
    });
    expect((await killed).code).toBeNull();
    expect(await openUploads()).toBe(1);
    account.reset();
    expect((await upload()).uploaded.files).toBe(2);
    expect({ sent: sent(), open: await openUploads() }).toEqual({ sent: 2, open: 0 });
    expect(await account.get('tables/large.csv')).toBe(content.toString());
  });

  it('stays where it was begun otherwise: it may be another program’s', async () => {
    await leaveOpen({});
    expect((await upload()).uploaded.files).toBe(4);
    expect({ sent: sent(), open: await openUploads() }).toEqual({ sent: 3, open: 1 });
  });

  it('is removed, not gone on with, where objects are to be encrypted as the options say', async () => {
    await leaveOpen();
    const { code } = await command(line('--sse AES256'));
    expect({ code, sent: sent(), open: await openUploads() }).toEqual({ code: 0, sent: 3, open: 0 });
  });

  it('is let be where it may not be looked for', async () => {
    await leaveOpen();
    account.front.faults.push({
      call: /ListUploads/,
      times: 9,
      reply: { status: 403, type: 'AccessDenied', message: 'no' },
    });
    expect((await upload()).uploaded.files).toBe(4);
    expect(await account.get('tables/large.csv')).toBe(content.toString());
  });

  it.each([
    ['that another process ends meanwhile', /UploadPart/, 404, 'NoSuchUpload'],
    ['that the server will not end', /CompleteMultipartUpload/, 400, 'InvalidRequest'],
  ] as const)('and %s is begun again', async (_, call, status, type) => {
    await leaveOpen();
    account.front.faults.push({ call, times: 1, reply: { status, type, message: 'no' } });
    expect((await upload()).uploaded.files).toBe(4);
    expect(await openUploads()).toBe(0);
    expect(await account.get('tables/large.csv')).toBe(content.toString());
  });
});

it('two at once upload the same large file', async () => {
  write('large.csv', Buffer.alloc(17 * MIB, 'row,of,a,table\n'));
  const both = await Promise.all([upload(), upload()]);
  expect(both.map(({ uploaded }) => uploaded.files)).toEqual([4, 4]);
  expect(await openUploads()).toBe(0);
  expect((await upload()).there.files).toBe(4);
});

it('a server that knows no checksums of a whole gets an upload without', async () => {
  write('large.csv', Buffer.alloc(17 * MIB, 'row,of,a,table\n'));
  account.front.faults.push({
    call: /CreateMultipartUpload/,
    times: 1,
    reply: { status: 501, type: 'NotImplemented', message: 'A header you provided is not implemented' },
  });
  const from = account.front.requests.length;
  expect((await upload()).uploaded.files).toBe(4);
  const begun = account.front.requests
    .slice(from)
    .filter(({ operation }) => operation === 'CreateMultipartUpload');
  expect(begun.map(({ headers }) => headers['x-amz-checksum-algorithm'])).toEqual(['CRC32', undefined]);
});

it('an upload that can be neither ended nor removed is told of', async () => {
  write('large.csv', Buffer.alloc(17 * MIB, 'row,of,a,table\n'));
  const reply = { status: 403, type: 'AccessDenied', message: 'no' };
  account.front.faults.push({ call: /CompleteMultipartUpload|DELETE/, times: 9, reply });
  const { code, stderr } = await command(line());
  expect(code).toBe(1);
  expect(stderr).toContain(
    `The unfinished upload of ${account.url('tables/large.csv')} could not be removed: abort it, or let a lifecycle rule do so.`,
  );
  account.front.faults.length = 0;
  await upload();
});

it('a file that is written to meanwhile is an error', async () => {
  const file = join(folder, 'nodes', 'user.csv');
  const running = upload({
    onStep: ({ title }) => {
      if (title.includes('user.csv')) appendFileSync(file, '8,41\n');
    },
  });
  await expect(running).rejects.toMatchObject({
    code: 'changed',
    message: `${file} was written to while it was uploaded`,
  });
});

it('the configuration may be written as the shell completes it', async () => {
  const { code, stderr } = await attempt(line('--dry-run').replace('a-config', './a-config'));
  expect({ code, last: stderr.trimEnd().split('\n').at(-1) }).toMatchObject({
    code: 0,
    last: expect.stringContaining('a-config.json, which is new') as string,
  });
  const absolute = await attempt(line().replace('a-config', `${folder}/a-config`));
  expect(absolute.code).toBe(2);
  expect(absolute.stderr).toContain('--config-filename is relative to the folder of the tables.');
});

it('tables that the configuration names and nobody has are warned of', async () => {
  rmSync(join(folder, 'nodes', 'user.csv'));
  const { code, stderr } = await attempt(line('--dry-run'));
  expect(code).toBe(0);
  expect(stderr).toContain(
    `a-config.json names nodes/user.csv, which is neither in ${folder} nor under ${account.url('tables')}`,
  );
  await account.put('tables/nodes/user.csv', 'id,age\n7,40\n');
  expect((await attempt(line('--dry-run'))).stderr).not.toContain('names');
});

it.each([
  ['no such folder', () => rmSync(folder, { recursive: true }), 1, () => `there is no ${folder}.`],
  [
    'no configuration',
    () => rmSync(join(folder, 'a-config.json')),
    1,
    () =>
      `there is no configuration at ${join(folder, 'a-config.json')}. --config-filename is relative to the folder of the tables.`,
  ],
  [
    'a configuration that is no JSON',
    () => write('a-config.json', '{'),
    2,
    () => `the configuration ${join(folder, 'a-config.json')} is no JSON: `,
  ],
  [
    'a link to nothing',
    () => symlinkSync('/nowhere', join(folder, 'nodes', 'gone.csv')),
    1,
    () => `${join(folder, 'nodes', 'gone.csv')} is a link to what is not there.`,
  ],
  [
    'a link to a folder around it',
    () => symlinkSync(folder, join(folder, 'nodes', 'up')),
    2,
    () => `${join(folder, 'nodes', 'up')} is a link to a folder that it lies in.`,
  ],
  [
    'a FIFO',
    () => void execFileSync('mkfifo', [join(folder, 'pipe')]),
    2,
    () => `${join(folder, 'pipe')} is neither a file nor a folder.`,
  ],
])('%s: one line, and nothing is uploaded', async (_name, prepare, expected, message) => {
  prepare();
  const { code, stdout, stderr } = await attempt(line());
  mkdirSync(folder, { recursive: true });
  expect(stderr).toContain(`gs-repartition: ${message()}`);
  expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  expect({ code, stdout }).toEqual({ code: expected, stdout: '' });
  expect(account.front.writes).toEqual([]);
});
