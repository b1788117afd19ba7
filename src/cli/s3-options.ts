/** The options that only matter for `s3://` prefixes. Every command that reads a prefix has them. */
import type { S3Options } from '../s3/options.js';
import { choice, count, flag, type OptionSet, text, trueOrFalse } from './options.js';

/** By their names on the command line; the S3 room knows `endpoint-url` as `endpointUrl`. Never credentials. */
export const s3Options = {
  region: text("The bucket's AWS region (asked of the bucket unless given)"),
  profile: text('The profile of the AWS configuration files to use'),
  'endpoint-url': text('Another S3 server than that of AWS, such as http://host:9000'),
  'path-style': trueOrFalse('Write the bucket into the path of URLs (True for servers that are not of AWS)'),
  sse: choice('Encryption of new objects (as the bucket says unless given)', [
    'AES256',
    'aws:kms',
    'aws:kms:dsse',
  ]),
  'sse-kms-key-id': text('The KMS key to encrypt new objects with'),
  'expected-bucket-owner': text('The account that must own the bucket'),
  'requester-pays': flag('Pay for requests and transfer of a requester-pays bucket'),
  'max-attempts': count('Attempts for each S3 request (10 unless given)'),
  'max-concurrent-requests': count(
    'S3 requests in flight at most, fewer when S3 takes fewer (256 unless given)',
  ),
  's3-checksums': choice('When to send checksum headers; when-required suits older servers', [
    'when-supported',
    'when-required',
  ]),
} satisfies OptionSet;

/** What the S3 room is told; `undefined` when nothing was given. */
export function readS3Options(values: Readonly<Record<string, unknown>>): S3Options | undefined {
  const given = Object.entries(s3Options as OptionSet).flatMap(([name, { parse }]) => {
    const value = values[name];
    // A flag that is off was not given.
    return value === undefined || (!parse && value === false) ? [] : [[camelCase(name), value]];
  });
  // Each option above has the name and the kind of its counterpart, and the S3 room checks them all the same.
  return given.length === 0 ? undefined : (Object.fromEntries(given) as S3Options);
}

function camelCase(name: string): string {
  return name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}
