/** The inventory in worker threads: here only until one of them has started, so that nobody waits for that. */
import { interrupted } from '../../errors.js';
import type { Storage } from '../../storage/storage.js';
import { type ReadOptions, tailBuffers } from '../part-reader.js';
import { type PartReader, readParts, type ReadParts } from '../prepare/read-part.js';
import { type FooterReads, type FoundFooters, FooterSchemas } from '../work/footers.js';

/** Threads that read footers. */
export interface FooterThreads {
  readonly count: number;
  /** Of one thread, at once. */
  readonly batches: number;
  /** Resolves when one of them can begin. */
  started(): Promise<void>;
  /** @throws RepartitionError of the first part that can't be read */
  readFooters(reads: FooterReads): Promise<FoundFooters>;
}

/** Neighbours that a thread is asked for together. */
const PARTS_PER_BATCH = 128;
/** Batches that wait for a thread to be done with others. */
const BATCHES_AHEAD = 2;
/** Batches read in this thread side by side, and footers of each: it leaves much of its memory to others. */
const [BATCHES_HERE, READ_HERE] = [2, 32];

/** Neighbours that somebody waits for. */
interface Asked extends FooterReads {
  resolve: (parts: ReadParts) => void;
  reject: (error: unknown) => void;
}

/** @param options.signal ends all waiting; what threads still read is of no use then, and whoever has started them ends them */
export function readsInThreads(threads: FooterThreads, storage: Storage, options: ReadOptions): PartReader {
  const asked: Asked[] = [];
  const schemas = new FooterSchemas(storage);
  const tails = tailBuffers({ ...storage.profile, readsAtOnce: BATCHES_HERE * READ_HERE });
  const atOnce = threads.count * (threads.batches + BATCHES_AHEAD);
  let isReady = false;
  let [here, there] = [0, 0];

  const readHere = async ({ owner, paths, resolve, reject }: Asked): Promise<void> => {
    here++;
    await readParts(storage, owner, paths, { ...options, tails, atOnce: READ_HERE }).then(resolve, reject);
    here--;
    if (isReady && here === 0) tails.clear();
    send();
  };
  const readThere = async ({ owner, paths, resolve, reject }: Asked): Promise<void> => {
    there++;
    try {
      resolve(schemas.unpack(await threads.readFooters({ owner, paths }), paths));
    } catch (error) {
      reject(options.signal?.aborted ? interrupted(options.signal) : error);
    }
    there--;
    send();
  };
  const send = (): void => {
    if (options.signal?.aborted) {
      for (const { reject } of asked.splice(0)) reject(interrupted(options.signal));
    }
    while (isReady && there < atOnce && asked.length > 0) void readThere(asked.shift()!);
    while (!isReady && here < BATCHES_HERE && asked.length > 0) void readHere(asked.shift()!);
  };
  const onReady = (): void => {
    isReady = true;
    send();
  };
  void threads.started().then(onReady);
  options.signal?.addEventListener('abort', send, { once: true });
  return {
    perBatch: PARTS_PER_BATCH,
    atOnce,
    read: (owner, paths) =>
      new Promise((resolve, reject) => {
        asked.push({ owner, paths, resolve, reject });
        send();
      }),
  };
}
