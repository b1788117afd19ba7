/**
 * Storage as the alignment needs it: read ranges, put objects in place atomically, and nothing else.
 * Two honest implementations: the local disk (`local.ts`) and S3 (`../s3/`). Neither knows Parquet.
 *
 * Paths are relative to the storage's root, use `/`, and have been checked (no `..`, not absolute) before
 * they come here. Byte ranges are half open: `start <= byte < end`.
 */

/** Where a storage is, as plain JSON: enough to open the same storage again in a worker or another process. */
export type StorageLocation = LocalLocation | S3Location;

export interface LocalLocation {
  kind: 'local';
  /** Absolute path of the folder. */
  root: string;
}

export interface S3Location {
  kind: 's3';
  bucket: string;
  /** Key prefix without leading or trailing slash; empty for the bucket's root. */
  prefix: string;
  /** Everything else the S3 room wants to know (region, endpoint, …); opaque to the others. */
  options?: Readonly<Record<string, string | number | boolean>>;
}

/** An object's identity at one moment. `version` changes when the bytes do: an ETag, or the mtime in ns. */
export interface ObjectStat {
  path: string;
  /** Bytes. */
  size: number;
  version: string;
}

/** A run of an output's bytes: a range of an existing object, or bytes in hand. */
export type Segment = CopySegment | BytesSegment;

export interface CopySegment {
  kind: 'copy';
  path: string;
  /** The version the plan was made for; composing fails with `changed` when the object has another one. */
  version: string;
  start: number;
  end: number;
}

export interface BytesSegment {
  kind: 'bytes';
  bytes: Uint8Array;
}

export interface CallOptions {
  signal?: AbortSignal | undefined;
}

export interface Storage {
  readonly location: StorageLocation;

  /** Bytes that are read in the time that a read takes besides: rather read so many in vain than read twice. */
  readonly readOverhead: number;

  /** The path as a person would write it: `/data/graph/edges/…` or `s3://bucket/prefix/edges/…`. */
  describe(path: string): string;

  /** `undefined` when there is no such object. */
  stat(path: string, options?: CallOptions): Promise<ObjectStat | undefined>;

  /**
   * The bytes `start..end` of an object.
   * @throws RepartitionError `not-found`, `access`, `storage`, or `changed` when `version` is given and differs
   */
  read(
    path: string,
    start: number,
    end: number,
    options?: CallOptions & { version?: string },
  ): Promise<Uint8Array>;

  /** The last `length` bytes (or all, if it has fewer) and the object's identity, in one request. */
  readTail(
    path: string,
    length: number,
    options?: CallOptions,
  ): Promise<{ stat: ObjectStat; bytes: Uint8Array }>;

  /** The objects directly inside a folder, in no particular order; empty when there is no such folder. */
  list(folder: string, options?: CallOptions): Promise<ObjectStat[]>;

  /**
   * Puts an object made of `segments` in place, atomically and durably: a reader sees the whole object or none,
   * also after a crash. Replaces what was there. Leaves nothing behind when it fails.
   */
  compose(path: string, segments: readonly Segment[], options?: CallOptions): Promise<ObjectStat>;

  /** The same for bytes that are made while they are written, so that nobody has to hold them all. */
  write(path: string, chunks: AsyncIterable<Uint8Array>, options?: CallOptions): Promise<ObjectStat>;

  /** Releases sockets and buffers. */
  close(): Promise<void>;
}
