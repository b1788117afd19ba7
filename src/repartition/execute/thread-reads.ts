/** The inventory in worker threads: here only until one of them has started, so that nobody waits for that. */
import { interrupted } from '../../errors.js';
import type { Storage } from '../../storage/storage.js';
import { type ReadOptions, tailBuffers } from '../part-reader.js';
import { type PartReader, type ReadPart, readPart } from '../prepare/read-part.js';
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
/** Footers read in this thread side by side: it leaves much of its memory to others. */
const READ_HERE = 64;

/** A part that somebody waits for. */
interface Asked {
  owner: string;
  path: string;
  resolve: (part: ReadPart) => void;
  reject: (error: unknown) => void;
}

/** @param options.signal ends all waiting; what threads still read is of no use then, and whoever has started them ends them */
export function readsInThreads(threads: FooterThreads, storage: Storage, options: ReadOptions): PartReader {
  const asked: Asked[] = [];
  const schemas = new FooterSchemas(storage);
  const tails = tailBuffers({ ...storage.profile, readsAtOnce: READ_HERE });
  const atOnce = threads.count * (threads.batches + BATCHES_AHEAD);
  let isReady = false;
  let [here, there] = [0, 0];

  const readHere = async ({ owner, path, resolve, reject }: Asked): Promise<void> => {
    here++;
    await readPart(storage, owner, path, { ...options, tails }).then(resolve, reject);
    here--;
    if (isReady && here === 0) tails.clear();
    send();
  };
  const readThere = async (batch: Asked[]): Promise<void> => {
    there++;
    try {
      const paths = batch.map(({ path }) => path);
      const parts = schemas.unpack(await threads.readFooters({ owner: batch[0]!.owner, paths }));
      parts.forEach((part, i) => batch[i]!.resolve(part));
    } catch (error) {
      const told = options.signal?.aborted ? interrupted(options.signal) : error;
      for (const { reject } of batch) reject(told);
    }
    there--;
    send();
  };
  const send = (): void => {
    if (options.signal?.aborted) {
      for (const { reject } of asked.splice(0)) reject(interrupted(options.signal));
    }
    while (isReady && there < atOnce && asked.length > 0) void readThere(takeBatch(asked));
    while (!isReady && here < READ_HERE && asked.length > 0) void readHere(asked.shift()!);
  };
  const onReady = (): void => {
    isReady = true;
    send();
  };
  void threads.started().then(onReady);
  options.signal?.addEventListener('abort', send, { once: true });
  let isSending = false;
  return {
    atOnce: atOnce * PARTS_PER_BATCH,
    read: (owner, path) =>
      new Promise((resolve, reject) => {
        asked.push({ owner, path, resolve, reject });
        if (isSending) return;
        isSending = true;
        // Whoever asks for many asks for all of them before this comes.
        setImmediate(() => {
          isSending = false;
          send();
        });
      }),
  };
}

/** Neighbours of one data set. */
function takeBatch(asked: Asked[]): Asked[] {
  const { owner } = asked[0]!;
  const others = asked.findIndex((one) => one.owner !== owner);
  return asked.splice(0, Math.min(others < 0 ? asked.length : others, PARTS_PER_BATCH));
}
