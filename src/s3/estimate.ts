/**
 * How many requests a plan will need, and how long they take: an estimate for people who look at a plan. What a run
 * really sends is in docs/s3.md, and tests count it.
 */
import type { Estimate, Probe, WorkAhead } from '../storage/storage.js';
import { S3_LIMITS } from './compose-plan.js';

/** Pages of this size are what parquet-mr and Arrow write; the headers of those beside a cut are read one by one. */
const PAGE_BYTES = 1024 * 1024;
/** A listing answers with so many objects at a time. */
const LISTED_AT_ONCE = 1000;
/** Metadata, status at the start and the end, that the run is there. */
const RUN_PUTS = 4;
/** Which other runs are there: at the start and the end. */
const RUN_LISTS = 2;
/** S3 copies at about this speed in one request, https://docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance.html */
const COPY_BYTES_PER_SECOND = 75_000_000;
/** Requests under way on average, measured with default options: a run waits for some before it can ask for others. */
const UNDER_WAY = 12;

/** @returns requests by operation; all numbers are estimates */
function estimateRequests(work: WorkAhead): Record<string, number> {
  // The metadata and each part's tail; a look at every folder before all that, and before the commit.
  const requests = {
    HeadBucket: 1,
    HeadObject: 2,
    ListObjectsV2: RUN_LISTS + 2 * (Math.ceil(work.partsRead / LISTED_AT_ONCE) + work.made.length),
    GetObject: 1 + work.partsRead,
    PutObject: RUN_PUTS,
    DeleteObject: 1,
    CreateMultipartUpload: 0,
    UploadPartCopy: 0,
    UploadPart: 0,
    CompleteMultipartUpload: 0,
  };
  for (const { parts, columns, bytesCopied, bytesMade, cuts, bytesBesideCuts } of work.made) {
    if (parts === 0) continue;
    const bytesAPart = (bytesCopied + bytesMade) / parts;
    requests.ListObjectsV2 += 1 + Math.ceil(parts / LISTED_AT_ONCE);
    // Sources' footers once more, the part's own when it is there; at a cut the indexes, the page, and headers beside it.
    requests.GetObject += 2 * parts + 2 * columns * cuts + Math.ceil(bytesBesideCuts / PAGE_BYTES);
    if (bytesAPart < S3_LIMITS.minPart) {
      requests.PutObject += parts;
      continue;
    }
    requests.CreateMultipartUpload += parts;
    requests.CompleteMultipartUpload += parts;
    requests.UploadPartCopy += parts * Math.ceil(bytesAPart / S3_LIMITS.copyPart) + Math.floor(cuts / 2);
    requests.UploadPart += parts + Math.floor(cuts / 2);
  }
  return requests;
}

export function estimateS3(work: WorkAhead, { secondsToAnswer }: Probe): Estimate {
  const requests = estimateRequests(work);
  const count = Object.values(requests).reduce((sum, n) => sum + n, 0);
  const copied = work.made.reduce((sum, { bytesCopied }) => sum + bytesCopied, 0);
  const waiting = (count * secondsToAnswer + copied / COPY_BYTES_PER_SECOND) / UNDER_WAY;
  return { seconds: waiting, requests };
}
