/** What every storage must do, run against a real one of each kind. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { RepartitionError } from '../../src/errors.js';
import type { ObjectStat, Segment, Storage } from '../../src/storage/storage.js';
import { locate, openStorage } from '../../src/storages.js';

/** A storage with nothing in it, and what removes it after the test. */
export interface StorageUnderTest {
  storage: Storage;
  dispose: () => Promise<void>;
}

const MIB = 1024 * 1024;
const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const bytesOf = (value: string | Uint8Array): Segment => ({
  kind: 'bytes',
  bytes: typeof value === 'string' ? text(value) : value,
});
const copyOf = (stat: ObjectStat, start = 0, end = stat.size): Segment => ({
  kind: 'copy',
  path: stat.path,
  version: stat.version,
  start,
  end,
});

/** Bytes in which every run of a few is found nowhere else, so that a misplaced one shows. */
export function distinctBytes(length: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = seed;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

async function* inTurn(...chunks: Uint8Array[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield await Promise.resolve(chunk);
}

/** `toEqual` on megabytes takes seconds to say what differs; this says where. */
export function expectSameBytes(actual: Uint8Array, expected: Uint8Array): void {
  expect(actual.length).toBe(expected.length);
  if (Buffer.compare(actual, expected) === 0) return;
  const at = actual.findIndex((byte, i) => byte !== expected[i]);
  expect.fail(`byte ${at} is ${actual[at] ?? 'missing'} where ${expected[at] ?? 'nothing'} belongs`);
}

/** Gives each test a storage of its own, which is closed and removed after it. */
function forEachTest(make: () => Promise<StorageUnderTest>, take: (storage: Storage) => void): void {
  let made: StorageUnderTest;
  beforeEach(async () => {
    made = await make();
    take(made.storage);
  });
  afterEach(async () => {
    await made.storage.close();
    await made.dispose();
  });
}

export function storageContract(name: string, make: () => Promise<StorageUnderTest>): void {
  describe(`${name}, as every storage`, () => {
    let storage: Storage;
    forEachTest(make, (made) => (storage = made));

    const put = (path: string, ...parts: (string | Uint8Array)[]): Promise<ObjectStat> =>
      storage.compose(path, parts.map(bytesOf));
    const contentOf = async (path: string): Promise<Uint8Array> => {
      const stat = await storage.stat(path);
      if (!stat) throw new Error(`${path} is not there`);
      return storage.read(path, 0, stat.size);
    };
    const textOf = async (path: string): Promise<string> => new TextDecoder().decode(await contentOf(path));
    const failureOf = async (work: Promise<unknown>): Promise<RepartitionError> => {
      const failure = await work.then(
        () => expect.fail('it should have failed'),
        (error: unknown) => error,
      );
      expect(failure).toBeInstanceOf(RepartitionError);
      return failure as RepartitionError;
    };

    describe('reading', () => {
      test('a missing object has no stat', async () => {
        expect(await storage.stat('nowhere/at/all')).toBeUndefined();
      });

      test('a folder is not an object', async () => {
        await put('folder/part', 'x');
        // Where a file can't have the name of a folder, that is said.
        const stat = await storage.stat('folder').catch((error: unknown) => {
          expect(error).toMatchObject({ code: 'not-found', path: storage.describe('folder') });
          return undefined;
        });
        expect(stat).toBeUndefined();
      });

      test('its location and profile are plain JSON', () => {
        for (const said of [storage.location, storage.profile]) {
          expect(JSON.parse(JSON.stringify(said))).toEqual(said);
        }
      });

      test('an object has a path, a size and a version', async () => {
        const written = await put('a/part', 'hello');
        expect(written).toMatchObject({ path: 'a/part', size: 5 });
        expect(written.version).not.toBe('');
        expect(await storage.stat('a/part')).toEqual(written);
      });

      test('a range is read to the byte', async () => {
        await put('part', '0123456789');
        expect(await storage.read('part', 3, 7)).toEqual(text('3456'));
      });

      test('a range is read into memory that somebody lends, and that is theirs again', async () => {
        const { version } = await put('part', '0123456789');
        const into = new Uint8Array(4);
        expect(await storage.read('part', 3, 7, { version, into })).toEqual(text('3456'));
        into.fill(0);
        expect(await storage.read('part', 3, 7, { version, into })).toEqual(text('3456'));
        into.fill(0);
        expect(await storage.read('part', 3, 7, { version })).toEqual(text('3456'));
        expect(await storage.read('part', 3, 8, { version, into })).toEqual(text('34567'));
      });

      test('an empty range is empty', async () => {
        await put('part', '0123456789');
        expect(await storage.read('part', 4, 4)).toEqual(new Uint8Array(0));
      });

      test('a range that goes past the end is an error, never fewer bytes', async () => {
        await put('part', '0123456789');
        await failureOf(storage.read('part', 5, 11));
      });

      test('a range of the version that was planned with is read', async () => {
        const { version } = await put('part', '0123456789');
        expect(await storage.read('part', 0, 2, { version })).toEqual(text('01'));
      });

      test('a range of an object that has changed since is refused', async () => {
        const { version } = await put('part', 'first');
        await put('part', 'second!');
        const error = await failureOf(storage.read('part', 0, 2, { version }));
        expect(error.code).toBe('changed');
        expect(error.message).toContain(storage.describe('part'));
      });

      test('a missing object is named when it is read', async () => {
        const error = await failureOf(storage.read('no/such/part', 0, 1));
        const path = storage.describe('no/such/part');
        expect(error).toMatchObject({ code: 'not-found', operation: 'read', path });
        expect(error.message).toContain(path);
      });

      test('the tail comes with the identity', async () => {
        const stat = await put('part', '0123456789');
        expect(await storage.readTail('part', 4)).toEqual({ stat, bytes: text('6789') });
      });

      test('the tail of a shorter object is all of it', async () => {
        const stat = await put('part', '012');
        expect(await storage.readTail('part', 100)).toEqual({ stat, bytes: text('012') });
      });

      test('the tail of an empty object is empty', async () => {
        const stat = await put('part');
        expect(await storage.readTail('part', 100)).toEqual({ stat, bytes: new Uint8Array(0) });
      });

      test('the tail of a missing object is an error that names it', async () => {
        const error = await failureOf(storage.readTail('no/such/part', 8));
        expect(error.code).toBe('not-found');
        expect(error.message).toContain(storage.describe('no/such/part'));
      });
    });

    describe('looking at many', () => {
      const lookAt = async (paths: string[]): Promise<(string | ObjectStat)[]> => {
        const found: (string | ObjectStat)[] = [];
        await storage.look(paths, (path, stat) => {
          expect(stat?.path ?? path).toBe(path);
          found.push(stat ?? `no ${path}`);
        });
        return found;
      };

      test('tells what is there, in the order of the paths', async () => {
        const names = Array.from({ length: 40 }, (_, i) => `many/part-${(i * 7) % 40}`);
        const many = await Promise.all(names.map((name) => put(name, name)));
        const [top, deep, odd] = [await put('top', ''), await put('a/b/c', '1'), await put('many/é 𝄞', '2')];
        await put('many/deeper/part-3', 'x');
        expect(
          await lookAt([
            'a/b/c',
            ...names.slice(0, 20),
            'many/part-999',
            'many/é 𝄞',
            'nowhere/at-all',
            'a/b',
            'a/b/c',
            'top',
            ...names.slice(20),
          ]),
        ).toEqual([
          deep,
          ...many.slice(0, 20),
          'no many/part-999',
          odd,
          'no nowhere/at-all',
          'no a/b',
          deep,
          top,
          ...many.slice(20),
        ]);
        expect(await lookAt([])).toEqual([]);
      });

      test('ends with what the callback throws', async () => {
        await put('part', 'x');
        const stop = new RepartitionError('changed', 'enough');
        const told: string[] = [];
        const look = storage.look(['part', 'other'], (path) => {
          told.push(path);
          throw stop;
        });
        expect(await failureOf(look)).toBe(stop);
        expect(told).toEqual(['part']);
      });
    });

    test('every call that is stopped ends with the reason', async () => {
      const source = await put('part', 'x');
      const reason = new Error('the user went home');
      const stopped = { signal: AbortSignal.abort(reason) };
      const calls = [
        () => storage.stat('part', stopped),
        () => storage.look(['part'], () => undefined, stopped),
        () => storage.read('part', 0, 1, stopped),
        () => storage.readTail('part', 1, stopped),
        () => storage.list('', stopped),
        () => storage.compose('out', [copyOf(source)], stopped),
        () => storage.write('out', inTurn(text('x')), stopped),
      ];
      for (const call of calls) {
        const error = await failureOf(call());
        expect({ code: error.code, cause: error.cause }).toEqual({ code: 'interrupted', cause: reason });
      }
      expect((await storage.list('')).map(({ path }) => path)).toEqual(['part']);
    });

    describe('listing', () => {
      test('shows the objects directly inside a folder', async () => {
        const one = await put('folder/one', '1');
        const two = await put('folder/two', '22');
        await put('folder/deeper/three', '333');
        await put('folder-too/four', '4444');
        const listed = await storage.list('folder');
        expect(listed.sort((a, b) => (a.path < b.path ? -1 : 1))).toEqual([one, two]);
      });

      test('shows the objects at the top', async () => {
        const top = await put('metadata.json', '{}');
        await put('folder/one', '1');
        expect(await storage.list('')).toEqual([top]);
      });

      test('of a missing folder is empty', async () => {
        expect(await storage.list('no/such/folder')).toEqual([]);
      });
    });

    describe('composing', () => {
      test('puts bytes and ranges together in their order', async () => {
        const a = await put('in/a', 'abcdefghij');
        const b = await put('in/b', '0123456789');
        const made = await storage.compose('out/deep/er/part', [
          bytesOf('<'),
          copyOf(a, 2, 5),
          bytesOf('|'),
          copyOf(b, 0, 3),
          copyOf(b, 3, 4),
          copyOf(a, 9, 10),
          bytesOf('>'),
        ]);
        expect(await textOf('out/deep/er/part')).toBe('<cde|0123j>');
        expect(made.size).toBe(11);
        expect(await storage.stat('out/deep/er/part')).toEqual(made);
      });

      test('of nothing makes an empty object', async () => {
        const a = await put('in/a', 'abc');
        await storage.compose('out', [copyOf(a, 1, 1), bytesOf('')]);
        expect(await textOf('out')).toBe('');
      });

      test('works for many megabytes, cut anywhere', async () => {
        const [a, b] = [distinctBytes(13 * MIB + 7, 1), distinctBytes(6 * MIB + 1, 2)];
        const first = await put('in/a', a);
        const second = await put('in/b', b);
        await storage.compose('out', [
          bytesOf('PAR1'),
          copyOf(first, 5, 12 * MIB + 3),
          bytesOf(b.subarray(0, 100)),
          copyOf(second, 17, 6 * MIB),
          copyOf(first, 12 * MIB, 13 * MIB),
          bytesOf(a.subarray(0, 3 * MIB)),
        ]);
        const expected = Buffer.concat([
          text('PAR1'),
          a.subarray(5, 12 * MIB + 3),
          b.subarray(0, 100),
          b.subarray(17, 6 * MIB),
          a.subarray(12 * MIB, 13 * MIB),
          a.subarray(0, 3 * MIB),
        ]);
        expectSameBytes(await contentOf('out'), expected);
      });

      test('works for thousands of small pieces from a hundred objects', async () => {
        const contents = Array.from({ length: 100 }, (_, i) => distinctBytes(1000, i + 1));
        const stats = await Promise.all(contents.map((bytes, i) => put(`in/${i}`, bytes)));
        const order = Array.from({ length: 3000 }, (_, i) => ({
          i: (i * 37) % 100,
          start: i % 900,
          end: (i % 900) + 1 + (i % 97),
        }));
        await storage.compose(
          'out',
          order.map(({ i, start, end }) => copyOf(stats[i]!, start, end)),
        );
        const expected = Buffer.concat(order.map(({ i, start, end }) => contents[i]!.subarray(start, end)));
        expectSameBytes(await contentOf('out'), expected);
      });

      test('replaces what was there, with another version', async () => {
        const before = await put('out', 'old and long');
        const after = await put('out', 'new');
        expect(await textOf('out')).toBe('new');
        expect(after.version).not.toBe(before.version);
      });

      test('may copy from the object that it replaces', async () => {
        const before = await put('out', 'abcdef');
        await storage.compose('out', [copyOf(before, 3, 6), copyOf(before, 0, 3)]);
        expect(await textOf('out')).toBe('defabc');
      });

      test('keeps names with spaces, plus, percent, hash and letters of all alphabets', async () => {
        const path = 'node_data/a b+c%20d#é-ж-語?&=/part 1+2%.parquet';
        const made = await put(path, 'x');
        expect(made.path).toBe(path);
        await storage.compose('out', [copyOf(made)]);
        expect(await textOf('out')).toBe('x');
        expect(await storage.list('node_data/a b+c%20d#é-ж-語?&=')).toEqual([made]);
      });

      test('stops when a source has changed since it was planned, and leaves nothing', async () => {
        const planned = await put('in/a', 'abcdefghij');
        await put('in/a', 'abcdefghijk');
        const error = await failureOf(storage.compose('out/part', [bytesOf('x'), copyOf(planned)]));
        expect(error).toMatchObject({ code: 'changed', operation: 'read', path: storage.describe('in/a') });
        expect(error.message).toContain(storage.describe('in/a'));
        expect(await storage.stat('out/part')).toBeUndefined();
        expect(await storage.list('out')).toEqual([]);
      });

      test('stops when a source is missing, and leaves what was there', async () => {
        await put('out/part', 'old');
        const gone: ObjectStat = { path: 'in/gone', size: 3, version: 'any' };
        const error = await failureOf(storage.compose('out/part', [copyOf(gone)]));
        expect(error.code).toBe('not-found');
        expect(error.message).toContain(storage.describe('in/gone'));
        expect(await textOf('out/part')).toBe('old');
      });

      test('does not begin when the signal has fired', async () => {
        const signal = AbortSignal.abort();
        const error = await failureOf(storage.compose('out/part', [bytesOf('x')], { signal }));
        expect(error.code).toBe('interrupted');
        expect(await storage.list('out')).toEqual([]);
      });

      test('stops in the middle when the signal fires, and leaves nothing', async () => {
        const source = await put('in/a', distinctBytes(16 * MIB));
        const controller = new AbortController();
        const work = storage.compose(
          'out/part',
          Array.from({ length: 64 }, () => copyOf(source)),
          { signal: controller.signal },
        );
        const reason = new Error('the machine is needed elsewhere');
        setImmediate(() => controller.abort(reason));
        expect(await failureOf(work)).toMatchObject({ code: 'interrupted', cause: reason });
        expect(await storage.list('out')).toEqual([]);
      });

      test('twice at once to one path ends with one of the two, whole', async () => {
        const [a, b] = [distinctBytes(7 * MIB, 1), distinctBytes(6 * MIB, 2)];
        const [first, second] = [await put('in/a', a), await put('in/b', b)];
        const made = await Promise.all([
          storage.compose('out/part', [copyOf(first)]),
          storage.compose('out/part', [copyOf(second)]),
        ]);
        expect(made.map(({ size }) => size)).toEqual([7 * MIB, 6 * MIB]);
        const content = await contentOf('out/part');
        expectSameBytes(content, content.length === a.length ? a : b);
        expect(await storage.list('out')).toHaveLength(1);
      });
    });

    describe('writing what is made on the way', () => {
      test('puts the chunks together', async () => {
        const big = distinctBytes(9 * MIB);
        const made = await storage.write(
          'out/part',
          inTurn(text('<'), big, new Uint8Array(0), text('|'), big, text('>')),
        );
        expect(made).toMatchObject({ path: 'out/part', size: 18 * MIB + 3 });
        expectSameBytes(
          await contentOf('out/part'),
          Buffer.concat([text('<'), big, text('|'), big, text('>')]),
        );
        expect(made).toMatchObject((await storage.stat('out/part'))!);
      });

      test('of nothing makes an empty object', async () => {
        await storage.write('out', inTurn());
        expect(await textOf('out')).toBe('');
      });

      test('leaves what was there when making the bytes fails, and passes the error on', async () => {
        await put('out/part', 'old');
        const breaks = async function* (): AsyncGenerator<Uint8Array> {
          yield await Promise.resolve(distinctBytes(6 * MIB));
          throw new RepartitionError('parquet', 'page 3 of part-7 is damaged');
        };
        const error = await failureOf(storage.write('out/part', breaks()));
        expect(error).toMatchObject({ code: 'parquet', message: 'page 3 of part-7 is damaged' });
        expect(await textOf('out/part')).toBe('old');
        expect(await storage.list('out')).toHaveLength(1);
      });

      test('stops when the signal fires, also while a chunk is being made', async () => {
        const controller = new AbortController();
        const stalls = async function* (): AsyncGenerator<Uint8Array> {
          yield text('start');
          controller.abort();
          await new Promise(() => undefined);
        };
        const error = await failureOf(storage.write('out/part', stalls(), { signal: controller.signal }));
        expect(error.code).toBe('interrupted');
        expect(await storage.list('out')).toEqual([]);
      });
    });
  });
}

/** The same of storages that tell what is around a prefix, which one that a program adds need not. */
export function surroundingsContract(name: string, make: () => Promise<StorageUnderTest>): void {
  describe(`${name}, which tells what is around a prefix`, () => {
    let storage: Storage;
    forEachTest(make, (made) => (storage = made));

    const put = (path: string, text: string): Promise<ObjectStat> => storage.compose(path, [bytesOf(text)]);
    const around = async (folder: string): Promise<unknown> => {
      const location = { ...storage.location, ...(await locate(storage.describe(folder))) };
      const inside = await openStorage(location);
      try {
        return await inside.surroundings?.('metadata.json');
      } finally {
        await inside.close();
      }
    };

    test('tells the graph that a folder belongs to', async () => {
      const parquet = 'graph/edges/user:rates:movie/parquet';
      await put(`${parquet}/part-0.parquet`, 'part');
      expect(await around(parquet)).toEqual({ prefix: 'folder', below: [] });
      await put('graph/metadata.json', '{}');
      const above = { prefix: 'folder', below: [], above: storage.describe('graph') };
      expect(await around(parquet)).toEqual(above);
      expect(await around('graph/edges')).toEqual(above);
      // The nearest, and none that lies so far above that it can be no graph's.
      await put('metadata.json', '{}');
      expect(await around(parquet)).toEqual(above);
      await put(`elsewhere/${parquet}/part-0.parquet`, 'part');
      expect(await around(`elsewhere/${parquet}`)).toEqual({ prefix: 'folder', below: [] });
      await put('elsewhere/metadata.json/part-0.parquet', 'part');
      expect(await around(`elsewhere/${parquet}`)).toEqual({ prefix: 'folder', below: [] });
    });

    test('tells graphs below before any above', async () => {
      await put('a/metadata.json', '{}');
      await put('a/b/c/metadata.json', '{}');
      expect(await around('a/b')).toEqual({ prefix: 'folder', below: ['c'] });
      expect(await around('nowhere')).toEqual({ prefix: 'nothing', below: [] });
      expect(await around('a/metadata.json')).toEqual({ prefix: 'file', below: [] });
    });
  });
}
