import { describe, expect, test } from 'vitest';
import { readS3Options } from '../../src/s3/index.js';

describe('options of the S3 side', () => {
  test('are taken as they are', () => {
    const options = {
      region: 'eu-west-1',
      profile: 'work',
      endpointUrl: 'https://minio.example:9000/base',
      pathStyle: true,
      sse: 'aws:kms',
      sseKmsKeyId: 'arn:aws:kms:eu-west-1:123456789012:key/1',
      expectedBucketOwner: '123456789012',
      requesterPays: true,
      maxAttempts: 3,
      maxConcurrentRequests: 4,
      s3Checksums: 'when-required',
    };
    expect(readS3Options(options)).toEqual(options);
    expect(readS3Options(undefined)).toEqual({});
  });

  test('a key id alone means KMS', () => {
    expect(readS3Options({ sseKmsKeyId: 'key' })).toEqual({ sseKmsKeyId: 'key', sse: 'aws:kms' });
  });

  test.each([
    [{ sse: 'AES256', sseKmsKeyId: 'key' }, 'a KMS key id was given together with AES256 encryption'],
    [{ sse: 'aes' }, '`sse` must be one of AES256, aws:kms, aws:kms:dsse, but is "aes"'],
    [{ region: 'EU West' }, '`region` must be the name of a region, such as us-east-1, but is "EU West"'],
    [
      { endpointUrl: 'minio:9000' },
      '`endpointUrl` must be a URL such as https://host:port, but is "minio:9000"',
    ],
    [{ expectedBucketOwner: 'me' }, '`expectedBucketOwner` must be an account id of 12 digits, but is "me"'],
    [{ maxAttempts: 0 }, '`maxAttempts` must be a whole number from 1, but is 0'],
    [{ maxConcurrentRequests: 1.5 }, '`maxConcurrentRequests` must be a whole number from 1, but is 1.5'],
    [{ pathStyle: 'yes' }, '`pathStyle` must be true or false, but is "yes"'],
    [{ colour: 'red' }, 'there is no S3 option colour'],
    [{ __proto__: null, toString: 'x' }, 'there is no S3 option toString'],
    ['eu-west-1', 'the S3 options are not an object'],
    [['eu-west-1'], 'the S3 options are not an object'],
    [null, 'the S3 options are not an object'],
  ])('%j is refused in one line', (given, message) => {
    expect(() => readS3Options(given)).toThrow(expect.objectContaining({ code: 'usage', message }) as Error);
  });

  test('a password in an endpoint is refused without being shown', () => {
    expect(() => readS3Options({ endpointUrl: 'https://user:secret@host' })).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining('secret') as string }) as Error,
    );
  });
});
