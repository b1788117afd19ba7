/** A commit that looks, on S3: whatever happens to the graph while a run goes on, nothing false is published. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { alignWhile, moments, otherBytes, VICTIMS } from '../support/tampering.js';
import { repositoryRoot } from '../support/paths.js';
import { TestBucket } from './kit.js';
import { type S3Server, startServer } from './servers.js';

vi.setConfig({ testTimeout: 120_000 });

let server: S3Server;

beforeAll(async () => {
  server = await startServer();
});

afterAll(() => server.stop());

const WAYS: Record<string, (bucket: TestBucket, key: string) => Promise<unknown>> = {
  deleted: (bucket, key) => bucket.remove(key),
  truncated: async (bucket, key) => {
    const bytes = await bucket.get(key);
    await bucket.put(key, bytes.subarray(0, Math.floor(bytes.length / 2)));
  },
  'replaced by an object of another size': async (bucket, key) =>
    bucket.put(key, new Uint8Array([...(await bucket.get(key)), 32])),
  'replaced by an object of the same size': async (bucket, key) =>
    bucket.put(key, otherBytes(await bucket.get(key))),
};

describe('on S3', () => {
  for (const victim of Object.keys(VICTIMS) as (keyof typeof VICTIMS)[]) {
    for (const [way, act] of Object.entries(WAYS)) {
      for (const moment of moments(victim)) {
        test(`${victim}, ${way} (${moment} moment): said, and nothing published`, async () => {
          const bucket = await TestBucket.create(server.endpoint);
          await bucket.putFolder(join(repositoryRoot, 'test/fixtures/cases/file-counts'), 'graph');
          const inputPrefix = `s3://${bucket.name}/graph`;
          let touched = '';
          const aligning = alignWhile(
            { inputPrefix, s3: { endpointUrl: server.endpoint, region: 'us-east-1' } },
            victim,
            moment,
            async (path) => {
              touched = path;
              await act(bucket, `graph/${path}`);
            },
          );
          const error: unknown = await aligning.then(
            () => undefined,
            (reason: unknown) => reason,
          );
          expect(error).toMatchObject({ path: `${inputPrefix}/${touched}` });
          expect(['changed', 'not-found']).toContain((error as { code: string }).code);
          expect(await bucket.keys('graph/updated_row_counts_metadata.json')).toEqual([]);
          const status = new TextDecoder().decode(await bucket.get('graph/repartition_status.json'));
          expect(JSON.parse(status)).toMatchObject({ status: 'failed' });
          expect(await bucket.openUploads()).toEqual([]);
        });
      }
    }
  }
});
