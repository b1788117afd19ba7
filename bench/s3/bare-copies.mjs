// The limit on S3: the server-side copies that an alignment asked for, and nothing else.
//
//     bare-copies.mjs LIST      LIST is a JSON file, as written by copies.ts
//
// Each new object is an upload of its own, as it must be; its copies are all asked for as soon as a request is free.
import { readFileSync } from 'node:fs';
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  S3Client,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import pLimit from 'p-limit';

const { endpoint, bucket, inFlight, uploads } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true });
const limit = pLimit(inFlight);
const send = (command) => limit(() => client.send(command));

async function copy({ key, copies }) {
  const target = { Bucket: bucket, Key: key };
  const { UploadId } = await send(new CreateMultipartUploadCommand(target));
  const parts = copies.map(async ({ source, range }, i) => {
    const part = { ...target, UploadId, PartNumber: i + 1, CopySource: source, CopySourceRange: range };
    const { CopyPartResult } = await send(new UploadPartCopyCommand(part));
    return { PartNumber: i + 1, ETag: CopyPartResult.ETag };
  });
  const MultipartUpload = { Parts: await Promise.all(parts) };
  await send(new CompleteMultipartUploadCommand({ ...target, UploadId, MultipartUpload }));
}

const started = performance.now();
await Promise.all(uploads.map(copy));
console.log(JSON.stringify({ seconds: (performance.now() - started) / 1000 }));
