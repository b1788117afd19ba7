/** The inventory on a cluster: parts are asked for one by one, and read there by the hundred. */
import { interrupted, throwIfAborted } from '../../errors.js';
import type { Storage } from '../../storage/storage.js';
import type { Cluster } from '../cluster.js';
import type { PartReader, ReadParts } from '../prepare/read-part.js';
import { failedOn } from './failed-on.js';
import { FooterSchemas } from './footers.js';
import type { Answer, WorkerSetup } from './lines.js';

/** Footers that a worker reads at a time at most: about a second's worth. */
const PARTS_PER_BATCH = 256;
/** Batches for each core, so that none waits for the answers to come here; a cluster may grow with its work. */
const BATCHES_PER_CORE = 4;
const FEWEST_CORES = 64;

/** A part that somebody waits for. */
interface Asked {
  owner: string;
  path: string;
  resolve: (part: ReadParts) => void;
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
  let asked: Asked[] = [];
  let underWay = 0;
  const schemas = new FooterSchemas(storage);

  const settle = (executor: string, owner: string, parts: Asked[], answer: Answer | undefined): void => {
    if (answer && 'found' in answer) {
      const paths = parts.map(({ path }) => path);
      const found = schemas.unpack(answer.found, paths);
      for (const [i, { resolve }] of parts.entries()) {
        resolve({ facts: [found.facts[i]!], schemaOf: [0], schemas: [found.schemas[found.schemaOf[i]!]!] });
      }
    } else {
      const error = failedOn(executor, `it read footers of ${owner}`, answer);
      for (const { reject } of parts) reject(error);
    }
  };
  const read = async (wanted: Asked[]): Promise<void> => {
    const batch = byOwner(wanted);
    const giveUp = (error: unknown): void => {
      for (const { reject } of wanted) reject(error);
    };
    underWay += wanted.length;
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
      underWay -= wanted.length;
      signal?.removeEventListener('abort', onAbort);
    }
  };
  const send = (): void => {
    const wanted = asked;
    asked = [];
    // Where there are few, each core reads some of them.
    const size = Math.min(PARTS_PER_BATCH, Math.ceil((underWay + wanted.length) / cluster.cores));
    for (let i = 0; i < wanted.length; i += size) void read(wanted.slice(i, i + size));
  };
  return {
    perBatch: 1,
    atOnce: Math.max(cluster.cores, FEWEST_CORES) * BATCHES_PER_CORE * PARTS_PER_BATCH,
    read: (owner, [path]) =>
      new Promise((resolve, reject) => {
        // Whoever asks for many asks for all of them before this comes.
        if (asked.length === 0) setImmediate(send);
        asked.push({ owner, path: path!, resolve, reject });
      }),
  };
}

function byOwner(parts: readonly Asked[]): [owner: string, parts: Asked[]][] {
  const found = new Map<string, Asked[]>();
  for (const part of parts) {
    const of = found.get(part.owner);
    if (of) of.push(part);
    else found.set(part.owner, [part]);
  }
  return [...found];
}
