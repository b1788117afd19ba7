/** Values on their way into one page of a re-encoded column. */
import type { PageCodec } from './codec.js';
import { Encoding } from './format.js';
import { bitWidth, encodeHybrid } from './hybrid.js';
import { Levels } from './levels.js';
import { type MadePage, makePage } from './make-page.js';
import { countRowStarts, type OpenPage } from './page.js';
import type { Leaf } from './schema.js';
import type { ValueBatch } from './value-batches.js';
import { concat, type EncodedValues, packPlain } from './values.js';

/** A batch whose values are said as the new page will say them: indices into its dictionary, or PLAIN. */
export interface SaidBatch extends Omit<ValueBatch, 'values'> {
  said: Uint32Array | Uint8Array;
  /** Values present. */
  count: number;
}

/** Batches that wait to become one page; all indices, or all PLAIN. */
export class PendingPage {
  private readonly batches: SaidBatch[] = [];
  private hasIndices: boolean | undefined;
  bytes = 0;
  rows = 0;
  /** Not none where rows are: a page may hold nothing but the rest of a row. */
  levels = 0;

  takes({ said, count }: SaidBatch): boolean {
    return count === 0 || this.hasIndices === undefined || this.hasIndices === said instanceof Uint32Array;
  }

  add(batch: SaidBatch): void {
    const { said, count, numLevels, definition } = batch;
    this.batches.push(batch);
    if (count > 0) this.hasIndices = said instanceof Uint32Array;
    this.levels += numLevels;
    this.rows += countRowStarts(batch);
    // Levels cost a bit or so, and an index about two bytes in a dictionary of some size.
    this.bytes += (said instanceof Uint32Array ? 2 * count : said.length) + (definition ? numLevels / 8 : 0);
  }

  make(leaf: Leaf, codec: PageCodec, dictionarySize: number): MadePage {
    const levels = (of: (batch: SaidBatch) => Levels | undefined): Levels | undefined => {
      const parts = this.batches.map(of).filter((part) => part !== undefined);
      return parts.length > 0 ? Levels.concat(parts) : undefined;
    };
    const page: OpenPage = {
      repetition: levels((batch) => batch.repetition),
      definition: levels((batch) => batch.definition),
      numLevels: this.levels,
      values: this.hasIndices ? this.indices(dictionarySize) : this.plain(leaf),
    };
    return makePage(leaf, page, codec);
  }

  private get count(): number {
    return this.batches.reduce((sum, batch) => sum + batch.count, 0);
  }

  private plain(leaf: Leaf): EncodedValues {
    const bytes = concat(
      this.batches.map(({ said }) => (said instanceof Uint8Array ? said : new Uint8Array(0))),
    );
    return { encoding: Encoding.plain, bytes: packPlain(leaf, bytes), count: this.count };
  }

  private indices(dictionarySize: number): EncodedValues {
    const { count } = this;
    const indices = new Uint32Array(count);
    let at = 0;
    for (const { said } of this.batches) {
      if (!(said instanceof Uint32Array)) continue;
      indices.set(said, at);
      at += said.length;
    }
    // A width of 0 is lawful for a single entry, but the less trodden path in readers.
    const width = Math.max(1, bitWidth(dictionarySize - 1));
    const bytes = concat([Uint8Array.of(width), encodeHybrid(indices, width)]);
    return { encoding: Encoding.rleDictionary, bytes, count };
  }
}
