/**
 * How far work is while it goes on, and what storages met with on the way: sums over all threads of a process, which
 * somebody else reads now and then.
 */
import { AsyncLocalStorage } from 'node:async_hooks';

/** What is counted. Whole numbers. */
export interface Counts {
  /** Bytes of parts that are in place. */
  bytes: number;
  /** The same by what was planned: what a part will have is only known when it is made. */
  plannedBytes: number;
  /** Work in bytes, where those that take longer count for more. */
  work: number;
  /** That of parts whose making has begun, and of parts that are written, though they may not be in place. */
  begunWork: number;
  finishedWork: number;
  /** Of parts that are written, the sum of their work times the seconds from begin to end. */
  workSeconds: number;
  /** Requests that were sent again, for whatever reason. */
  retries: number;
  /** Answers that asked for fewer requests. */
  slowDowns: number;
  /** Writes that were begun again, and whose first beginning could not be removed. */
  leftOpen: number;
}

/** Requests of storages that are asked by requests, as S3 calls them. */
const OPERATIONS = [
  'GetObject',
  'HeadObject',
  'HeadBucket',
  'ListObjectsV2',
  'ListMultipartUploads',
  'ListParts',
  'PutObject',
  'CopyObject',
  'DeleteObject',
  'CreateMultipartUpload',
  'UploadPart',
  'UploadPartCopy',
  'CompleteMultipartUpload',
  'AbortMultipartUpload',
  'others',
] as const;

const NOTHING: Counts = {
  bytes: 0,
  plannedBytes: 0,
  work: 0,
  begunWork: 0,
  finishedWork: 0,
  workSeconds: 0,
  retries: 0,
  slowDowns: 0,
  leftOpen: 0,
};
const PLACES = Object.keys(NOTHING) as (keyof Counts)[];

/** What crosses to another thread. */
export type SharedTally = BigInt64Array<SharedArrayBuffer>;

export class Tally {
  private constructor(private readonly places: SharedTally) {}

  static empty(): Tally {
    return new Tally(new BigInt64Array(new SharedArrayBuffer(8 * (PLACES.length + OPERATIONS.length))));
  }

  /** That of another thread of this process. */
  static sharedBy(places: SharedTally): Tally {
    return new Tally(places);
  }

  share(): SharedTally {
    return this.places;
  }

  /** Adds numbers that may have fractions, or be less than nothing. */
  add(counts: Partial<Counts>): void {
    PLACES.forEach((name, place) => {
      const count = Math.round(counts[name] ?? 0);
      if (count !== 0) Atomics.add(this.places, place, BigInt(count));
    });
  }

  /** Counts a request that is sent, those that are sent again too. @param operation S3's name for it */
  noteRequest(operation: string): void {
    const place = (OPERATIONS as readonly string[]).indexOf(operation);
    Atomics.add(this.places, PLACES.length + (place === -1 ? OPERATIONS.length - 1 : place), 1n);
    noteRequest();
  }

  /** By operation, those that were sent; none of a storage that is not asked by requests. */
  requests(): Record<string, number> {
    const counts = OPERATIONS.map((operation, place): [string, number] => [
      operation,
      Number(Atomics.load(this.places, PLACES.length + place)),
    ]);
    return Object.fromEntries(counts.filter(([, count]) => count > 0));
  }

  read(): Counts {
    const counts = { ...NOTHING };
    PLACES.forEach((name, place) => {
      counts[name] = Number(Atomics.load(this.places, place));
    });
    return counts;
  }
}

const counting = new AsyncLocalStorage<{ requests: number }>();

/**
 * Runs `work` and counts the requests that it sends, those of its retries too. What several ask for together counts for
 * the first. Counting slows all requests down a little, so it is for who wants to know.
 */
export async function countingRequests<T>(work: () => Promise<T>): Promise<{ result: T; requests: number }> {
  const count = { requests: 0 };
  const result = await counting.run(count, work);
  return { result, requests: count.requests };
}

function noteRequest(): void {
  const count = counting.getStore();
  if (count) count.requests++;
}
