/** Errors as a program meets them: what was done to what, and why, also from another thread. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  commit,
  execute,
  prepare,
  repartition,
  RepartitionError,
  type RepartitionOptions,
  verifyPrefix,
} from 'gs-repartition';
import { describe, expect, test } from 'vitest';
import { gsRepartition } from '../graphs/command.js';
import { copyFixture, editMetadata } from '../graphs/prefix.js';

async function errorOf(work: Promise<unknown>): Promise<RepartitionError> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(RepartitionError);
  return error as RepartitionError;
}

/** Overwrites the first page of a source that a boundary cuts. */
async function damage(prefix: string): Promise<{ file: string; part: string }> {
  const { groups } = await prepare({ inputPrefix: prefix });
  for (const dataSet of groups.flatMap(({ dataSets }) => dataSets)) {
    for (const planned of dataSet.parts) {
      if (planned.kind === 'keep' || planned.task.slices[0].from === 0) continue;
      const part = planned.task.slices[0].path;
      const file = join(prefix, part);
      const bytes = await readFile(file);
      bytes.fill(0xff, 4, 24);
      await writeFile(file, bytes);
      return { file, part };
    }
  }
  throw new Error('nothing is cut');
}

describe('an error from a thread', () => {
  test('keeps its code, its path, its cause and the stacks of both', async () => {
    const prefix = await copyFixture('cases/file-counts');
    const { file } = await damage(prefix);
    const error = await errorOf(repartition({ inputPrefix: prefix }));
    expect(error).toMatchObject({ code: 'parquet', path: file });
    expect(error.cause).toBeInstanceOf(Error);
    expect((error.cause as Error).name).toMatch(/Error$/);
    for (const { stack } of [error, error.cause as Error]) {
      expect(stack).toMatch(/\n {4}at .+dist\/bin\/[a-z0-9-]+\.js:\d+/);
    }
  });

  test('is one line on the command line, with the causes only at DEBUG', async () => {
    const prefix = await copyFixture('cases/file-counts');
    await damage(prefix);
    const { code, stderr } = await gsRepartition(['--input-prefix', prefix]);
    expect(code).toBe(1);
    expect(stderr.split('\n').filter((line) => line.startsWith('gs-repartition: '))).toHaveLength(1);
    expect(stderr).not.toContain('caused by');
    expect((await gsRepartition(['--input-prefix', prefix, '--log-level', 'DEBUG'])).stderr).toContain(
      'caused by',
    );
  });
});

describe('a part that is missing', () => {
  test('names path, data set and part as fields; the command line makes one sentence of them', async () => {
    const prefix = await copyFixture('cases/file-counts');
    const { groups } = await prepare({ inputPrefix: prefix });
    const part = groups[0]!.dataSets[0]!.sources[0]!.path;
    await rm(join(prefix, part));
    expect(await errorOf(repartition({ inputPrefix: prefix }))).toMatchObject({
      code: 'not-found',
      operation: 'read',
      path: join(prefix, part),
      dataSet: 'edges of user:rated:movie',
      part,
    });
    const { stdout, stderr } = await gsRepartition(['--input-prefix', prefix, '--json']);
    expect(stderr).toContain(`${join(prefix, part)} does not exist (a part of edges of user:rated:movie).`);
    expect(JSON.parse(stdout)).toMatchObject({ error: { dataSet: 'edges of user:rated:movie', part } });
  });
});

describe('options in messages', () => {
  const lied = async (): Promise<string> => {
    const prefix = await copyFixture('cases/file-counts');
    await editMetadata(prefix, (metadata) => {
      metadata.node_data!['user']!['age']!.row_counts![0]!++;
    });
    return prefix;
  };

  test('are called as a program writes them, and as they are typed on the command line', async () => {
    const prefix = await lied();
    const { hint } = await errorOf(repartition({ inputPrefix: prefix }));
    expect(hint).toBe('Find out which is right; if the files are, run again with `recount`.');
    const { stderr } = await gsRepartition(['--input-prefix', prefix]);
    expect(stderr).toContain('if the files are, run again with --recount.');
  });

  test.each<[string, Partial<RepartitionOptions>]>([
    ['layouts', { targetLayout: 'most-frequent', numOutputFiles: 2 }],
    ['names', { inputMetadataFileName: '../x' }],
    ['numbers', { concurrency: 0 }],
  ])('%s: no dashes', async (_name, options) => {
    const prefix = await copyFixture('cases/aligned');
    const { code, message, hint } = await errorOf(repartition({ inputPrefix: prefix, ...options }));
    expect(code).toBe('usage');
    expect(`${message} ${hint ?? ''}`).not.toContain('--');
  });
});

describe('a signal', () => {
  const reason = new Error('the user closed the window');

  test('gives its reason to whoever waits, at each step', async () => {
    const inputPrefix = await copyFixture('cases/file-counts');
    const signal = AbortSignal.abort(reason);
    const plan = await prepare({ inputPrefix });
    const results = await execute(plan);
    const steps = [
      () => prepare({ inputPrefix, signal }),
      () => execute(plan, { signal }),
      () => commit(plan, results, { signal }),
      () => repartition({ inputPrefix, signal }),
      () => verifyPrefix({ inputPrefix, metadataFileName: 'metadata.json', signal }),
    ];
    for (const step of steps) {
      const error = await errorOf(step());
      expect(error.code).toBe('interrupted');
      expect(error.cause).toBe(reason);
    }
  });

  test('in the middle of the parts', async () => {
    const prefix = await copyFixture('movies');
    const stop = new AbortController();
    const error = await errorOf(
      repartition({
        inputPrefix: prefix,
        signal: stop.signal,
        onProgress: ({ phase, done }) => {
          if (phase === 'parts' && done === 3) stop.abort(reason);
        },
      }),
    );
    expect(error).toMatchObject({ code: 'interrupted', cause: reason });
    expect(error.message).toBe('stopped before the end; nothing was published');
  });

  test('a verification that is stopped speaks of no parts', async () => {
    const prefix = await copyFixture('cases/aligned');
    const error = await errorOf(
      verifyPrefix({ inputPrefix: prefix, metadataFileName: 'metadata.json', signal: AbortSignal.abort() }),
    );
    expect([error.message, error.hint]).toEqual(['stopped before the end', undefined]);
  });
});
