/** What a file of a matrix cell says of its pages: statistics, indexes, Bloom filters, and the footer's row groups. */
import {
  binary,
  boolean,
  booleans,
  i32,
  i64,
  list,
  struct,
  text,
  type Thrift,
  thriftBytes,
} from '../support/thrift-writer.js';
import type { MatrixCell } from './cells.js';
import { CODECS } from './compress.js';
import type { FileBytes } from './file-bytes.js';
import { type LeafType, PHYSICAL } from './types.js';
import { type ChunkFacts, type Facts, PAGE_TYPES } from './write-chunk.js';

/** 1 max and 2 min are the deprecated ones, of numbers in signed order; 3 nulls; 5 max, 6 min; 7 and 8 say exact. */
export function statisticsOf(
  cell: MatrixCell,
  leaf: LeafType,
  { nulls, bounds }: Pick<Facts, 'nulls' | 'bounds'>,
): Thrift {
  const count = cell.statistics === 'bounds alone' ? {} : { 3: i64(nulls) };
  if (!bounds || !leaf.ordered) return struct(count);
  const [min, max] = [leaf.value(bounds.min), leaf.value(bounds.max)].map(binary);
  if (cell.statistics !== 'deprecated') {
    return struct({ ...count, 5: max!, 6: min!, 7: boolean(true), 8: boolean(true) });
  }
  const signed = leaf.physical !== 'BYTE_ARRAY' && !cell.type.startsWith('uint') && leaf.length === undefined;
  return struct(signed ? { 1: max!, 2: min!, ...count } : count);
}

interface ByteRange {
  from: number;
  to: number;
}

export interface Tail {
  bloom?: ByteRange;
  offsetIndex?: ByteRange;
  columnIndex?: ByteRange;
}

/** Every bit of it is set, which is a true answer to any question. */
const BLOOM = Buffer.concat([
  thriftBytes({ 1: i32(32), 2: union(), 3: union(), 4: union() }),
  Buffer.alloc(32, 0xff),
]);

function union(): Thrift {
  return struct({ 1: struct({}) });
}

export function writeTail(
  file: FileBytes,
  cell: MatrixCell,
  chunk: ChunkFacts,
  group: number,
  column: number,
): Tail {
  const put = (bytes: Buffer): ByteRange => ({ from: file.put(bytes), to: file.at });
  const partly = cell.index === 'partly';
  const any = cell.index === 'yes' || (partly && (group + column) % 2 === 0);
  return {
    ...(cell.bloom && chunk.leaf.leaf.physical !== 'BOOLEAN' ? { bloom: put(BLOOM) } : {}),
    ...(any && canIndex(chunk) && !(partly && cell.seed % 2 === 0)
      ? { columnIndex: put(columnIndex(cell, chunk)) }
      : {}),
    ...(any && chunk.pages.length > 0 ? { offsetIndex: put(offsetIndex(chunk)) } : {}),
  };
}

/** No bounds can be said of a page with values of which none has a place in the order. */
function canIndex({ leaf, pages }: ChunkFacts): boolean {
  return (
    pages.length > 0 &&
    leaf.leaf.ordered &&
    pages.every((page) => page.bounds !== undefined || page.nans === 0)
  );
}

function offsetIndex({ pages }: ChunkFacts): Buffer {
  return thriftBytes({
    1: list(pages.map((page) => struct({ 1: i64(page.offset), 2: i32(page.size), 3: i64(page.firstRow) }))),
  });
}

function columnIndex(cell: MatrixCell, { leaf: { leaf }, pages }: ChunkFacts): Buffer {
  const bound = (side: 'min' | 'max') =>
    list(pages.map(({ bounds }) => binary(bounds ? leaf.value(bounds[side]) : Buffer.alloc(0))));
  return thriftBytes({
    1: booleans(pages.map((page) => page.bounds === undefined)),
    2: bound('min'),
    3: bound('max'),
    4: i32(0),
    ...(cell.statistics === 'bounds alone' ? {} : { 5: list(pages.map((page) => i64(page.nulls))) }),
  });
}

export function rowGroup(chunks: readonly ChunkFacts[], tails: readonly Tail[], rows: number): Thrift {
  return struct({
    1: list(chunks.map((chunk, c) => columnChunk(chunk, tails[c]!))),
    2: i64(chunks.reduce((sum, chunk) => sum + chunk.uncompressed, 0)),
    3: i64(rows),
    5: i64(chunks[0]!.start),
    6: i64(chunks.reduce((sum, chunk) => sum + chunk.compressed, 0)),
  });
}

function columnChunk(chunk: ChunkFacts, { bloom, offsetIndex: offsets, columnIndex: bounds }: Tail): Thrift {
  return struct({
    2: i64(0),
    3: metadataOf(chunk, bloom),
    ...(offsets ? { 4: i64(offsets.from), 5: i32(offsets.to - offsets.from) } : {}),
    ...(bounds ? { 6: i64(bounds.from), 7: i32(bounds.to - bounds.from) } : {}),
  });
}

function metadataOf(chunk: ChunkFacts, bloom: ByteRange | undefined): Thrift {
  const { leaf, pages, cell } = chunk;
  const counted = new Map<string, { type: number; encoding: number; count: number }>();
  const count = (type: number, encoding: number): void => {
    const entry = counted.get(`${type} ${encoding}`) ?? { type, encoding, count: 0 };
    counted.set(`${type} ${encoding}`, { ...entry, count: entry.count + 1 });
  };
  if (chunk.dictionary !== undefined) count(PAGE_TYPES.dictionary, chunk.dictionary);
  for (const { version, encoding } of pages) count(version === 1 ? PAGE_TYPES.V1 : PAGE_TYPES.V2, encoding);
  const known = pages.flatMap(({ bounds }) => (bounds ? [bounds.min, bounds.max] : []));
  const whole = {
    nulls: pages.reduce((sum, { nulls }) => sum + nulls, 0),
    bounds: known.length > 0 ? { min: Math.min(...known), max: Math.max(...known) } : undefined,
  };
  return struct({
    1: i32(PHYSICAL[leaf.leaf.physical]),
    2: list(chunk.encodings.map((encoding) => i32(encoding))),
    3: list(leaf.path.map((name) => text(name))),
    4: i32(CODECS[cell.codec]),
    5: i64(leaf.repetition.length),
    6: i64(chunk.uncompressed),
    7: i64(chunk.compressed),
    9: i64(chunk.dataStart),
    ...(chunk.dictionary !== undefined ? { 11: i64(chunk.start) } : {}),
    ...(cell.statistics === 'none' ? {} : { 12: statisticsOf(cell, leaf.leaf, whole) }),
    13: list(
      [...counted.values()].map(({ type, encoding, count }) =>
        struct({ 1: i32(type), 2: i32(encoding), 3: i32(count) }),
      ),
    ),
    ...(bloom ? { 14: i64(bloom.from), 15: i32(bloom.to - bloom.from) } : {}),
  });
}
