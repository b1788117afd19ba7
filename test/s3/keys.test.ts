import { describe, expect, test } from 'vitest';
import { copySource, folderKey, keyOf, parseS3Url } from '../../src/s3/keys.js';

describe('a prefix on S3', () => {
  test.each([
    ['s3://bucket/prefix', 'bucket', 'prefix'],
    ['s3://bucket/prefix/', 'bucket', 'prefix'],
    ['s3://bucket/a/b/c//', 'bucket', 'a/b/c'],
    ['s3://bucket', 'bucket', ''],
    ['s3://bucket/', 'bucket', ''],
    ['s3://my.old_Bucket-1/x', 'my.old_Bucket-1', 'x'],
    ['s3://bucket/with space/a+b/100%/#1/Grüße', 'bucket', 'with space/a+b/100%/#1/Grüße'],
  ])('%s', (url, bucket, prefix) => {
    expect(parseS3Url(url)).toEqual({ bucket, prefix });
  });

  test.each([
    ['s3://', 'not a bucket name: "" in s3://'],
    ['s3:///prefix', 'not a bucket name: "" in s3:///prefix'],
    ['s3://b', 'not a bucket name: "b" in s3://b'],
    [
      's3://arn:aws:s3:us-east-1:123456789012:accesspoint/a',
      'not a bucket name: "arn:aws:s3:us-east-1:123456789012:accesspoint" in s3://arn:aws:s3:us-east-1:123456789012:accesspoint/a',
    ],
    ['s3a://bucket/prefix', 'not an S3 prefix: s3a://bucket/prefix'],
    ['s3://bucket/a//b', 'the prefix of s3://bucket/a//b has an empty folder name, "." or ".." in it'],
    ['s3://bucket//a', 'the prefix of s3://bucket//a has an empty folder name, "." or ".." in it'],
    ['s3://bucket/../a', 'the prefix of s3://bucket/../a has an empty folder name, "." or ".." in it'],
  ])('%s is refused in one line', (url, message) => {
    expect(() => parseS3Url(url)).toThrow(expect.objectContaining({ code: 'usage', message }) as Error);
  });
});

test('keys are joined with one slash, and not at all in the root', () => {
  expect(keyOf('graph', 'edges/part')).toBe('graph/edges/part');
  expect(keyOf('', 'edges/part')).toBe('edges/part');
  expect(keyOf('graph', '')).toBe('graph');
  expect(folderKey('graph', 'edges')).toBe('graph/edges/');
  expect(folderKey('graph', 'edges/')).toBe('graph/edges/');
  expect(folderKey('graph', '')).toBe('graph/');
  expect(folderKey('', '')).toBe('');
});

test('a copy source is percent-encoded between its slashes', () => {
  expect(copySource('bucket', 'a b/c+d/100%/#1/ü')).toBe('bucket/a%20b/c%2Bd/100%25/%231/%C3%BC');
});
