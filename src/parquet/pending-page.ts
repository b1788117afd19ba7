/** Values on their way into one page of a re-encoded column. */
import type { PageCodec } from './codec.js';
import { Encoding } from './format.js';
import { bitWidth, HybridEncoder } from './hybrid.js';
import { type MadePage, makePage, type PageContent } from './make-page.js';
import { countRowStarts } from './page.js';
import { concat, packPlain } from './plain.js';
import type { Leaf } from './schema.js';
import type { ValueBatch } from './value-batches.js';
import type { EncodedValues } from './values.js';

/** A batch whose values are said as the new page will say them: indices into its dictionary, or PLAIN. */
export interface SaidBatch extends Omit<ValueBatch, 'values'> {
  said: Uint32Array | Uint8Array;
  /** Values present. */
  count: number;
}

/** Bytes that grow at their end. */
class Bytes {
  private bytes = new Uint8Array(64 * 1024);
  length = 0;

  add(more: Uint8Array): void {
    const end = this.length + more.length;
    if (end > this.bytes.length) {
      const larger = new Uint8Array(Math.max(2 * this.bytes.length, end));
      larger.set(this.bytes.subarray(0, this.length));
      this.bytes = larger;
    }
    this.bytes.set(more, this.length);
    this.length = end;
  }

  all(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }
}

/** Batches on their way into one page; all indices, or all PLAIN. Nothing of their source pages is held. */
export class PendingPage {
  private readonly repetition: HybridEncoder | undefined;
  private readonly definition: HybridEncoder | undefined;
  private readonly plain = new Bytes();
  private readonly indices: Uint32Array[] = [];
  private hasIndices = false;
  /** Values present. */
  private count = 0;
  private levelBytes = 0;
  rows = 0;
  /** Not none where rows are: a page may hold nothing but the rest of a row. */
  levels = 0;

  constructor(private readonly leaf: Leaf) {
    const encoder = (max: number): HybridEncoder | undefined =>
      max > 0 ? new HybridEncoder(bitWidth(max)) : undefined;
    this.repetition = encoder(leaf.maxRepetition);
    this.definition = encoder(leaf.maxDefinition);
  }

  /** About as many as the page will have before it is compressed. */
  get bytes(): number {
    // An index takes about two in a dictionary of some size.
    return this.plain.length + (this.hasIndices ? 2 * this.count : 0) + this.levelBytes;
  }

  takes({ said, count }: SaidBatch): boolean {
    return count === 0 || this.count === 0 || this.hasIndices === said instanceof Uint32Array;
  }

  add(batch: SaidBatch): void {
    const { said, count, numLevels, repetition, definition } = batch;
    repetition?.forEach((level, times) => this.repetition?.add(level, times));
    definition?.forEach((level, times) => this.definition?.add(level, times));
    if (said instanceof Uint32Array) this.indices.push(said);
    else this.plain.add(said);
    if (count > 0 || this.levels === 0) this.hasIndices = said instanceof Uint32Array;
    this.count += count;
    this.levels += numLevels;
    this.rows += countRowStarts(batch);
    if (definition) this.levelBytes += numLevels / 8;
  }

  /** The page; nothing can be added after that. */
  make(codec: PageCodec, dictionarySize: number): MadePage {
    const page: PageContent = {
      repetition: this.repetition?.finish(),
      definition: this.definition?.finish(),
      numLevels: this.levels,
      numRows: this.rows,
      values: this.hasIndices ? this.saidByIndices(dictionarySize) : this.saidInPlain(),
    };
    return makePage(this.leaf, page, codec);
  }

  private saidInPlain(): EncodedValues {
    return { encoding: Encoding.plain, bytes: packPlain(this.leaf, this.plain.all()), count: this.count };
  }

  private saidByIndices(dictionarySize: number): EncodedValues {
    // A width of 0 is lawful for a single entry, but the less trodden path in readers.
    const width = Math.max(1, bitWidth(dictionarySize - 1));
    const encoder = new HybridEncoder(width);
    for (const some of this.indices) encoder.addAll(some);
    const bytes = concat([Uint8Array.of(width), encoder.finish()]);
    return { encoding: Encoding.rleDictionary, bytes, count: this.count };
  }
}
