/** A part in storage as parquet-wasm wants it: a Blob, of which it reads ranges. */
import pMap from 'p-map';
import { type Footer, readFooter, TAIL_BYTES } from '../../../parquet/footer.js';
import { RowGroup } from '../../../parquet/format.js';
import { hasTrueChecksum } from '../../../parquet/page.js';
import { readPageHead } from '../../../parquet/page-header.js';
import { readChunks, type SourceChunk } from '../../../parquet/source-chunk.js';
import { partReader } from '../../part-reader.js';
import type { CallOptions, ObjectStat, Storage } from '../../../storage/storage.js';

/** Read at once; a longer range is put together from several. */
const PIECE_BYTES = 8 * 1024 * 1024;
const PIECES_AT_ONCE = 4;

/** A wrong checksum, of which parquet-wasm takes no notice. */
export class DamagedPage extends Error {}

export class PartFile {
  /** Rejects when bytes can't be read. Not by what parquet-wasm is given: it breaks over a promise that is rejected. */
  readonly failed: Promise<never>;
  private fail: (error: unknown) => void = () => undefined;
  private held: ArrayBuffer | undefined;
  /** Those of row groups with rows; asked for with every range. */
  private readonly chunks: readonly Pick<SourceChunk, 'range' | 'leaf'>[];

  private constructor(
    private readonly storage: Storage,
    private readonly stat: ObjectStat,
    private readonly tail: Uint8Array,
    readonly footer: Footer,
    private readonly options: CallOptions & { onBytes: (bytes: number) => void },
  ) {
    this.failed = new Promise((_, reject) => (this.fail = reject));
    this.failed.catch(() => undefined);
    this.chunks = footer.rowGroups
      .filter((group) => (group.get(RowGroup.numRows) ?? 0) > 0)
      .flatMap((group) => readChunks(footer, group).map(({ range, leaf }) => ({ range, leaf })));
  }

  static async open(
    storage: Storage,
    stat: ObjectStat,
    options: CallOptions & { onBytes: (bytes: number) => void },
  ): Promise<PartFile> {
    const { path, size, version } = stat;
    const tail = await storage.read(path, Math.max(0, size - TAIL_BYTES), size, { ...options, version });
    const footer = await readFooter(partReader(storage, stat, options, tail));
    return new PartFile(storage, stat, tail, footer, options);
  }

  /** As much of a Blob as its reader asks for. */
  blob(): Blob {
    const { size } = this.stat;
    const blob = {
      size,
      slice: (start = 0, end = size) => ({ size: end - start, arrayBuffer: () => this.range(start, end) }),
    };
    return blob as unknown as Blob;
  }

  /** Gives back the memory of the last long range, once its reader has copied it. */
  release(): void {
    // Since Node.js 22; before, the memory is free when somebody looks for garbage.
    if (this.held && 'transfer' in this.held) this.held.transfer(0);
    this.held = undefined;
  }

  private async range(start: number, end: number): Promise<ArrayBuffer> {
    try {
      const tailStart = this.stat.size - this.tail.length;
      if (start >= tailStart) {
        const bytes = this.tail.slice(start - tailStart, end - tailStart);
        this.check(bytes, start);
        return bytes.buffer;
      }
      this.release();
      this.held = await this.bytesOf(start, end);
      this.check(new Uint8Array(this.held), start);
      return this.held;
    } catch (error) {
      this.fail(error);
      return new Promise(() => undefined);
    }
  }

  /** On a network in several pieces at once, each at the speed of a connection. */
  private async bytesOf(start: number, end: number): Promise<ArrayBuffer> {
    const { path, version } = this.stat;
    const read = async (from: number, to: number): Promise<Uint8Array> => {
      const bytes = await this.storage.read(path, from, to, { ...this.options, version });
      this.options.onBytes(to - from);
      return bytes;
    };
    if (this.storage.profile.readOverhead === 0 || end - start <= PIECE_BYTES) {
      const { buffer, byteOffset, byteLength } = await read(start, end);
      const isAll = byteOffset === 0 && byteLength === buffer.byteLength && buffer instanceof ArrayBuffer;
      return isAll ? buffer : (buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer);
    }
    const into = new Uint8Array(end - start);
    const count = Math.ceil((end - start) / PIECE_BYTES);
    await pMap(
      Array.from({ length: count }, (_, i) => start + i * PIECE_BYTES),
      async (from) => into.set(await read(from, Math.min(end, from + PIECE_BYTES)), from - start),
      { concurrency: PIECES_AT_ONCE },
    );
    return into.buffer;
  }

  /** Checksums of pages are written by nearly everybody, and looked at by few. */
  private check(bytes: Uint8Array, start: number): void {
    for (const { range, leaf } of this.chunks) {
      if (range.start < start || range.end > start + bytes.length) continue;
      checkPages(bytes.subarray(range.start - start, range.end - start), range.start, leaf.path);
    }
  }
}

function checkPages(chunk: Uint8Array, start: number, column: string): void {
  for (let at = 0; at < chunk.length;) {
    let head;
    try {
      head = readPageHead(chunk, at);
    } catch {
      // For parquet-wasm to say.
      return;
    }
    const body = at + head.size;
    const end = body + head.compressedSize;
    if (end > chunk.length) return;
    if (!hasTrueChecksum(head.struct, chunk.subarray(body, end))) {
      throw new DamagedPage(
        `column ${column}: the page at byte ${start + at} does not have the checksum it claims`,
      );
    }
    at = end;
  }
}
