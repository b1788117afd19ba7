/** The inventory on a cluster: parts are asked for one by one, and read there by the hundred. */
import { interrupted, throwIfAborted } from '../../errors.js';
import type { Storage } from '../../storage/storage.js';
import type { Cluster } from '../cluster.js';
import type { PartReader, ReadPart } from '../prepare/read-part.js';
import { failedOn } from './failed-on.js';
import { FooterSchemas } from './footers.js';
import type { Answer, WorkerSetup } from './lines.js';

/** Footers that a worker reads at a time: about a second's worth. */
const PARTS_PER_BATCH = 256;
/** Batches for each core, so that none waits for the answers to come here; a cluster may grow with its work. */
const BATCHES_PER_CORE = 4;
const FEWEST_CORES = 64;

/** A part that somebody waits for. */
interface Asked {
  path: string;
  resolve: (part: ReadPart) => void;
  reject: (error: unknown) => void;
}

/**
 * @param storage the one that `setup` names, for messages
 * @param signal ends all waiting; what the cluster still reads is of no use then, and whoever has started it ends it
 */
export function readsOn(
  cluster: Cluster,
  storage: Storage,
  setup: WorkerSetup,
  signal?: AbortSignal,
): PartReader {
  /** By data set. */
  let asked = new Map<string, Asked[]>();
  let count = 0;
  const schemas = new FooterSchemas(storage);

  const settle = (executor: string, owner: string, parts: Asked[], answer: Answer | undefined): void => {
    if (answer && 'found' in answer) {
      schemas.unpack(answer.found).forEach((part, i) => parts[i]!.resolve(part));
    } else {
      const error = failedOn(executor, `it read footers of ${owner}`, answer);
      for (const { reject } of parts) reject(error);
    }
  };
  const read = async (batch: [owner: string, parts: Asked[]][]): Promise<void> => {
    const giveUp = (error: unknown): void => {
      for (const [, parts] of batch) for (const { reject } of parts) reject(error);
    };
    const onAbort = (): void => giveUp(interrupted(signal));
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      throwIfAborted(signal);
      const outcome = await cluster.run(
        setup,
        batch.map(([owner, parts], id) => ({ id, read: { owner, paths: parts.map(({ path }) => path) } })),
      );
      if ('error' in outcome) throw failedOn(outcome.executor, 'it read footers', outcome);
      for (const [id, [owner, parts]] of batch.entries()) {
        const answer = outcome.answers.find((one) => one.id === id);
        settle(outcome.executor, owner, parts, answer);
      }
    } catch (error) {
      giveUp(error);
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  };
  const send = (): void => {
    if (count > 0) void read([...asked]);
    asked = new Map();
    count = 0;
  };
  return {
    atOnce: Math.max(cluster.cores, FEWEST_CORES) * BATCHES_PER_CORE * PARTS_PER_BATCH,
    read: (owner, path) =>
      new Promise((resolve, reject) => {
        // Whoever asks for many asks for all of them before this comes.
        if (count === 0) setImmediate(send);
        const parts = asked.get(owner) ?? [];
        asked.set(owner, parts);
        parts.push({ path, resolve, reject });
        if (++count >= PARTS_PER_BATCH) send();
      }),
  };
}
