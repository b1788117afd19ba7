/** One dictionary for many: entries of the sources' dictionaries, each once, in the order they are met. */
import { EncodingError } from './hybrid.js';
import { concat, type PlainEntries } from './plain.js';

const UNKNOWN = -1;

export class MergedDictionary {
  private readonly indexOf = new Map<string, number>();
  private readonly entries: Uint8Array[] = [];
  private bytes = 0;
  private isClosed = false;
  /** The merged index of each entry of the source dictionary seen last, which serves a whole chunk. */
  private known: { source: PlainEntries; merged: Int32Array } | undefined;

  /** @param maxBytes of all entries in PLAIN */
  constructor(private readonly maxBytes: number) {}

  /** Entries so far. */
  get size(): number {
    return this.entries.length;
  }

  /** No entry is added from now on. */
  close(): void {
    this.isClosed = true;
  }

  /**
   * A source's indices as indices of this dictionary; undefined when it has no room for a value among them.
   * @throws EncodingError for an index beyond the source's entries
   */
  translate(source: PlainEntries, indices: Uint32Array): Uint32Array | undefined {
    if (this.known?.source !== source) {
      this.known = { source, merged: new Int32Array(source.count).fill(UNKNOWN) };
    }
    const { merged } = this.known;
    const translated = new Uint32Array(indices.length);
    for (let i = 0; i < indices.length; i++) {
      const index = indices[i]!;
      let found = merged[index];
      if (found === undefined) {
        throw new EncodingError(`index ${index} is beyond the dictionary's ${source.count} entries`);
      }
      if (found === UNKNOWN) {
        found = this.add(source.entry(index));
        if (found === UNKNOWN) return undefined;
        merged[index] = found;
      }
      translated[i] = found;
    }
    return translated;
  }

  /** The entries end to end: the body of a dictionary page. */
  plain(): Uint8Array {
    return concat(this.entries);
  }

  private add(entry: Uint8Array): number {
    const key = Buffer.from(entry.buffer, entry.byteOffset, entry.length).toString('latin1');
    const found = this.indexOf.get(key);
    if (found !== undefined) return found;
    if (this.isClosed || this.bytes + entry.length > this.maxBytes) return UNKNOWN;
    const index = this.entries.length;
    this.indexOf.set(key, index);
    // A copy, for the source's whole page would stay in memory otherwise.
    this.entries.push(entry.slice());
    this.bytes += entry.length;
    return index;
  }
}
