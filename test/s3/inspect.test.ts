/** `inspect` on S3: what it shows of a folder on a disk. */
import { inspect } from 'gs-repartition';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Inspection } from '../../src/repartition/index.js';
import { moviesFolder, TestBucket } from './kit.js';
import { type S3Server, startServer } from './servers.js';

let server: S3Server;
let bucket: TestBucket;
beforeAll(async () => {
  server = await startServer();
  bucket = await TestBucket.create(server.endpoint);
  await bucket.putFolder(moviesFolder, 'deep/movies');
}, 120_000);
afterAll(() => server.stop());

function withoutPaths(found: Inspection): object {
  return { ...found, path: '', ...('metadata' in found && { metadata: '' }) };
}

const embedding = 'node_data/movie-title_embedding/parquet';

test.each([
  '',
  'metadata.json',
  embedding,
  `${embedding}/part-00000-d256491c-5a5e-57b3-943c-11ba6a3d4746-c000.snappy.parquet`,
])('“%s” of the movies', async (path) => {
  const { inputPrefix, s3 } = bucket.asPrefix(path === '' ? 'deep/movies' : `deep/movies/${path}`);
  const more = path.endsWith('.parquet') ? { rows: 3, pages: true } : {};
  const found = await inspect({ path: inputPrefix, s3, ...more });
  expect(found.path).toBe(path.endsWith('.json') ? `s3://${bucket.name}/deep/movies` : inputPrefix);
  const local = await inspect({ path: path === '' ? moviesFolder : `${moviesFolder}/${path}`, ...more });
  expect(withoutPaths(found)).toEqual(withoutPaths(local));
});
