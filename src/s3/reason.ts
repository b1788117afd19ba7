import { GetObjectCommand, ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import { failureOf, isRefusal } from './errors.js';

/**
 * Has a client ask why, when a HEAD was refused. The answer to HEAD has no body, and S3's code and text stand in the body:
 * an expired token, a wrong secret, a wrong clock and a missing permission all look the same. So the same is asked for once
 * more in a way that has a body, and whoever sent the HEAD gets that error.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
 */
export function askForReasons(client: S3Client): void {
  client.middlewareStack.add(
    (next, { commandName = '' }) =>
      async (args) => {
        try {
          return await next(args);
        } catch (error) {
          if (!isRefusal(error) || (await isElsewhere(client, error))) throw error;
          const reason = await reasonOf(client, commandName, args.input as HeadInput);
          throw reason ? withRegionOf(error, reason) : error;
        }
      },
    // Outside the SDK's retries.
    { step: 'initialize', name: 'askForReasons' },
  );
}

/** The answer to a refused HeadBucket names the bucket's region, and that to a refused list need not. */
function withRegionOf(refusal: unknown, reason: Error): Error {
  const { region } = failureOf(refusal);
  return region === undefined ? reason : Object.assign(reason, { bucketRegion: region });
}

interface HeadInput {
  Bucket: string;
  Key?: string;
  ExpectedBucketOwner?: string;
  RequestPayer?: 'requester';
}

/** Whether the answer says already what is wrong: the bucket is in another region. */
async function isElsewhere(client: S3Client, error: unknown): Promise<boolean> {
  const { region } = failureOf(error);
  return region !== undefined && region !== (await client.config.region());
}

/** @returns `undefined` when there is nothing more to be known */
async function reasonOf(client: S3Client, command: string, input: HeadInput): Promise<Error | undefined> {
  const { Bucket, Key, ExpectedBucketOwner, RequestPayer } = input;
  const same = { Bucket, ExpectedBucketOwner, RequestPayer };
  try {
    if (command === 'HeadObjectCommand') {
      const { Body } = await client.send(new GetObjectCommand({ ...same, Key, Range: 'bytes=0-0' }));
      await Body?.transformToByteArray();
    } else if (command === 'HeadBucketCommand') {
      await client.send(new ListObjectsV2Command({ ...same, MaxKeys: 1 }));
    }
  } catch (error) {
    if (error instanceof Error && isRefusal(error)) return error;
  }
  return undefined;
}
