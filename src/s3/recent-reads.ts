import type { ReadUse } from '../storage/storage.js';

const MIB = 1024 * 1024;
/** Of a thread: pages and page headers. */
const REMEMBERED_BYTES = 8 * MIB;
/**
 * Runs too short for S3 to copy (`compose-plan.ts`), until they are uploaded. A boundary has one of up to 5 MiB in each
 * column that is cut, and parts are read a dozen at a time.
 */
const RUN_BYTES = 32 * MIB;
/** Of what a process may take for files, they get no more than this share. */
const RUN_SHARE = 0.25;
/** What is shorter may be wanted by many, and takes no room. */
const LONG_BYTES = 256 * 1024;

/** The name of one version of an object. */
export function objectName(path: string, version: string): string {
  return `${version} ${path}`;
}

interface Read {
  object: string;
  start: number;
  end: number;
  bytes: Promise<Uint8Array>;
  shelf: Shelf;
  /** Bytes that nobody has taken yet. */
  left: number;
}

/** Reads that push out each other, the oldest first. */
interface Shelf {
  reads: Set<Read>;
  held: number;
  limit: number;
}

/**
 * What was read last, for whoever asks for it again: the two parts on either side of a boundary want the same index,
 * headers and page, and a run that was read for its headers has to be uploaded. Runs have a place of their own, or those of
 * the parts that are read next would push them out, and each would be fetched a second time.
 */
export class RecentReads {
  private readonly pages = newShelf(REMEMBERED_BYTES);
  private readonly runs: Shelf;
  private readonly ofObject = new Map<string, Set<Read>>();

  /** @param memory bytes that the process may take for what it reads */
  constructor(memory: number) {
    this.runs = newShelf(Math.min(RUN_BYTES, memory * RUN_SHARE));
  }

  /**
   * The bytes `start..end`: remembered, on their way, or fetched by `fetch`. A long read that is asked for a second time
   * is a page that a boundary cuts: both its sides have it now, and it makes room for others.
   * @param object see `objectName`
   */
  read(
    object: string,
    start: number,
    end: number,
    fetch: () => Promise<Uint8Array>,
    use?: Extract<ReadUse, 'run'>,
  ): Promise<Uint8Array> {
    const known = this.find(object, start, end);
    if (known) {
      const isSame = known.start === start && known.end === end;
      if (isSame && known.shelf === this.pages && end - start >= LONG_BYTES) this.forget(known);
      return partOf(known, start, end);
    }
    const shelf = use === 'run' ? this.runs : this.pages;
    // It would only push out the others.
    if (end - start > shelf.limit) return fetch();
    const read: Read = { object, start, end, bytes: fetch(), shelf, left: end - start };
    // Whoever asks next may have more luck.
    read.bytes.catch(() => {
      this.forget(read);
    });
    this.remember(read);
    return read.bytes;
  }

  /** `undefined` when nobody has read them lately. */
  recall(object: string, start: number, end: number): Promise<Uint8Array> | undefined {
    const known = this.find(object, start, end);
    return known && partOf(known, start, end);
  }

  /** The same for whoever uploads them: of a run that has gone up nothing is kept. */
  take(object: string, start: number, end: number): Promise<Uint8Array> | undefined {
    const known = this.find(object, start, end);
    if (known?.shelf === this.runs) {
      known.left -= end - start;
      if (known.left <= 0) this.forget(known);
    }
    return known && partOf(known, start, end);
  }

  private find(object: string, start: number, end: number): Read | undefined {
    for (const read of this.ofObject.get(object) ?? []) {
      if (read.start <= start && read.end >= end) return read;
    }
    return undefined;
  }

  private remember(read: Read): void {
    const { shelf } = read;
    shelf.reads.add(read);
    let ofObject = this.ofObject.get(read.object);
    if (!ofObject) this.ofObject.set(read.object, (ofObject = new Set()));
    ofObject.add(read);
    shelf.held += read.end - read.start;
    for (const oldest of shelf.reads) {
      if (shelf.held <= shelf.limit) break;
      this.forget(oldest);
    }
  }

  private forget(read: Read): void {
    if (!read.shelf.reads.delete(read)) return;
    read.shelf.held -= read.end - read.start;
    const ofObject = this.ofObject.get(read.object);
    ofObject?.delete(read);
    if (ofObject?.size === 0) this.ofObject.delete(read.object);
  }
}

function newShelf(limit: number): Shelf {
  return { reads: new Set(), held: 0, limit };
}

async function partOf(read: Read, start: number, end: number): Promise<Uint8Array> {
  const bytes = await read.bytes;
  return bytes.subarray(start - read.start, end - read.start);
}
