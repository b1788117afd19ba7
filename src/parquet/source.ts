import type { Memory } from '../memory.js';

/** All that this room knows of storage: a named file that ranges can be read from. */
export interface RangeReader {
  /** The file as a person would write it, for messages. */
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** Bytes that are read in the time that a read takes besides: none on a disk, many on a network. */
  readonly readOverhead: number;
  /** Bytes from which a range can be copied without being read; whoever writes the output has a say in that too. */
  readonly smallestCopy: number;
  /** What opening pages may take, shared by all who read. */
  readonly memory: Memory;
  /**
   * The bytes `start..end`, half open; never fewer.
   * @param use what becomes of them: `once` when nobody will ask for them again, since what they say is kept in another
   *   form; `run` when they are a run of an output too short to be copied; left out, others may ask for them too
   * @param into where they may be put, as many bytes
   */
  read(start: number, end: number, use?: 'once' | 'run', into?: Uint8Array): Promise<Uint8Array>;
}

/** A row range of the file that `OpenSource` knows by the number `source`, half open. */
export interface RowSlice {
  source: number;
  from: number;
  to: number;
}

/** At least one: a file without rows has an empty slice, which lends it the schema. */
export type RowSlices = readonly [RowSlice, ...RowSlice[]];
