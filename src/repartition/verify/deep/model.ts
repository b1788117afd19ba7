/** What the threads of a deep look are asked and answer: plain data. */
import type { ErrorMessage } from '../../../errors.js';
import type { SharedMemory } from '../../../memory.js';
import type { ObjectStat, StorageLocation } from '../../../storage/storage.js';
import type { SharedTally } from '../../../storage/tally.js';
import type { TallyFacts } from './tally.js';

/** Row groups of one part, all of whose values are read. */
export interface PartUnit extends ObjectStat {
  kind: 'part';
  id: number;
  /** Half open. */
  rowGroups: readonly [number, number];
  /** Compressed bytes of all of them. */
  bytes: number;
  /** What to look for beside NaN and infinity. */
  counted: 'integers' | 'bits' | 'none';
}

/** The id mapping of a node type. */
export interface MappingUnit {
  kind: 'mapping';
  id: number;
  parts: readonly ObjectStat[];
  bytes: number;
  nodes: number;
}

export type Unit = PartUnit | MappingUnit;

export interface MappingFacts {
  rows: number;
  /** Integer ids that are no number of a node, or stand there twice; and nodes that have none. */
  outside: number;
  twice: number;
  missing: number;
  nulls: number;
  /** Original ids that two nodes have; undefined where there were too many to look at. */
  sameOriginals: number | undefined;
}

export type UnitFacts =
  | ({ kind: 'part' } & TallyFacts)
  | ({ kind: 'mapping' } & MappingFacts)
  /** The part can't be read: a page that does not open, or a checksum that is wrong. */
  | { kind: 'unreadable'; path: string; problem: string }
  /** It may be fine, but we cannot tell. */
  | { kind: 'unknown'; path: string; problem: string };

/** What a thread is started with. */
export interface DeepSetup {
  location: StorageLocation;
  memory: SharedMemory;
  /** How many there are. */
  threads: number;
  /** What the storages of all threads count together. */
  counters: Int32Array<SharedArrayBuffer>;
  /** What they meet with. */
  tally: SharedTally;
  /** Whether to tell of requests that are sent again. */
  tellsSentAgain: boolean;
}

export type FromThread =
  | { kind: 'sent-again'; line: string }
  /** Its modules are loaded. */
  | { kind: 'ready' }
  | { kind: 'bytes'; bytes: number }
  /** `isSpent`: the reader has broken or grown large, and is not to be used again. */
  | { kind: 'done'; facts: UnitFacts; isSpent: boolean }
  | { kind: 'failed'; error: ErrorMessage };
