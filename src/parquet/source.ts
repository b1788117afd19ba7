/** All that this room knows of storage: a named run of bytes that ranges can be read from. */
export interface RangeReader {
  /** For error messages. */
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** Bytes that are read in the time that a read takes besides: none on a disk, many on a network. */
  readonly readOverhead: number;
  /** The bytes `start..end`, half open; never fewer. */
  read(start: number, end: number): Promise<Uint8Array>;
}

/** A row range of `readers[source]`, half open. */
export interface RowSlice {
  source: number;
  from: number;
  to: number;
}
