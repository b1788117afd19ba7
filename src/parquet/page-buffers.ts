/**
 * Memory that pages are opened in to be cut, used again for the next. V8 goes through all that it has, code and footers
 * included, for every 64 MB of buffers that were made, which is every few pages; measured on 1,000 parts of 1 MB, whose
 * bytes nearly all lie in cut pages, a quarter of the processor time.
 */

/** Larger pages have memory of their own. */
const MOST_BYTES = 4 * 1024 * 1024;
/** Kept by a thread: as one page needs, read and unpacked. */
const KEPT = 2;

const free: Uint8Array[] = [];

/** Buffers for one page; their content is arbitrary. */
export class PageBuffers {
  private readonly lent: Uint8Array[] = [];

  /** @returns undefined for a page that is to have memory of its own */
  take(bytes: number): Uint8Array | undefined {
    if (bytes > MOST_BYTES) return undefined;
    const found = free.pop();
    const buffer = found && found.length >= bytes ? found : newBuffer(bytes);
    this.lent.push(buffer);
    return buffer.subarray(0, bytes);
  }

  /** To be called when nothing of the page is needed any more, and nobody still reads into it. */
  giveBack(): void {
    for (const buffer of this.lent.splice(0)) {
      if (free.length < KEPT) free.push(buffer);
    }
  }
}

/** A little more than asked for, since the next page will be a little longer. */
function newBuffer(bytes: number): Uint8Array {
  return new Uint8Array(Math.min(MOST_BYTES, Math.ceil(1.25 * bytes)));
}
