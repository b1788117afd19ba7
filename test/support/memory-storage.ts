/**
 * A storage in this thread's memory, for tests that need no disk; importing it adds the scheme `memory`. A name such as
 * `memory:graph` stands for the same objects whoever opens it. It keeps to `src/storage/storage.ts` and knows of no
 * other storage: all that one needs to be used by the engine.
 */
import { setImmediate } from 'node:timers/promises';
import { RepartitionError, throwIfAborted } from '../../src/errors.js';
import { registerStorage, type StorageKind } from '../../src/storage/registry.js';
import {
  type ObjectStat,
  type Segment,
  type Storage,
  type StorageLocation,
  type StorageProfile,
  USUAL_SMALLEST_COPY,
} from '../../src/storage/storage.js';
import { untilAborted } from '../../src/storage/until-aborted.js';

interface Content {
  bytes: Uint8Array;
  version: string;
}

const prefixes = new Map<string, Map<string, Content>>();
let versions = 0;

const PROFILE: StorageProfile = {
  // No other thread sees these objects.
  mostThreads: 0,
  threadBytes: 0,
  batchesPerThread: 1,
  tasksPerBatch: 1,
  turns: { of: 'whole', atOnce: 1000 },
  smallestCopy: USUAL_SMALLEST_COPY,
  readOverhead: 0,
  readsAtOnce: 1,
};

const memoryKind: StorageKind = {
  locate: (url) => ({ scheme: 'memory', name: url.slice('memory:'.length) }),
  open: openMemoryStorage,
};

registerStorage('memory', () => Promise.resolve(memoryKind));

/** Forgets all objects of all names. */
export function clearMemory(): void {
  prefixes.clear();
}

function openMemoryStorage(location: StorageLocation): Storage {
  const name = location['name'] as string;
  const objects = prefixes.get(name) ?? new Map<string, Content>();
  prefixes.set(name, objects);
  const describe = (path: string): string => `memory:${name}/${path}`;

  const statOf = (path: string): ObjectStat | undefined => {
    const content = objects.get(path);
    return content && { path, size: content.bytes.length, version: content.version };
  };

  const existing = (path: string, version?: string): Content => {
    const content = objects.get(path);
    const context = { operation: 'read', path: describe(path) } as const;
    if (!content) throw new RepartitionError('not-found', `${describe(path)} does not exist`, context);
    if (version === undefined || content.version === version) return content;
    throw new RepartitionError('changed', `${describe(path)} changed`, context);
  };

  const range = (path: string, start: number, end: number, version?: string): Uint8Array => {
    const { bytes } = existing(path, version);
    if (end <= bytes.length) return bytes.slice(start, end);
    throw new RepartitionError('changed', `${describe(path)} has no bytes up to ${end}`, {
      operation: 'read',
      path: describe(path),
    });
  };

  const put = (path: string, chunks: readonly Uint8Array[]): ObjectStat => {
    const bytes = new Uint8Array(Buffer.concat(chunks));
    objects.set(path, { bytes, version: `v${++versions}` });
    return { path, size: bytes.length, version: `v${versions}` };
  };

  const bytesOf = (segment: Segment): Uint8Array =>
    segment.kind === 'bytes'
      ? segment.bytes
      : range(segment.path, segment.start, segment.end, segment.version);

  return {
    location,
    profile: PROFILE,
    describe,
    async stat(path, { signal } = {}) {
      await turn(signal);
      return statOf(path);
    },
    async look(paths, found, { signal } = {}) {
      for (const path of paths) {
        await turn(signal);
        found(path, statOf(path));
      }
    },
    async read(path, start, end, { signal, version } = {}) {
      await turn(signal);
      return range(path, start, end, version);
    },
    async readTail(path, length, { signal } = {}) {
      await turn(signal);
      const { bytes, version } = existing(path);
      const stat = { path, size: bytes.length, version };
      return { stat, bytes: bytes.slice(Math.max(0, bytes.length - length)) };
    },
    async list(folder, { signal } = {}) {
      await turn(signal);
      const within = folder === '' ? '' : `${folder.replace(/\/$/, '')}/`;
      const isIn = (path: string): boolean =>
        path.startsWith(within) && !path.slice(within.length).includes('/');
      return [...objects.keys()].filter(isIn).map((path) => statOf(path)!);
    },
    async compose(path, segments, { signal } = {}) {
      const chunks: Uint8Array[] = [];
      await turn(signal);
      for (const segment of segments) {
        chunks.push(bytesOf(segment));
        await turn(signal);
      }
      return put(path, chunks);
    },
    async write(path, chunks, { signal } = {}) {
      const written: Uint8Array[] = [];
      for await (const chunk of untilAborted(chunks, signal)) written.push(new Uint8Array(chunk));
      throwIfAborted(signal);
      return put(path, written);
    },
    close: () => Promise.resolve(),
  };
}

/** Others go on meanwhile, as with a storage that has to be waited for; a signal is heard. */
async function turn(signal: AbortSignal | undefined): Promise<void> {
  throwIfAborted(signal);
  await setImmediate();
  throwIfAborted(signal);
}
