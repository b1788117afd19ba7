/** That a file which changes while it is read is noticed, at whatever moment. */
import { mkdtempSync, rmSync, writeFileSync, writeSync, openSync, closeSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { versionOf } from '../../src/storage/file-identity.js';
import { atOnce, inPool, whileQuick } from '../../src/storage/access.js';
import { readFully, SourceFiles, withFile } from '../../src/storage/source-files.js';

let folder: string;
let where: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gs-repartition-'));
  where = join(folder, 'part');
  writeFileSync(where, 'abcdef');
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const versionNow = (path = where): string => versionOf(statSync(path, { bigint: true }));

/** Other bytes of the same length, in the same file. */
function change(path = where): void {
  const before = versionNow(path);
  // Clocks of file systems are coarse.
  do {
    const file = openSync(path, 'r+');
    writeSync(file, 'X', 2);
    closeSync(file);
  } while (versionNow(path) === before);
}

describe.each([
  ['in the pool', inPool],
  ['at once', atOnce],
  ['at once while that is quick', whileQuick()],
])('one file, %s', (_, access) => {
  const bytes = new Uint8Array(3);

  test('is read', async () => {
    await withFile(where, versionNow(), access, (file) => readFully(file, bytes, 1));
    expect(Buffer.from(bytes).toString()).toBe('bcd');
  });

  test('changed before it was opened', async () => {
    const version = versionNow();
    change();
    const read = withFile(where, version, access, () => expect.fail('it must not be read'));
    await expect(read).rejects.toMatchObject({ code: 'changed', operation: 'read', path: where });
  });

  test('changed after it was read, before anybody believes it', async () => {
    const read = withFile(where, versionNow(), access, async (file) => {
      await readFully(file, bytes, 0);
      change();
    });
    await expect(read).rejects.toMatchObject({ code: 'changed', path: where });
  });

  test('may change when nobody asked for a version', async () => {
    await withFile(where, undefined, access, (file) => {
      change();
      return readFully(file, bytes, 0);
    });
  });

  test('shorter than it was', async () => {
    const read = withFile(where, undefined, access, (file) => readFully(file, new Uint8Array(7), 0));
    await expect(read).rejects.toMatchObject({ code: 'changed', path: where });
  });
});

describe('the files of a copy', () => {
  const into = new Uint8Array(2);

  test('changed since they were read are told when they are closed', async () => {
    const sources = new SourceFiles();
    await sources.read(where, versionNow(), into, 0);
    change();
    await expect(sources.close()).rejects.toMatchObject({ code: 'changed', path: where });
  });

  test('are told too when they are closed early because many others are read', async () => {
    const others = Array.from({ length: 40 }, (_, i) => join(folder, `other-${i}`));
    for (const other of others) writeFileSync(other, 'abc');
    const sources = new SourceFiles();
    await sources.read(where, versionNow(), into, 0);
    change();
    const readAll = async (): Promise<void> => {
      for (const other of others) await sources.read(other, versionNow(other), into, 0);
    };
    await expect(readAll()).rejects.toMatchObject({ code: 'changed', path: where });
    await sources.close();
  });

  test('are as they were', async () => {
    const sources = new SourceFiles();
    await sources.read(where, versionNow(), into, 4);
    expect(Buffer.from(into).toString()).toBe('ef');
    await sources.close();
  });
});
