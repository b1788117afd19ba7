/** Where a thread puts excerpts together, one after the other: memory that is used again and again, and what it has learned. */
import { magicBytes } from '../../../parquet/footer.js';
import { BarePages } from './bare-pages.js';
import { MOST_BYTES } from './excerpt-room.js';
import { KnownLevels } from './known-levels.js';
import { WindowMemory } from './windows.js';

/** With its footer, and bare values that lie decompressed. */
const USUAL_BYTES = 2 * MOST_BYTES + 256 * 1024;

export class Desk {
  readonly windows = new WindowMemory();
  readonly bare = new BarePages();
  readonly known = new KnownLevels();
  private bytes = new Uint8Array(USUAL_BYTES);
  /** Of the file that is put together. */
  length = 0;

  /** Begins a file. */
  clear(): void {
    // One that was larger than usual is not kept.
    if (this.bytes.length > USUAL_BYTES) this.bytes = new Uint8Array(USUAL_BYTES);
    this.length = 0;
    this.put(magicBytes());
  }

  put(piece: Uint8Array): void {
    const length = this.length + piece.length;
    if (length > this.bytes.length) {
      const larger = new Uint8Array(length + length / 4);
      larger.set(this.bytes.subarray(0, this.length));
      this.bytes = larger;
    }
    this.bytes.set(piece, this.length);
    this.length = length;
  }

  /** The file as far as it is put together. Good until the next is begun. */
  file(): Uint8Array<ArrayBuffer> {
    return this.bytes.subarray(0, this.length);
  }
}
