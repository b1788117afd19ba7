/**
 * The engine on a storage it has never heard of: whole alignments in memory, in this thread, which are those on a disk to
 * the byte. So adding a storage takes no more than a `StorageKind`.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import {
  commit,
  execute,
  inThisThread,
  prepare,
  repartition,
  type RepartitionOptions,
  verifyPrefix,
} from '../../src/repartition/index.js';
import { locate, openStorage } from '../../src/storages.js';
import type { Storage } from '../../src/storage/storage.js';
import { copyFixture, entriesOf, type Metadata } from '../graphs/prefix.js';
import { expectReady } from '../support/ready.js';
import { clearMemory } from '../support/memory-storage.js';
import { repositoryRoot } from '../support/paths.js';

const UPDATED = 'updated_row_counts_metadata.json';
const FIXTURES = join(repositoryRoot, 'test/fixtures');

afterEach(clearMemory);

/** Puts a fixture into memory. */
async function inMemory(name: string): Promise<{ inputPrefix: string; storage: Storage }> {
  const inputPrefix = `memory:${name}`;
  const storage = await openStorage(await locate(inputPrefix));
  const folder = join(FIXTURES, name);
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    const bytes = new Uint8Array(readFileSync(file));
    await storage.compose(file.slice(folder.length + 1), [{ kind: 'bytes', bytes }]);
  }
  return { inputPrefix, storage };
}

/** By data set: row counts, and a hash of every part. */
async function published(prefix: Storage): Promise<Map<string, unknown>> {
  const read = async (path: string): Promise<Uint8Array> => {
    const stat = await prefix.stat(path);
    return prefix.read(path, 0, stat!.size);
  };
  const metadata = JSON.parse(new TextDecoder().decode(await read(UPDATED))) as Metadata;
  const found = new Map<string, unknown>();
  for (const [name, { data, row_counts }] of entriesOf(metadata)) {
    const hashes: string[] = [];
    for (const path of data)
      hashes.push(
        createHash('sha256')
          .update(await read(path))
          .digest('hex'),
      );
    found.set(name, { row_counts, hashes });
  }
  return found;
}

/** On a disk in this thread too: others start from `dist/`, and this is about what is in `src/`. */
async function alignHere(options: RepartitionOptions): Promise<void> {
  const plan = await prepare(options);
  const storage = await openStorage(plan.location);
  await commit(plan, await execute(plan, { executor: inThisThread(storage) }));
  await storage.close();
}

describe('in memory as on a disk', () => {
  const cases = [
    'movies',
    ...readdirSync(join(FIXTURES, 'cases'))
      .filter((name) => !['counts-lie', 'totals-differ'].includes(name))
      .map((name) => `cases/${name}`),
  ];
  test.each(cases)('%s', async (name) => {
    for (const options of [{}, { numOutputFiles: 3 }] satisfies Partial<RepartitionOptions>[]) {
      const memory = await inMemory(name);
      await repartition({ inputPrefix: memory.inputPrefix, ...options });
      const disk = await copyFixture(name);
      await alignHere({ inputPrefix: disk, ...options });
      expect(await published(memory.storage)).toEqual(await published(await openStorage(await locate(disk))));
      // The bytes are those on the disk, which other tests look at deep: here it is the storage that is read from.
      const looks = name === 'movies' || name.endsWith('column-kinds') ? [false, true] : [false];
      await expectReady(memory.inputPrefix, name, verifyPrefix, looks);
      clearMemory();
    }
  });

  test('a second run finds everything made', async () => {
    const { inputPrefix } = await inMemory('cases/file-counts');
    const first = await repartition({ inputPrefix });
    const second = await repartition({ inputPrefix });
    expect(second.parts).toMatchObject({ spliced: 0, resumed: first.parts.spliced });
  });
});
