import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { ACTIONS, minimalPolicy } from './policy.js';

test('the policy allows what the operations need, and no more', () => {
  const policy = minimalPolicy({ bucket: 'graphs', prefix: 'a/b' });
  const allowed = policy.Statement.flatMap(({ Action }) => Action);
  expect(allowed.sort()).toEqual([...new Set(Object.values(ACTIONS).flat())].sort());
  expect(policy).toEqual({
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'FindTheGraph',
        Effect: 'Allow',
        Action: ['s3:ListBucket', 's3:ListBucketMultipartUploads'],
        Resource: ['arn:aws:s3:::graphs'],
      },
      {
        Sid: 'ReadAndWriteParts',
        Effect: 'Allow',
        Action: ['s3:GetObject', 's3:PutObject', 's3:AbortMultipartUpload', 's3:ListMultipartUploadParts'],
        Resource: ['arn:aws:s3:::graphs/a/b/*'],
      },
      {
        Sid: 'SayThatARunIsOver',
        Effect: 'Allow',
        Action: ['s3:DeleteObject'],
        Resource: ['arn:aws:s3:::graphs/a/b/repartition_runs/*'],
      },
    ],
  });
});

test('the policy in the documentation is the one for its example', () => {
  const chapter = readFileSync(new URL('../../docs/s3.md', import.meta.url), 'utf8');
  const [, written] = /```json\n(.*?)```/s.exec(chapter)!;
  expect(JSON.parse(written!)).toEqual(minimalPolicy({ bucket: 'my-graphs', prefix: 'papers' }));
});

test('the policy covers the whole bucket, another partition and a key', () => {
  const policy = minimalPolicy({
    bucket: 'graphs',
    prefix: '',
    partition: 'aws-cn',
    kmsKeyArn: 'arn:aws-cn:kms:cn-north-1:123456789012:key/1',
  });
  expect(policy.Statement.map(({ Resource }) => Resource)).toEqual([
    ['arn:aws-cn:s3:::graphs'],
    ['arn:aws-cn:s3:::graphs/*'],
    ['arn:aws-cn:s3:::graphs/repartition_runs/*'],
    ['arn:aws-cn:kms:cn-north-1:123456789012:key/1'],
  ]);
  expect(policy.Statement.at(-1)!.Action).toEqual(['kms:Decrypt', 'kms:GenerateDataKey']);
});

test('every command the code can send has its permission written down', () => {
  const folder = fileURLToPath(new URL('../../src/s3/', import.meta.url));
  const source = readdirSync(folder)
    .map((name) => readFileSync(`${folder}/${name}`, 'utf8'))
    .join('\n');
  const imports = [...source.matchAll(/import \{([^}]*)\} from '@aws-sdk\/client-s3'/g)].map(
    ([, names]) => names!,
  );
  const operations = imports
    .flatMap((names) => [...names.matchAll(/\b(?:paginate(\w+)|(\w+)Command)\b/g)])
    .map(([, paginated, command]) => paginated ?? command!);
  expect([...new Set(operations)].sort()).toEqual(Object.keys(ACTIONS).sort());
});
