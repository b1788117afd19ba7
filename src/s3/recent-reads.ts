/** Of a thread: pages, page headers, and runs too short for S3 to copy (`compose-plan.ts`), until they are uploaded. */
const REMEMBERED_BYTES = 8 * 1024 * 1024;
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
}

/**
 * What was read last, for whoever asks for it again: the two parts on either side of a boundary want the same index,
 * headers and page, and a run that was read for its headers may have to be uploaded.
 */
export class RecentReads {
  /** The oldest first. */
  private readonly reads = new Set<Read>();
  private readonly ofObject = new Map<string, Set<Read>>();
  private held = 0;

  /**
   * The bytes `start..end`: remembered, on their way, or fetched by `fetch`. A long read that is asked for a second time
   * is a page that a boundary cuts: both its sides have it now, and it makes room for others.
   * @param object see `objectName`
   */
  read(object: string, start: number, end: number, fetch: () => Promise<Uint8Array>): Promise<Uint8Array> {
    const known = this.find(object, start, end);
    if (known) {
      const isSame = known.start === start && known.end === end;
      if (isSame && end - start >= LONG_BYTES) this.forget(known);
      return partOf(known, start, end);
    }
    // It would only push out the others.
    if (end - start > REMEMBERED_BYTES) return fetch();
    const read: Read = { object, start, end, bytes: fetch() };
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

  private find(object: string, start: number, end: number): Read | undefined {
    for (const read of this.ofObject.get(object) ?? []) {
      if (read.start <= start && read.end >= end) return read;
    }
    return undefined;
  }

  private remember(read: Read): void {
    this.reads.add(read);
    let ofObject = this.ofObject.get(read.object);
    if (!ofObject) this.ofObject.set(read.object, (ofObject = new Set()));
    ofObject.add(read);
    this.held += read.end - read.start;
    for (const oldest of this.reads) {
      if (this.held <= REMEMBERED_BYTES) break;
      this.forget(oldest);
    }
  }

  private forget(read: Read): void {
    if (!this.reads.delete(read)) return;
    this.held -= read.end - read.start;
    const ofObject = this.ofObject.get(read.object);
    ofObject?.delete(read);
    if (ofObject?.size === 0) this.ofObject.delete(read.object);
  }
}

async function partOf(read: Read, start: number, end: number): Promise<Uint8Array> {
  const bytes = await read.bytes;
  return bytes.subarray(start - read.start, end - read.start);
}
