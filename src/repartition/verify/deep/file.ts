/** A part in storage: its footer, and its bytes in order, a window at a time. */
import { readSchema } from 'parquet-wasm';
import type { Memory } from '../../../memory.js';
import { type Footer, magicBytes, readFooter, TAIL_BYTES } from '../../../parquet/footer.js';
import type { ByteRange } from '../../../parquet/source-chunk.js';
import type { CallOptions, ObjectStat, Storage } from '../../../storage/storage.js';
import { partReader } from '../../part-reader.js';

/** How a part is read. */
export interface FileOptions extends CallOptions {
  memory: Memory;
  onBytes: (bytes: number) => void;
}

/** Bytes of a window, and windows that are read ahead: on a network as many as keep a few connections busy. */
const [DISK, NETWORK] = [
  { bytes: 2 * 1024 * 1024, ahead: 1 },
  { bytes: 4 * 1024 * 1024, ahead: 3 },
];

/** How a storage's parts are read. */
export function windowsOf({ profile }: Storage): { bytes: number; ahead: number } {
  return profile.readOverhead === 0 ? DISK : NETWORK;
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

  /** A range in windows, read ahead. */
  async *windows({ start, end }: ByteRange): AsyncGenerator<Uint8Array> {
    const { bytes, ahead } = windowsOf(this.storage);
    const begun: Promise<Uint8Array>[] = [];
    for (let at = start; at < end || begun.length > 0;) {
      while (at < end && begun.length <= ahead) {
        const window = this.read(at, Math.min(end, at + bytes));
        // Whoever stops early does not wait for the rest.
        window.catch(() => undefined);
        begun.push(window);
        at = Math.min(end, at + bytes);
      }
      yield await begun.shift()!;
    }
  }

  private async read(start: number, end: number): Promise<Uint8Array> {
    const { path, size, version } = this.stat;
    const tailStart = size - this.tail.length;
    if (start >= tailStart) return this.tail.subarray(start - tailStart, end - tailStart);
    const bytes = await this.storage.read(path, start, end, { ...this.options, version });
    this.options.onBytes(end - start);
    return bytes;
  }
}
