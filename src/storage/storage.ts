/**
 * Storage as the alignment needs it: read ranges, put objects in place atomically, and nothing else. A storage knows no
 * Parquet. To add one: a folder with a `StorageKind` in it, and a line in `src/storages.ts`.
 *
 * Paths are relative to the storage's root, use `/`, and have been checked (no `..`, not absolute) before
 * they come here. Byte ranges are half open: `start <= byte < end`.
 */

/** What JSON can say; `undefined` stands for what is left out. */
export type PlainJson =
  | string
  | number
  | boolean
  | null
  | undefined
  | readonly PlainJson[]
  | { readonly [name: string]: PlainJson };

/**
 * Where a storage is, as plain JSON: enough to open the same one again in a thread or another process. What stands in
 * it beside the scheme is the storage's own business. Never credentials.
 */
export interface StorageLocation {
  /** Who opens it, see `registry.ts`. */
  readonly scheme: string;
  readonly [key: string]: PlainJson;
}

/** What work on a storage is best divided into: plain JSON, so that a pool can hand it to its threads. */
export interface StorageProfile {
  /** Worker threads unless somebody says: at most. None where only this thread can open it. */
  mostThreads: number;
  /** Bytes of memory that each of them takes. */
  threadBytes: number;
  /** Batches of tasks that a thread has under way. */
  batchesPerThread: number;
  /** Neighbouring tasks that a thread gets at once. */
  tasksPerBatch: number;
  /** Bytes of parts after which a batch has enough; without it only their number counts. */
  batchBytes?: number;
  /**
   * Work of so many tasks and bytes at most is done in the time that threads take to start; and so many files looked at.
   * Left out where every answer is waited for.
   */
  soonDone?: { tasks: number; bytes: number; looks: number };
  /**
   * How many tasks of a thread are at work at once, the others waiting for their turn: with all that they do, until what they
   * have in hand is written, or only while they read and cut pages.
   */
  turns: { of: 'whole' | 'reading'; atOnce: number };
  /** Bytes: a shorter range can't be copied on its own. */
  smallestCopy: number;
  /** Bytes of a long object that are held while it is written as a stream; left out where they are few. */
  streamBytes?: number;
  /** Bytes that are read in the time that a read takes besides: rather read so many in vain than read twice. */
  readOverhead: number;
  /** Files looked at side by side. */
  readsAtOnce: number;
  /** From so many files on their footers are read in worker threads; left out where this thread does it as well. */
  readsInThreads?: number;
}

/**
 * What a storage without a limit of its own says of its smallest copy: S3's. A disk copies any range, but whatever lies
 * in an output because of S3 must lie there everywhere, so that the same inputs give the same bytes on each storage.
 */
export const USUAL_SMALLEST_COPY = 5 * 1024 * 1024;

/** An object's identity at one moment. `version` changes when the bytes do: an ETag, or what a disk knows of a file. */
export interface ObjectStat {
  path: string;
  /** Bytes. */
  size: number;
  version: string;
}

/** An object that was just put in place. */
export interface WrittenStat extends ObjectStat {
  /** Of all its bytes as the storage has them, in base64, where it says so: a CRC-64/NVME. */
  crc64nvme?: string;
}

/** A run of an output's bytes: a range of an existing object, or bytes in hand. */
export type Segment = CopySegment | BytesSegment;

/** A range of an existing object. */
export interface CopySegment {
  kind: 'copy';
  path: string;
  /** The version the plan was made for; composing fails with `changed` when the object has another one. */
  version: string;
  start: number;
  end: number;
}

/** Bytes in hand. */
export interface BytesSegment {
  kind: 'bytes';
  bytes: Uint8Array;
}

/** What every call may be given. */
export interface CallOptions {
  signal?: AbortSignal | undefined;
}

/** What becomes of bytes that are read: nobody asks for them again, or they become part of an object that is composed. */
export type ReadUse = 'once' | 'run';

/** How an object is put in place. */
export interface WriteOptions extends CallOptions {
  /**
   * An object of the same bytes that is there by then may stay: so that two who make the same object at once do not
   * take it from under each other.
   */
  keepSame?: boolean;
  /** Called when nothing of what was handed over is needed any more, and only the storage is waited for. */
  onWritten?: () => void;
  /** Called with bytes that have come to their place before the object is there: where that takes long. */
  onBytes?: (bytes: number) => void;
}

/** Work that a plan has, for a storage to say what it will take. */
export interface WorkAhead {
  /** Parts whose footers are read. */
  partsRead: number;
  /** By data set. */
  made: {
    parts: number;
    /** Leaves of its schema. */
    columns: number;
    bytesCopied: number;
    /** Bytes of parts whose values are said again: read and written. */
    bytesMade: number;
    /** Places where a new part begins or ends inside a row group. */
    cuts: number;
    /** Compressed bytes on the shorter sides of these places. */
    bytesBesideCuts: number;
  }[];
}

/** What a few reads have shown. */
export interface Probe {
  secondsToAnswer: number;
  bytesPerSecond: number;
}

/** About what work will take. */
export interface Estimate {
  seconds: number;
  /** By operation, where requests are counted. */
  requests?: Readonly<Record<string, number>>;
}

/** An object, and when it was put in its place. */
export interface AgedStat extends ObjectStat {
  /** Milliseconds since 1970, by the storage's clock. */
  modified: number;
}

/** A write that is under way, or that was cut off: a temporary file, an open upload. */
export interface Unfinished {
  kind: 'temporary file' | 'upload';
  /** What lies there, or what was to be put in place. */
  path: string;
  /** What the storage knows it by. */
  id: string;
  /** Bytes; undefined when nobody asked for them. */
  size?: number;
  /** When it was begun or last added to, in milliseconds since 1970 by the storage's clock. */
  began: number;
  /** Whether who made it still works on it; undefined when that can't be told from here. */
  isAlive?: boolean;
}

/** What whoever tidies up needs of a storage. */
export interface Housekeeping {
  /** All objects in a folder and the folders below it, in no particular order; `''` is the prefix. */
  objects(folder: string, options?: CallOptions): AsyncIterable<AgedStat>;
  /**
   * @param folders right in which to look; undefined: everywhere below the prefix
   * @param options.measured whether their bytes are asked for
   */
  unfinished(
    folders: ReadonlySet<string> | undefined,
    options?: CallOptions & { measured?: boolean },
  ): AsyncIterable<Unfinished>;
  /** Removes an object if it is there, and on a disk its folder when nothing else lies in it. */
  remove(path: string, options?: CallOptions): Promise<void>;
  /** Removes what is unfinished. */
  abandon(unfinished: Unfinished, options?: CallOptions): Promise<void>;
}

/** What is where somebody has looked for a file right under the prefix, in vain. */
export interface Surroundings {
  /** `nothing`: there is no such folder; `file`: it is no folder. */
  prefix: 'nothing' | 'file' | 'folder';
  /** Folders right below the prefix that have such a file; perhaps not all of them. */
  below: string[];
  /** The nearest folder above the prefix that has one, as a person would write it, where there is one and it may be looked at. */
  above?: string;
}

/** Every call throws `interrupted` when its signal fires, with the signal's reason as the cause. */
export interface Storage {
  readonly location: StorageLocation;
  readonly profile: StorageProfile;

  /** The path as a person would write it: `/data/graph/edges/…` or `s3://bucket/prefix/edges/…`. */
  describe(path: string): string;

  /**
   * `undefined` when there is nothing of that name.
   * @throws RepartitionError `not-found` when there is something else than a file: a folder, a FIFO, a device. An object
   *   could not be put in its place.
   */
  stat(path: string, options?: CallOptions): Promise<ObjectStat | undefined>;

  /**
   * What of many objects is there now, for somebody who wants to know whether all is as it was.
   * @param found called for each path, in their order; `undefined` when there is no such object, whatever else has its
   *   name. What it throws ends the call.
   */
  look(
    paths: Iterable<string>,
    found: (path: string, stat: ObjectStat | undefined) => void,
    options?: CallOptions,
  ): Promise<void>;

  /**
   * Makes sure that none of the objects must be restored from an archive before it can be read, which takes hours: asked
   * before all else. A storage without it has no archives.
   * @throws RepartitionError `access` that counts those, with the `part` that is the first of them
   */
  requireRestored?(paths: Iterable<string>, options?: CallOptions): Promise<void>;

  /**
   * The bytes `start..end` of an object.
   * @param options.use what becomes of them: asked for `once`, they need not be remembered; a `run` of an object that will
   *   be composed is worth remembering until then; left out, others may ask for them too
   * @param options.into where the bytes may be put, if there is room: then what comes back may share its memory
   * @throws RepartitionError `not-found`, `access`, `storage`, or `changed` when `version` is given and differs
   */
  read(
    path: string,
    start: number,
    end: number,
    options?: CallOptions & { version?: string; use?: ReadUse | undefined; into?: Uint8Array | undefined },
  ): Promise<Uint8Array>;

  /**
   * The last `length` bytes (or all, if it has fewer) and the object's identity, in one request.
   * @param options.into where the bytes may be put, if there is room: then what comes back shares its memory
   */
  readTail(
    path: string,
    length: number,
    options?: CallOptions & { into?: Uint8Array | undefined },
  ): Promise<{ stat: ObjectStat; bytes: Uint8Array }>;

  /** The objects directly inside a folder, in no particular order; empty when there is no such folder. */
  list(folder: string, options?: CallOptions): Promise<ObjectStat[]>;

  /**
   * Puts an object made of `segments` in place, atomically and durably: a reader sees the whole object or none,
   * also after a crash. Replaces what was there. Leaves nothing behind when it fails.
   * @throws LostWrite after `onWritten`, if there was one
   */
  compose(path: string, segments: readonly Segment[], options?: WriteOptions): Promise<WrittenStat>;

  /**
   * The same for bytes that are made while they are written, so that nobody has to hold them all. What fails is asked for
   * no more bytes.
   * @throws LostWrite also without `onWritten`: what was written is gone, and the same bytes, made again, may well be
   *   written. Whoever can make them calls once more.
   */
  write(path: string, chunks: AsyncIterable<Uint8Array>, options?: WriteOptions): Promise<WrittenStat>;

  /**
   * A folder, or the nearest one above it that lies under the prefix: a symbolic link may lead elsewhere. A storage
   * without it has none. `''` is the prefix.
   */
  home?(folder: string, options?: CallOptions): Promise<string>;

  /** A storage without it keeps what killed runs leave, and nobody sees which runs are at work. */
  readonly housekeeping?: Housekeeping;

  /** For a message that helps: what is there instead of a file of that name. A storage need not tell. */
  surroundings?(file: string, options?: CallOptions): Promise<Surroundings>;

  /** About what work will take; a storage need not know. */
  estimate?(work: WorkAhead, probe: Probe): Estimate;

  /** Releases sockets and buffers. */
  close(): Promise<void>;
}
