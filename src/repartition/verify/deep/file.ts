/** A part in storage: its footer, and its bytes in order. */
import { readSchema } from 'parquet-wasm';
import type { Memory } from '../../../memory.js';
import { type Footer, magicBytes, readFooter, TAIL_BYTES } from '../../../parquet/footer.js';
import type { ByteRange } from '../../../parquet/source-chunk.js';
import type { CallOptions, ObjectStat, Storage } from '../../../storage/storage.js';
import { partReader } from '../../part-reader.js';
import { BytesInOrder, type WindowMemory, windowSizes } from './windows.js';

/** How a part is read. */
export interface FileOptions extends CallOptions {
  memory: Memory;
  onBytes: (bytes: number) => void;
}

export class PartFile {
  private constructor(
    private readonly storage: Storage,
    private readonly stat: ObjectStat,
    private readonly tail: Uint8Array,
    readonly footer: Footer,
    private readonly options: FileOptions,
  ) {}

  /** @throws when the footer can't be read, by us or by parquet-wasm */
  static async open(storage: Storage, stat: ObjectStat, options: FileOptions): Promise<PartFile> {
    const { path, size, version } = stat;
    const tail = await storage.read(path, Math.max(0, size - TAIL_BYTES), size, { ...options, version });
    const reader = partReader(storage, stat, options, tail);
    const footer = await readFooter(reader);
    // Excerpts have footers of their own; this is the one that others will read.
    readSchema(Buffer.concat([magicBytes(), await reader.read(footer.start, footer.end)])).free();
    return new PartFile(storage, stat, tail, footer, options);
  }

  /** A range's bytes. */
  bytesOf(range: ByteRange, memory: WindowMemory): BytesInOrder {
    const sizes = windowSizes(this.storage.profile);
    return new BytesInOrder((start, end, into) => this.read(start, end, into), range, sizes, memory);
  }

  private async read(start: number, end: number, into: Uint8Array): Promise<Uint8Array> {
    const { path, size, version } = this.stat;
    const tailStart = size - this.tail.length;
    if (start >= tailStart) return this.tail.subarray(start - tailStart, end - tailStart);
    const bytes = await this.storage.read(path, start, end, { ...this.options, version, into });
    this.options.onBytes(end - start);
    return bytes;
  }
}
