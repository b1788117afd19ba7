import { execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { RepartitionError } from '../../src/errors.js';
import { versionOf } from '../../src/storage/file-identity.js';
import { explain } from '../../src/storage/local-errors.js';
import { openLocalStorage } from '../../src/storage/local.js';
import type { Segment, Storage } from '../../src/storage/storage.js';
import { repositoryRoot } from '../support/paths.js';
import { distinctBytes, expectSameBytes, storageContract, surroundingsContract } from './contract.js';

for (const ownThread of [false, true]) {
  for (const contract of [storageContract, surroundingsContract]) {
    contract(`the local disk${ownThread ? ', in a thread of its own' : ''}`, async () => {
      const root = await mkdtemp(join(tmpdir(), 'gs-repartition-'));
      const storage = openLocalStorage(root, { ownThread });
      return { storage, dispose: () => rm(root, { recursive: true, force: true }) };
    });
  }
}

const MIB = 1024 * 1024;
const bytesOf = (text: string): Segment => ({ kind: 'bytes', bytes: new TextEncoder().encode(text) });

describe('the local disk', () => {
  let root: string;
  let storage: Storage;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'gs-repartition-'));
    storage = openLocalStorage(root);
  });
  afterEach(async () => {
    await storage.close();
    rmSync(root, { recursive: true, force: true });
  });

  const failureOf = async (work: Promise<unknown>): Promise<RepartitionError> => {
    const failure = await work.then(
      () => expect.fail('it should have failed'),
      (error: unknown) => error,
    );
    expect(failure).toBeInstanceOf(RepartitionError);
    return failure as RepartitionError;
  };

  test('describes a path as an absolute one', () => {
    expect(openLocalStorage('/data/graph/').describe('edges/a/part-0')).toBe('/data/graph/edges/a/part-0');
    expect(openLocalStorage('graph').describe('part-0')).toBe(join(process.cwd(), 'graph', 'part-0'));
  });

  test('says where it is, to be opened again elsewhere', () => {
    expect(openLocalStorage('graph/../other').location).toEqual({
      scheme: 'file',
      root: join(process.cwd(), 'other'),
    });
  });

  describe('knows a file from another', () => {
    const identityOf = async (path: string): Promise<string | undefined> =>
      (await storage.stat(path))?.version;

    /** Gives `path` other bytes, then size and mtime as they were. */
    const inDisguise = (path: string, change: (where: string) => void): void => {
      const where = join(root, path);
      const { atime, mtime } = statSync(where);
      change(where);
      utimesSync(where, atime, mtime);
    };

    beforeEach(() => {
      writeFileSync(join(root, 'part'), 'abc');
      utimesSync(join(root, 'part'), 1e9, 1e9);
    });

    test('of the same size and mtime that has taken its place, as tar and rsync leave it', async () => {
      const before = await identityOf('part');
      inDisguise('part', (where) => {
        writeFileSync(`${where}.new`, 'xyz');
        renameSync(`${where}.new`, where);
      });
      expect(statSync(join(root, 'part'))).toMatchObject({ size: 3, mtimeMs: 1e12 });
      expect(await identityOf('part')).not.toBe(before);
    });

    test('whose bytes were changed in their place', async () => {
      const before = await identityOf('part');
      inDisguise('part', (where) => writeFileSync(where, 'xyz'));
      expect(await identityOf('part')).not.toBe(before);
    });

    test('by size, mtime, ctime and inode, each of them', () => {
      const one = { size: 3n, mtimeNs: 5n, ctimeNs: 7n, ino: 9n };
      const versions = [
        one,
        { ...one, size: 4n },
        { ...one, mtimeNs: 6n },
        { ...one, ctimeNs: 8n },
        { ...one, ino: 10n },
      ].map(versionOf);
      expect(new Set(versions).size).toBe(5);
      expect(versionOf({ ...one })).toBe(versions[0]);
    });

    test('in the same way wherever it is asked', async () => {
      const made = await storage.compose('out', [bytesOf('abc')]);
      const written = await storage.write(
        'out-2',
        (async function* () {
          yield await Promise.resolve(new Uint8Array(3));
        })(),
      );
      const looked: unknown[] = [];
      await storage.look(['out', 'out-2'], (_, stat) => looked.push(stat));
      expect(looked).toEqual([made, written]);
      expect(await storage.stat('out')).toEqual(made);
      expect((await storage.readTail('out', 8)).stat).toEqual(made);
      expect(await storage.list('')).toEqual(expect.arrayContaining([made, written]));
      expect(made.version).toBe(versionOf(statSync(join(root, 'out'), { bigint: true })));
      // A file known by that version can be read and copied from.
      await storage.read('out', 0, 1, { version: made.version });
      await storage.compose('out-3', [
        { kind: 'copy', path: 'out', version: made.version, start: 0, end: 3 },
      ]);
    });
  });

  test('looks at many files in the order of their paths', async () => {
    for (let i = 0; i < 600; i++) writeFileSync(join(root, `part-${i}`), 'x'.repeat(i));
    const paths = Array.from({ length: 700 }, (_, i) => `part-${(i * 11) % 700}`);
    const told: [string, number | undefined][] = [];
    await storage.look(paths, (path, stat) => told.push([path, stat?.size]));
    const expected = paths.map((path) => [
      path,
      Number(path.slice(5)) < 600 ? Number(path.slice(5)) : undefined,
    ]);
    expect(told).toEqual(expected);
  });

  test('takes the root of the file system as a prefix', async () => {
    const slash = openLocalStorage('/');
    expect(slash.describe('data/part')).toBe('/data/part');
    await storage.compose('part', [bytesOf('x')]);
    expect((await slash.stat(join(root, 'part').slice(1)))?.size).toBe(1);
  });

  test.each(['../x', 'a/../../x', 'a/../b', '/etc/passwd', '..', '', '.', 'a\0b', 'a\\..\\..\\b'])(
    'touches nothing at %j, which is no path inside the prefix',
    async (path) => {
      for (const work of [
        () => storage.stat(path),
        () => storage.read(path, 0, 1),
        () => storage.readTail(path, 1),
        () => storage.compose(path, [bytesOf('x')]),
        () => storage.compose('out', [{ kind: 'copy', path, version: 'v', start: 0, end: 1 }]),
      ]) {
        expect(await failureOf(work())).toMatchObject({
          code: 'access',
          message: `${JSON.stringify(path)} is not a path inside ${root}`,
        });
      }
      expect(readdirSync(root)).toEqual([]);
    },
  );

  test('follows symbolic links that the user made, also out of the prefix', async () => {
    const elsewhere = mkdtempSync(join(tmpdir(), 'gs-repartition-'));
    try {
      writeFileSync(join(elsewhere, 'part-0'), 'abc');
      symlinkSync(elsewhere, join(root, 'linked'));
      symlinkSync(join(elsewhere, 'part-0'), join(root, 'part'));
      symlinkSync(join(elsewhere, 'gone'), join(root, 'dangling'));
      const stat = await storage.stat('linked/part-0');
      expect(stat?.size).toBe(3);
      expect(await storage.list('')).toMatchObject([{ path: 'part', size: 3 }]);
      await storage.compose('linked/part-1', [
        { kind: 'copy', path: 'part', version: stat?.version ?? '', start: 1, end: 3 },
      ]);
      expect(readFileSync(join(elsewhere, 'part-1'), 'utf8')).toBe('bc');
    } finally {
      rmSync(elsewhere, { recursive: true });
    }
  });

  test('does not list what a killed run has left behind', async () => {
    writeFileSync(join(root, '.part-0.123-abcdef012345.tmp'), 'half');
    writeFileSync(join(root, '.hidden'), 'the user’s own');
    writeFileSync(join(root, 'part-0.tmp'), 'the user’s own too');
    const paths = (await storage.list('')).map(({ path }) => path);
    expect(paths.sort()).toEqual(['.hidden', 'part-0.tmp']);
  });

  test('works for the longest names there are', async () => {
    const name = `${'語'.repeat(80)}.parquet`;
    await storage.compose(name, [bytesOf('x')]);
    expect(readdirSync(root)).toEqual([name]);
  });

  test('holds many composes at once to a few buffers, and all of them end', async () => {
    const content = distinctBytes(3 * MIB + 11);
    writeFileSync(join(root, 'in'), content);
    const source = await storage.stat('in');
    if (!source) throw new Error('in is not there');
    const { path, version, size } = source;
    await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        storage.compose(`out/${i}`, [{ kind: 'copy', path, version, start: i, end: size }]),
      ),
    );
    for (let i = 0; i < 20; i++) {
      expectSameBytes(readFileSync(join(root, 'out', `${i}`)), content.subarray(i));
    }
  });

  test('notices a source that is written to while it is copied', async () => {
    writeFileSync(join(root, 'in'), distinctBytes(4 * MIB));
    const source = await storage.stat('in');
    if (!source) throw new Error('in is not there');
    const { path, version, size } = source;
    const again: Segment[] = Array.from({ length: 48 }, () => ({
      kind: 'copy',
      path,
      version,
      start: 0,
      end: size,
    }));
    const work = failureOf(storage.compose('out/part', again));
    // The first buffer is in the file: the source was opened and found unchanged.
    await untilExists(() => temporariesIn(join(root, 'out')).some(({ size }) => size > 0));
    const file = await open(join(root, 'in'), 'r+');
    await file.write(Buffer.from('X'), 0, 1, 2 * MIB);
    await file.close();
    expect(await work).toMatchObject({
      code: 'changed',
      message: `${join(root, 'in')} changed while we were working on it`,
    });
    expect(readdirSync(join(root, 'out'))).toEqual([]);
  });

  describe('when something is in the way, one line says what', () => {
    test('a file where a folder should be', async () => {
      writeFileSync(join(root, 'edges'), 'x');
      expect((await failureOf(storage.compose('edges/a/part', [bytesOf('x')]))).message).toBe(
        `cannot write ${join(root, 'edges/a/part')}: a folder on its path is a file`,
      );
      expect(await failureOf(storage.read('edges/part', 0, 1))).toMatchObject({ code: 'not-found' });
      expect(await storage.stat('edges/part')).toBeUndefined();
      expect(await storage.list('edges')).toEqual([]);
    });

    test('a FIFO, a socket, a device or a folder where a file should be, without waiting for it', async () => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(join(root, 'socket'), resolve));
      execFileSync('mkfifo', [join(root, 'FIFO')]);
      symlinkSync('/dev/zero', join(root, 'device'));
      symlinkSync('FIFO', join(root, 'linked'));
      mkdirSync(join(root, 'folder'));
      for (const name of ['FIFO', 'device', 'folder', 'socket', 'linked']) {
        const where = join(root, name);
        const kind = name === 'linked' ? 'FIFO' : name;
        const message = `${where} is a ${kind}, not a file`;
        const said = { code: 'not-found', operation: 'read', path: where };
        expect(await failureOf(storage.stat(name))).toMatchObject({ ...said, message });
        for (const access of [storage, openLocalStorage(root, { ownThread: true })]) {
          for (const work of [
            () => access.read(name, 0, 1),
            () => access.readTail(name, 8),
            () => access.compose('out', [{ kind: 'copy', path: name, version: 'v', start: 0, end: 1 }]),
          ]) {
            const error = await failureOf(work());
            expect(error).toMatchObject(said);
            // A socket can't even be opened.
            if (kind !== 'socket') expect(error.message).toBe(message);
            else expect(error.message).toBe(`cannot read ${where}: it is a socket or a device, not a file`);
          }
        }
        await storage.look([name], (path, found) => {
          expect({ path, found }).toEqual({ path: name, found: undefined });
        });
      }
      expect(await storage.list('')).toEqual([]);
      await new Promise((resolve) => server.close(resolve));
    });

    test('a link to nothing where a file should be', async () => {
      symlinkSync('nowhere', join(root, 'dangling'));
      expect(await storage.stat('dangling')).toBeUndefined();
      expect((await failureOf(storage.readTail('dangling', 8))).message).toBe(
        `${join(root, 'dangling')} does not exist`,
      );
      await storage.look(['dangling'], (_, found) => {
        expect(found).toBeUndefined();
      });
      expect(await storage.list('')).toEqual([]);
      // What is written takes the link's place.
      await storage.compose('dangling', [bytesOf('x')]);
      expect(readdirSync(root)).toEqual(['dangling']);
    });

    test('a folder where a file should go', async () => {
      mkdirSync(join(root, 'part', 'deeper'), { recursive: true });
      const chunks = async function* (): AsyncGenerator<Uint8Array> {
        yield await Promise.resolve(new Uint8Array(3));
      };
      for (const work of [
        () => storage.compose('part', [bytesOf('x')]),
        () => storage.write('part', chunks()),
      ]) {
        expect(await failureOf(work())).toMatchObject({
          code: 'storage',
          message: `cannot write ${join(root, 'part')}: it is a folder, not a file`,
          operation: 'write',
          path: join(root, 'part'),
        });
      }
      expect(readdirSync(root)).toEqual(['part']);
    });

    test('a name that is too long', async () => {
      const error = await failureOf(storage.compose(`${'x'.repeat(300)}.parquet`, [bytesOf('x')]));
      expect(error.message).toMatch(/^cannot write .*: the name is too long for this file system$/);
      expect(readdirSync(root)).toEqual([]);
    });

    test('links that lead in a circle', async () => {
      symlinkSync('loop', join(root, 'loop'));
      expect((await failureOf(storage.read('loop', 0, 1))).message).toBe(
        `cannot read ${join(root, 'loop')}: its symbolic links lead in a circle`,
      );
    });

    test('a full disk, with a hint that the work done is not lost', async () => {
      const full = await open('/dev/full', 'w');
      const failure: unknown = await full.write(Buffer.from('x')).catch((error: unknown) => error);
      await full.close();
      expect(explain(failure, 'write', '/data/part')).toMatchObject({
        code: 'storage',
        message: 'cannot write /data/part: no space left on the disk',
        hint: 'Free some space, then run the same command again: finished parts are kept.',
      });
    });

    test.each([
      ['EACCES', 'access', 'no permission to write /data/part'],
      ['EPERM', 'access', 'no permission to write /data/part'],
      ['EROFS', 'access', 'cannot write /data/part: the file system is read-only'],
      ['EDQUOT', 'storage', 'cannot write /data/part: the disk quota is used up'],
      ['EMFILE', 'storage', 'cannot write /data/part: too many open files'],
      ['EIO', 'storage', 'cannot write /data/part: i/o error, write'],
    ])('%s', (code, kind, message) => {
      const error = Object.assign(new Error('i/o error, write'), { errno: -1, code });
      expect(explain(error, 'write', '/data/part')).toMatchObject({ code: kind, message });
    });

    test('and a bug of ours is not taken for the disk’s', () => {
      const bug = new TypeError('x is undefined');
      expect(explain(bug, 'write', '/data/part')).toBe(bug);
    });
  });

  describe('in a process of its own', () => {
    /** A script that has `storage` (on the root) and the rest of its text to run; from `dist`, like any program. */
    const scriptOf = (text: string): string[] => {
      const url = (path: string): string =>
        JSON.stringify(pathToFileURL(join(repositoryRoot, 'dist', path)).href);
      const script = `import { openLocalStorage } from ${url('storage/local.js')};
        const storage = openLocalStorage(${JSON.stringify(root)});
        ${text}`;
      return ['--input-type=module', '--eval', script];
    };
    const printFailure = `await storage.compose('out/part', segments).then(
        () => console.log('no failure'),
        (error) => console.log(JSON.stringify({ code: error.code, message: error.message })),
      );`;

    test('killed in the middle of a compose, leaves the old file and no half one', async () => {
      await storage.compose('out/part', [bytesOf('old')]);
      writeFileSync(join(root, 'in'), distinctBytes(16 * MIB));
      const child = spawn(
        process.execPath,
        scriptOf(`const { path, version, size } = await storage.stat('in');
          const whole = { kind: 'copy', path, version, start: 0, end: size };
          await storage.compose('out/part', Array.from({ length: 64 }, () => whole));`),
        { stdio: ['ignore', 'inherit', 'inherit'] },
      );
      const ended = new Promise<unknown>((resolve) => child.on('exit', (_, signal) => resolve(signal)));
      await untilExists(() => temporariesIn(join(root, 'out')).some(({ size }) => size > 8 * MIB));
      child.kill('SIGKILL');
      expect(await ended).toBe('SIGKILL');
      expect(readFileSync(join(root, 'out/part'), 'utf8')).toBe('old');
      expect((await storage.list('out')).map(({ path }) => path)).toEqual(['out/part']);

      // What is left behind is no obstacle to the next run.
      await storage.compose('out/part', [bytesOf('new')]);
      expect(readFileSync(join(root, 'out/part'), 'utf8')).toBe('new');
    });

    test('with a limit on file sizes, fails in mid-write and removes what it wrote', () => {
      const [node, ...args] = [
        process.execPath,
        ...scriptOf(
          `const segments = [{ kind: 'bytes', bytes: new Uint8Array(${4 * MIB}) }]; ${printFailure}`,
        ),
      ];
      // 1000 blocks of 512 or 1024 bytes, as the shell has it.
      const done = spawnSync('/bin/sh', ['-c', 'ulimit -f 1000; exec "$0" "$@"', node, ...args], {
        encoding: 'utf8',
      });
      expect(done.stderr).toBe('');
      expect(JSON.parse(done.stdout)).toEqual({
        code: 'storage',
        message: `cannot write ${join(root, 'out/part')}: larger than the file system or the limit on file sizes allows`,
      });
      expect(readdirSync(join(root, 'out'))).toEqual([]);
    });

    test('without permission to write, says so and leaves nothing', () => {
      const someUser = 12_345;
      mkdirSync(join(root, 'out'));
      chmodSync(root, 0o755);
      chmodSync(join(root, 'out'), 0o555);
      // Root may write anywhere, so that as root the script becomes somebody else first.
      const done = spawnSync(
        process.execPath,
        scriptOf(`if (process.getuid() === 0) process.setuid(${someUser});
          const segments = [{ kind: 'bytes', bytes: new Uint8Array(10) }]; ${printFailure}`),
        { encoding: 'utf8' },
      );
      expect(done.stderr).toBe('');
      expect(JSON.parse(done.stdout)).toEqual({
        code: 'access',
        message: `no permission to write ${join(root, 'out/part')}`,
      });
      expect(readdirSync(join(root, 'out'))).toEqual([]);
    });

    test('with few files allowed open, still joins hundreds of sources', () => {
      for (let i = 0; i < 300; i++) writeFileSync(join(root, `in-${i}`), `<${i}>`);
      const [node, ...args] = [
        process.execPath,
        ...scriptOf(`const segments = [];
          for (let i = 0; i < 300; i++) {
            const { path, version, size } = await storage.stat('in-' + i);
            segments.push({ kind: 'copy', path, version, start: 0, end: size });
          }
          ${printFailure}`),
      ];
      const done = spawnSync('/bin/sh', ['-c', 'ulimit -n 64; exec "$0" "$@"', node, ...args], {
        encoding: 'utf8',
      });
      expect(done.stdout).toBe('no failure\n');
      const expected = Array.from({ length: 300 }, (_, i) => `<${i}>`).join('');
      expect(readFileSync(join(root, 'out/part'), 'utf8')).toBe(expected);
    });
  });
});

function temporariesIn(folder: string): { size: number }[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith('.tmp'))
    .map((name) => ({ size: statSync(join(folder, name)).size }));
}

async function untilExists(check: () => boolean): Promise<void> {
  while (!check()) await new Promise((resolve) => setTimeout(resolve, 2));
}

describe('where a file of the same bytes may stay', () => {
  const bytes = (text: string): Segment[] => [bytesOf(text)];
  const folder = (): string => {
    const root = mkdtempSync(join(tmpdir(), 'gs-repartition-'));
    onTestFinished(() => rmSync(root, { recursive: true }));
    return root;
  };

  test('it stays, and is what comes back', async () => {
    const storage = openLocalStorage(folder());
    const first = await storage.compose('part', bytes('same'), { keepSame: true });
    expect(await storage.compose('part', bytes('same'), { keepSame: true })).toEqual(first);
    expect(await storage.stat('part')).toEqual(first);
  });

  test.each(['other', 'longer than it was', '', 'sam'])(
    'one of other bytes (%j) is replaced',
    async (text) => {
      const root = folder();
      const storage = openLocalStorage(root);
      const first = await storage.compose('part', bytes('same'), { keepSame: true });
      const second = await storage.compose('part', bytes(text), { keepSame: true });
      expect(second.version).not.toBe(first.version);
      expect(await storage.stat('part')).toEqual(second);
      expect(readFileSync(join(root, 'part'), 'utf8')).toBe(text);
      expect(readdirSync(root)).toEqual(['part']);
    },
  );

  test('one that is just being named is waited for, and listed only then', async () => {
    const root = folder();
    const storage = openLocalStorage(root);
    await storage.compose('part', bytes('same'), { keepSame: true });
    // As another run leaves it between its two steps.
    linkSync(join(root, 'part'), join(root, '.part.1-abc.tmp'));
    expect(await storage.list('')).toEqual([]);
    const made = storage.compose('part', bytes('same'), { keepSame: true });
    setTimeout(() => rmSync(join(root, '.part.1-abc.tmp')), 50);
    expect(await made).toEqual(await storage.stat('part'));
    expect(await storage.list('')).toEqual([await made]);
  });

  test('without leave, the same bytes are written anew', async () => {
    const storage = openLocalStorage(folder());
    const first = await storage.compose('part', bytes('same'));
    expect((await storage.compose('part', bytes('same'))).version).not.toBe(first.version);
  });
});
