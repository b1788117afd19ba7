/** Graphs aligned on Spark: the same bytes as on one machine, on a disk and on S3, whatever becomes of the executors. */
import { rm } from 'node:fs/promises';
import { type Cluster, type Progress, repartition, startSpark } from 'gs-repartition';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Graph, leftUnder, SMALL } from '../faults/graphs.js';
import { describeFaults, random } from '../faults/plan.js';
import { copyFixture } from '../graphs/prefix.js';
import { alignedLocally, alignedOnS3, type GraphSpec, moviesFolder, TestBucket } from '../s3/kit.js';
import { type S3Server, startVersitygw } from '../s3/servers.js';
import { isLong, localCluster, running, SPECULATION, until, workersOn } from './spark.js';

let server: S3Server;
beforeAll(async () => {
  server = await startVersitygw();
});
afterAll(() => server.stop());

/** An open upload, a temporary file, the file of a run. */
async function leftInBucket(bucket: TestBucket): Promise<string[]> {
  return [
    ...(await bucket.openUploads()),
    ...(await bucket.keys()).filter((key) => key.includes('repartition_runs/')),
  ];
}

/** Layouts of a few parts each, the sum of which is the same. */
function randomSpec(next: () => number): GraphSpec {
  const layout = (rows: number): number[] => {
    const cuts = Array.from({ length: Math.floor(next() * 6) }, () => 1 + Math.floor(next() * (rows - 1)));
    const places = [0, ...new Set(cuts.sort((a, b) => a - b)), rows];
    return places.slice(1).map((place, i) => place - places[i]!);
  };
  const [nodes, edges] = [50 + Math.floor(next() * 20_000), 50 + Math.floor(next() * 20_000)];
  return {
    dim: 1 + Math.floor(next() * 8),
    features: layout(nodes),
    labels: layout(nodes),
    edges: layout(edges),
    weights: layout(edges),
    copies: 1 + Math.floor(next() * 3),
  };
}

describeFaults('on a Spark of several executors', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startSpark(localCluster(...SPECULATION));
  });
  afterAll(() => cluster.close());

  test('the movies graph has the bytes of a run in one process, on a disk and on S3', async () => {
    const [alone, prefix] = [await copyFixture('movies'), await copyFixture('movies')];
    const summary = await repartition({ inputPrefix: alone });
    const onSpark = await repartition({ inputPrefix: prefix, cluster });
    const facts = { rows: summary.rows, parts: summary.parts, bytes: summary.bytes };
    expect(onSpark).toMatchObject(facts);
    const aligned = await alignedLocally(alone);
    expect(await alignedLocally(prefix)).toEqual(aligned);
    expect(await leftUnder(prefix)).toEqual([]);

    const bucket = await TestBucket.create(server.endpoint);
    await bucket.putFolder(moviesFolder, 'movies');
    await repartition({ ...bucket.asPrefix('movies'), cluster });
    expect(await alignedOnS3(bucket, 'movies')).toEqual(aligned);
    // A second run finds all done.
    const again = await repartition({ ...bucket.asPrefix('movies'), cluster });
    expect(again.parts).toEqual({
      ...summary.parts,
      spliced: 0,
      reencoded: 0,
      resumed: summary.parts.spliced,
    });
    expect(await leftInBucket(bucket)).toEqual([]);
  });

  test('generated graphs have the bytes of a run in one process', async () => {
    const next = random('spark graphs');
    for (let i = 0; i < (isLong ? 200 : 2); i++) {
      const graph = await Graph.make(randomSpec(next));
      if (i % 2 === 0) {
        const prefix = await graph.copy();
        await repartition({ inputPrefix: prefix, cluster });
        expect(await alignedLocally(prefix), `graph ${i}`).toEqual(graph.aligned);
        expect(await leftUnder(prefix)).toEqual([]);
      } else {
        const bucket = await TestBucket.create(server.endpoint);
        await bucket.putFolder(graph.folder, 'graph');
        await repartition({ ...bucket.asPrefix('graph'), cluster });
        expect(await alignedOnS3(bucket, 'graph'), `graph ${i}`).toEqual(graph.aligned);
      }
      await graph.remove();
    }
  }, 3_600_000);
});

describeFaults('executors that are killed', () => {
  test('at random, with speculation: always the same bytes, and nothing left over', async () => {
    const next = random('spark kills');
    const graph = await Graph.make({
      dim: 16,
      features: Array<number>(12).fill(4_000),
      labels: [10_000, 38_000],
      edges: Array<number>(10).fill(3_000),
      weights: [15_000, 15_000],
      copies: 6,
    });
    for (let i = 0; i < (isLong ? 50 : 2); i++) {
      const onDisk = i % 3 !== 1;
      const bucket = onDisk ? undefined : await TestBucket.create(server.endpoint);
      await bucket?.putFolder(graph.folder, 'graph');
      const prefix = await graph.copy();
      const place = bucket ? bucket.asPrefix('graph') : { inputPrefix: prefix };
      // A third of the run are footers.
      const [at, which] = [next(), next()];
      let killed = 0;
      const onProgress = ({ phase, done, total }: Progress): void => {
        const share = phase === 'inventory' ? done / total / 3 : 1 / 3 + ((done / total) * 2) / 3;
        if (killed > 0 || share < at || phase === 'verify') return;
        const found = running('executor');
        process.kill((killed = found[Math.floor(which * found.length)]!), 'SIGKILL');
      };
      const spark = localCluster(...SPECULATION, 'spark.task.maxFailures=8');
      await repartition({ ...place, spark, onProgress });
      expect(killed).toBeGreaterThan(0);
      const aligned = bucket ? await alignedOnS3(bucket, 'graph') : await alignedLocally(prefix);
      expect(aligned, `run ${i}`).toEqual(graph.aligned);
      expect(bucket ? await leftInBucket(bucket) : await leftUnder(prefix), `run ${i}`).toEqual([]);
      expect(running('executor')).toEqual([]);
      await until('the end of all workers', () => workersOn(prefix).length === 0);
      await rm(prefix, { recursive: true });
    }
    await graph.remove();
  }, 3_600_000);
});

describe('a worker that hangs', () => {
  test('is given up after a while, and its tasks are done by another', async () => {
    const graph = await Graph.make(SMALL);
    const prefix = await graph.copy();
    const spark = localCluster('spark.gsRepartition.patience=4');
    const [, hanging] = await Promise.all([
      repartition({ inputPrefix: prefix, spark }),
      until('a worker', () => running('worker')[0]).then((pid) => {
        process.kill(pid, 'SIGSTOP');
        return pid;
      }),
    ]);
    expect(running('worker')).not.toContain(hanging);
    expect(await alignedLocally(prefix)).toEqual(graph.aligned);
    expect(await leftUnder(prefix)).toEqual([]);
    await graph.remove();
  });
});
