/** A run whose footers are read and whose parts are made by workers, with everything that goes between passing through lines. */
import { truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { createInterface } from 'node:readline';
import { type BatchOutcome, type Cluster, prepare, repartition, RepartitionError } from 'gs-repartition';
import { describe, expect, test } from 'vitest';
import { serveTasks } from '../../src/repartition/work/serve.js';
import type { Answer } from '../../src/repartition/work/lines.js';
import { copyFixture, entriesOf, type Entry, readMetadata } from '../graphs/prefix.js';
import { alignedLocally } from '../s3/kit.js';

/** Batches one after the other, each by a worker in this process. */
class HereCluster implements Cluster {
  readonly cores = 2;
  readonly batches: number[] = [];
  /** Of each batch of reads. */
  readonly footers: number[] = [];

  async run(...[setup, batch]: Parameters<Cluster['run']>): Promise<BatchOutcome> {
    this.batches.push(batch.length);
    const read = batch.flatMap((request) => ('read' in request ? request.read.paths : []));
    if (read.length > 0) this.footers.push(read.length);
    const [input, output] = [new PassThrough(), new PassThrough()];
    const answers: Answer[] = [];
    createInterface({ input: output }).on('line', (line) => {
      const said = JSON.parse(line) as Answer | { heartbeat: number };
      if ('id' in said) answers.push(said);
    });
    input.end(batch.map((request) => `${JSON.stringify(request)}\n`).join(''));
    await serveTasks(JSON.stringify(setup), { input, output, signal: new AbortController().signal });
    return { executor: '7 on here', answers };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** What a call ends with. */
const failureOf = (work: Promise<unknown>): Promise<RepartitionError> =>
  work.then(
    () => {
      throw new Error('it did not fail');
    },
    (error: unknown) => error as RepartitionError,
  );

describe('on a cluster', () => {
  test('the movies graph becomes what it becomes in one process', async () => {
    const [alone, prefix] = [await copyFixture('movies'), await copyFixture('movies')];
    const summary = await repartition({ inputPrefix: alone });
    const cluster = new HereCluster();
    const { rows, parts, bytes } = await repartition({ inputPrefix: prefix, cluster });
    expect({ rows, parts, bytes }).toEqual({
      rows: summary.rows,
      parts: summary.parts,
      bytes: summary.bytes,
    });
    expect(await alignedLocally(prefix)).toEqual(await alignedLocally(alone));
    // Both cores read as many footers, of whichever data sets; the others are parts in turn.
    expect(cluster.footers).toEqual([79, 78]);
    expect(cluster.batches.length).toBeGreaterThan(10);
  });

  // Nulls, nested and ragged columns, other keys: what a plan knows of footers must not get lost on the way.
  for (const name of ['cases/column-kinds', 'cases/stale-shape', 'cases/fixed-size-list']) {
    test(`the plan of ${name} is the one that is made here`, async () => {
      const inputPrefix = await copyFixture(name, { spoiled: true });
      const [here, there] = [
        await prepare({ inputPrefix }),
        await prepare({ inputPrefix, cluster: new HereCluster() }),
      ];
      const facts = ({ groups }: typeof here): unknown =>
        groups.map(({ layout, dataSets }) => [
          layout,
          dataSets.map(({ sources, parts }) => [sources, [...parts]]),
        ]);
      expect(facts(there)).toEqual(facts(here));
      expect(there.warnings).toEqual(here.warnings);
    });
  }

  test('a part that cannot be read is named, with the executor', async () => {
    const inputPrefix = await copyFixture('movies');
    const [{ data }] = [...entriesOf(await readMetadata(inputPrefix)).values()] as [Entry];
    await truncate(join(inputPrefix, data[1]!), 100);
    const here = await failureOf(prepare({ inputPrefix }));
    const there = await failureOf(prepare({ inputPrefix, cluster: new HereCluster() }));
    expect(there.message).toBe(
      `${here.message} (on executor 7 on here, while it read footers of ${here.dataSet!})`,
    );
    expect({ ...there.toReport(), message: '' }).toEqual({ ...here.toReport(), message: '' });
  });

  test('who stops while footers are read waits for no answer', async () => {
    const stop = new AbortController();
    const cluster: Cluster = {
      cores: 2,
      run: () => {
        setImmediate(() => stop.abort());
        return new Promise(() => undefined);
      },
      close: () => Promise.resolve(),
    };
    const inputPrefix = await copyFixture('movies');
    const { code } = await failureOf(prepare({ inputPrefix, cluster, signal: stop.signal }));
    expect(code).toBe('interrupted');
  });
});
