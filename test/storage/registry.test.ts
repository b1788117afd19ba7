import { homedir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { S3_LIMITS } from '../../src/s3/compose-plan.js';
import { DEFAULT_MEMORY, Memory } from '../../src/memory.js';
import { COUNTERS, registerStorage } from '../../src/storage/registry.js';
import { USUAL_SMALLEST_COPY } from '../../src/storage/storage.js';
import { locate, openStorage } from '../../src/storages.js';

describe('where a prefix is', () => {
  test.each([
    ['/data/graph', '/data/graph'],
    ['graph/../other', join(process.cwd(), 'other')],
    ['./s3:graph', join(process.cwd(), 's3:graph')],
    ['C:\\graph', join(process.cwd(), 'C:\\graph')],
    ['c:/graph', join(process.cwd(), 'c:/graph')],
    ['data/x:y', join(process.cwd(), 'data/x:y')],
    [pathToFileURL(join(homedir(), 'a b')).href, join(homedir(), 'a b')],
    ['FILE:///data/graph', '/data/graph'],
  ])('%s is a folder', async (prefix, root) => {
    expect(await locate(prefix, { region: 'for another storage' })).toEqual({ scheme: 'file', root });
  });

  test.each(['s3a', 'S3', 'S3N'])('%s:// is on S3 as well', async (scheme) => {
    expect(await locate(`${scheme}://bucket/a/b/`)).toEqual({
      scheme: 's3',
      bucket: 'bucket',
      prefix: 'a/b',
    });
  });

  test('s3://bucket/prefix is on S3, with what is said of it', async () => {
    expect(await locate('s3://bucket/a/b/')).toEqual({ scheme: 's3', bucket: 'bucket', prefix: 'a/b' });
    expect(await locate('s3://bucket', { region: 'eu-west-1', profile: undefined })).toEqual({
      scheme: 's3',
      bucket: 'bucket',
      prefix: '',
      options: { region: 'eu-west-1' },
    });
  });

  test.each([
    [
      's3a://key:secret@bucket/x',
      'keys don’t belong into an S3 prefix',
      'Write the prefix as s3://bucket/prefix.',
    ],
    [
      's3x://key:secret@bucket/x',
      'there is no storage for prefixes that begin with s3x:',
      'Write s3:// instead of s3x://.',
    ],
    [
      'https://me:secret@host/x',
      'there is no storage for prefixes that begin with https:',
      'Give the prefix as s3://bucket/prefix, and a server that is not of AWS with `endpointUrl`.',
    ],
    ['arn:aws:s3:::bucket', 'there is no storage for prefixes that begin with arn:', 'Write s3://bucket.'],
    ['file:graph', 'not the URL of a folder: file:graph', 'Write it as file:///folder/folder, or as a path.'],
    [
      'file://host/graph',
      'not the URL of a folder: file://host/graph',
      'Write it as file:///folder/folder, or as a path.',
    ],
  ])('%s is refused', async (prefix, message, hint) => {
    await expect(locate(prefix)).rejects.toMatchObject({ code: 'usage', message, hint });
  });

  test('what is said of S3 is checked before anything is asked of it', async () => {
    await expect(locate('s3://bucket', { colour: 'red' })).rejects.toMatchObject({
      code: 'usage',
      message: 'there is no S3 option colour',
    });
  });
});

test('a location of no storage is refused', async () => {
  await expect(openStorage({ scheme: 'gopher' })).rejects.toMatchObject({
    code: 'usage',
    message: 'there is no storage for prefixes that begin with gopher:',
  });
});

test('a storage is loaded once, when it is needed, and told whose thread it is in', async () => {
  const calls: unknown[] = [];
  registerStorage('made-up', () => {
    calls.push('load');
    return Promise.resolve({
      locate: (url, options) => ({ scheme: 'made-up', url, options: String(options) }),
      open: (location, how) => {
        calls.push(location, how);
        return openStorage({ scheme: 'file', root: '/' });
      },
    });
  });
  expect(calls).toEqual([]);
  const location = await locate('made-up:x', 7);
  expect(location).toEqual({ scheme: 'made-up', url: 'made-up:x', options: '7' });
  const { signal } = new AbortController();
  await openStorage(location);
  const counters = new Int32Array(new SharedArrayBuffer(4 * COUNTERS));
  const how = { ownThread: { threads: 1, memory: Memory.within(DEFAULT_MEMORY), counters }, signal };
  await openStorage(location, how);
  expect(calls).toEqual(['load', location, {}, location, how]);
});

test('outputs are the same on all storages: what S3 can copy is what all copy', async () => {
  expect(USUAL_SMALLEST_COPY).toBe(S3_LIMITS.minPart);
  const [disk, s3] = await Promise.all([
    openStorage({ scheme: 'file', root: '/' }),
    openStorage({ scheme: 's3', bucket: 'bucket', prefix: '', options: { region: 'us-east-1' } }),
  ]);
  expect(disk.profile.smallestCopy).toBe(s3.profile.smallestCopy);
});
