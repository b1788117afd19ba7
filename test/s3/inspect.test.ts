/** `inspect` on S3 shows what it does of a folder on a disk, and a report lies where it is wanted. */
import { inspect } from 'gs-repartition';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Inspection, ReportDocument } from '../../src/repartition/index.js';
import { gsRepartition } from '../graphs/command.js';
import { problemsOf } from '../support/schemas.js';
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

test('a report of a plan on S3, on S3', async () => {
  const { inputPrefix, s3 } = bucket.asPrefix('deep/movies');
  const target = `s3://${bucket.name}/reports/plan.html`;
  const { code, stderr } = await gsRepartition([
    ...['plan', '--input-prefix', inputPrefix, '--endpoint-url', s3.endpointUrl, '--report', target],
  ]);
  expect(code, stderr).toBe(0);
  const page = new TextDecoder().decode(await bucket.get('reports/plan.html'));
  const [, json = ''] = /id="data">([^<]*)</.exec(page) ?? [];
  expect(await problemsOf('report.v1.json', json)).toEqual([]);
  const { outcome, requests } = JSON.parse(json) as ReportDocument;
  expect(outcome.state).toBe('planned');
  expect(requests).toMatchObject({ isEstimate: true, price: { currency: 'USD' } });
});
