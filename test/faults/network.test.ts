/** Networks and servers that fail at random, by a seed: a run ends well or says in a line why not, and the next one finishes. */
import type { IncomingHttpHeaders } from 'node:http';
import { repartition, RepartitionError } from 'gs-repartition';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { alignedOnS3, TestBucket } from '../s3/kit.js';
import { type Fault, type Faults, type Proxy, startProxy } from '../s3/proxy.js';
import { type S3Server, startMoto, startVersitygw } from '../s3/servers.js';
import { Graph, SMALL } from './graphs.js';
import { describeFaults, isLong, note, random } from './plan.js';

const FILE = 'test/faults/network.test.ts';
vi.setConfig({ testTimeout: isLong ? 3_600_000 : 120_000, hookTimeout: 300_000 });

/** Parts so large that they are made of several parts of an upload. */
const MIDDLE = { features: [60_000, 60_000], labels: [50_000, 70_000], edges: [10], weights: [10] };

let server: S3Server;
let proxy: Proxy;
let small: Graph;
let middle: Graph;
beforeAll(async () => {
  server = isLong ? await startVersitygw() : await startMoto();
  proxy = await startProxy(server.endpoint);
  [small, middle] = [await Graph.make(SMALL), await Graph.make(MIDDLE)];
});
afterAll(async () => {
  await small.remove();
  await middle.remove();
  await proxy.stop();
  await server.stop();
});

type Next = () => number;

/** When a request says that it was signed, as milliseconds. */
function signedAt(headers: IncomingHttpHeaders): number {
  const text = String(headers['x-amz-date']);
  return Date.parse(text.replace(/(....)(..)(..)T(..)(..)(..)Z/, '$1-$2-$3T$4:$5:$6Z'));
}

/** One fault in so many requests; a storm is many in a row. */
const KINDS: Record<string, (next: Next) => Faults> = {
  'connections reset': (next) => (request) => {
    if (next() > 0.06) return undefined;
    return request.operation.startsWith('Upload') && next() < 0.5
      ? { kind: 'cut-request', after: Math.floor(next() * 5000) }
      : { kind: 'cut-reply', after: Math.floor(next() * 200) };
  },
  stalls: (next) => () => (next() < 0.05 ? { kind: 'delay', ms: 200 + next() * 1500 } : undefined),
  'requests that arrive late, and twice': (next) => (request) => {
    const isSafeTwice = !['CreateMultipartUpload', 'AbortMultipartUpload'].includes(request.operation);
    if (next() > 0.06) return undefined;
    return isSafeTwice && next() < 0.5 ? { kind: 'twice' } : { kind: 'late', ms: next() * 300 };
  },
  'answers of 200 with an error, or without an ETag': (next) => (request) => {
    if (next() > 0.15) return undefined;
    const slow =
      '<Error><Code>InternalError</Code><Message>We encountered an internal error.</Message></Error>';
    if (request.operation === 'CompleteMultipartUpload') return { kind: 'reply-200', body: slow };
    if (request.operation === 'UploadPartCopy') {
      return { kind: 'reply-200', body: next() < 0.5 ? slow : '<CopyPartResult></CopyPartResult>' };
    }
    return undefined;
  },
  'storms of 500 and 503': (next) => {
    let left = 0;
    return () => {
      if (left === 0 && next() < 0.02) left = Math.ceil(next() * 12);
      if (left === 0) return undefined;
      left--;
      return next() < 0.5
        ? { kind: 'reply', status: 503, code: 'SlowDown' }
        : { kind: 'reply', status: 500, code: 'InternalError' };
    };
  },
  // By an hour or two; what is then signed for that time is refused in its turn, as after the clock has been set right.
  'a clock that is said to be wrong': (next) => {
    const first = 3 + Math.floor(next() * 5);
    return ({ number, headers }) => {
      const isRefused = Math.abs(signedAt(headers) - Date.now()) > 15 * 60_000;
      if (!isRefused && number !== first && next() > 0.03) return undefined;
      const wrong = isRefused ? 0 : (next() < 0.5 ? -1 : 1) * (1 + next()) * 3_600_000;
      const date = new Date(Date.now() + wrong).toUTCString();
      return { kind: 'reply', status: 403, code: 'RequestTimeTooSkewed', headers: { date } };
    };
  },
  '1 MB/s': () => () => ({ kind: 'throttled', bytesPerSecond: 1_000_000 }),
  'a token that expires in the middle': (next) => {
    const from = 5 + Math.floor(next() * 20);
    const expired: Fault = {
      kind: 'reply',
      status: 400,
      code: 'ExpiredToken',
      message: 'The provided token has expired.',
    };
    return ({ number }) => (number >= from ? expired : undefined);
  },
};

describeFaults('S3 with', () => {
  for (const [fault, faultsOf] of Object.entries(KINDS)) {
    const times = isLong ? 25 : 1;
    test(fault, async () => {
      let failed = 0;
      for (let i = 0; i < times; i++) {
        const graph = i % 5 === 0 ? middle : small;
        const bucket = await TestBucket.create(server.endpoint);
        await bucket.putFolder(graph.folder, 'graph');
        const options = {
          inputPrefix: `s3://${bucket.name}/graph`,
          s3: { endpointUrl: proxy.endpoint, region: 'us-east-1' },
        };
        const where = `${fault}, run ${i}`;
        proxy.reset(faultsOf(random(where)));
        const error: unknown = await repartition(options).then(
          () => undefined,
          (reason: unknown) => reason,
        );
        proxy.reset();
        if (error !== undefined) {
          failed++;
          expect(error, where).toBeInstanceOf(RepartitionError);
          expect((error as Error).message, where).toMatch(/^[^\n]+$/);
          expect(['storage', 'access', 'changed', 'not-found'], where).toContain(
            (error as RepartitionError).code,
          );
        } else expect(await alignedOnS3(bucket, 'graph'), where).toEqual(graph.aligned);
        await repartition(options);
        expect(await alignedOnS3(bucket, 'graph'), where).toEqual(graph.aligned);
        expect([where, await bucket.openUploads()]).toEqual([where, []]);
        expect([where, await bucket.keys('graph/repartition_runs/')]).toEqual([where, []]);
      }
      // A token that has expired ends a run, and a clock that is set right does not.
      if (fault.startsWith('a token')) expect(failed).toBe(times);
      if (fault.startsWith('a clock')) expect(failed).toBe(0);
      const outcome = `${times - failed} ended well, ${failed} with one line; the next run makes the same bytes, no upload left open`;
      note({ chapter: 'Networks', fault, times, outcome, file: FILE });
    });
  }
});
