/** Where the parts of a Parquet file lie, as far as it can be told without decoding a page. */
import { integerAt, type Span, type Spans, spansOf } from './spans.js';

export interface Anatomy {
  footer: Spans & { start: number };
  /** Of pages: the spans of each header, and its body. */
  pages: { header: Spans; body: Span }[];
  /** Offset and column indexes. */
  indexes: Spans[];
}

/** @throws RangeError for bytes that are no Parquet file */
export function anatomyOf(bytes: Buffer): Anatomy {
  const length = bytes.readUInt32LE(bytes.length - 8);
  const start = bytes.length - 8 - length;
  const footer = { ...spansOf(bytes, start), start };
  const anatomy: Anatomy = { footer, pages: [], indexes: [] };
  // Whatever an integer of the footer points at may be a page or an index: a struct that can be read, in front of the footer.
  const seen = new Set<number>();
  for (const span of footer.integers) {
    const offset = Number(integerAt(bytes, span));
    if (offset < 4 || offset >= start || seen.has(offset)) continue;
    seen.add(offset);
    walkPages(bytes, offset, start, anatomy, seen);
  }
  return anatomy;
}

/** Pages that follow each other; or an index, whose first member is a list and not an integer. */
function walkPages(bytes: Buffer, from: number, end: number, anatomy: Anatomy, seen: Set<number>): void {
  for (let at = from; at < end;) {
    let header: Spans;
    try {
      header = spansOf(bytes, at);
    } catch {
      return;
    }
    const first = bytes[at]!;
    if (first === 0x19 && at === from && header.integers.length > 1) {
      anatomy.indexes.push(header);
      return;
    }
    // Type, uncompressed and compressed size, and the header of some kind of page.
    if (first !== 0x15 || header.integers.length < 5 || header.end - at > 5_000) return;
    const size = Number(integerAt(bytes, header.integers[2]!));
    if (size < 0 || header.end + size > end) return;
    anatomy.pages.push({ header, body: { start: header.end, end: header.end + size } });
    at = header.end + size;
    if (seen.has(at)) return;
    seen.add(at);
  }
}
