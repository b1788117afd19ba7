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
    ['S3://bucket/prefix', 'bucket', 'prefix'],
    ['s3a://bucket/prefix', 'bucket', 'prefix'],
    ['s3n://bucket/prefix/', 'bucket', 'prefix'],
    ['s3://graphs-3lkq2o9w1xyz-s3alias/prefix', 'graphs-3lkq2o9w1xyz-s3alias', 'prefix'],
    ['s3://bucket/with space/a+b/100%/#1/Grüße', 'bucket', 'with space/a+b/100%/#1/Grüße'],
  ])('%s', (url, bucket, prefix) => {
    expect(parseS3Url(url)).toEqual({ bucket, prefix });
  });

  test.each([
    ['s3://', 'not a bucket name: "" in s3://'],
    ['s3:///prefix', 'not a bucket name: "" in s3:///prefix'],
    ['s3://b', 'not a bucket name: "b" in s3://b'],
    ['s3b://bucket/prefix', 'not an S3 prefix: s3b://bucket/prefix'],
    ['s3://bucket/a//b', 'the prefix of s3://bucket/a//b has an empty folder name, "." or ".." in it'],
    ['s3://bucket//a', 'the prefix of s3://bucket//a has an empty folder name, "." or ".." in it'],
    ['s3://bucket/../a', 'the prefix of s3://bucket/../a has an empty folder name, "." or ".." in it'],
  ])('%s is refused in one line', (url, message) => {
    expect(() => parseS3Url(url)).toThrow(expect.objectContaining({ code: 'usage', message }) as Error);
  });
});

const POINT = 'arn:aws:s3:us-east-1:123456789012:accesspoint/papers';

test.each([
  [POINT, 'the ARN of an access point', '-s3alias'],
  [`${POINT}/prefix/of/keys`, 'the ARN of an access point', '-s3alias'],
  ['arn:aws-cn:s3:cn-north-1:123456789012:accesspoint:papers', 'the ARN of an access point', '-s3alias'],
  [
    'arn:aws:s3::123456789012:accesspoint/mfzwi23gnjvgw.mrap',
    'a Multi-Region Access Point',
    'buckets behind',
  ],
  ['mfzwi23gnjvgw.mrap', 'a Multi-Region Access Point', 'buckets behind'],
  ['mfzwi23gnjvgw.mrap.accesspoint.s3-global.amazonaws.com', 'a Multi-Region Access Point', 'buckets behind'],
  ['arn:aws:s3-outposts:us-west-2:123456789012:outpost/op-01/accesspoint/papers', 'S3 on Outposts', 'region'],
  ['papers-o01ac5d28a6a232904e8xz5w8ijx1qzlbp3i3kuse10--op-s3', 'S3 on Outposts', 'region'],
  [
    'arn:aws:s3-object-lambda:us-east-1:123456789012:accesspoint/p',
    'an Object Lambda Access Point',
    'behind',
  ],
  ['papers-opfh6db92n--ol-s3', 'an Object Lambda Access Point', 'behind'],
  ['papers--usw2-az1--x-s3', 'a directory bucket of S3 Express One Zone', 'general purpose'],
  ['papers--usw2-az1--xa-s3', 'a directory bucket of S3 Express One Zone', 'general purpose'],
  ['papers--table-s3', 'a table bucket of S3 Tables', 'general purpose'],
  ['arn:aws:s3tables:us-east-1:123456789012:bucket/papers', 'a table bucket of S3 Tables', 'general purpose'],
  ['arn:aws:s3:::papers/prefix', 'the ARN of a bucket', 's3://bucket/prefix'],
])('s3://%s is refused by its name', (name, kind, hint) => {
  expect(() => parseS3Url(`s3://${name}`)).toThrow(
    expect.objectContaining({
      code: 'usage',
      message: `${name} is ${kind}, not the name of a bucket`,
      hint: expect.stringContaining(hint) as string,
    }) as Error,
  );
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
