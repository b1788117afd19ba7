/** A column chunk of a matrix cell: its dictionary and its pages, and what is known of each. */
import { crc32 } from 'node:zlib';
import { boolean, i32, struct, type Thrift, thriftBytes } from '../support/thrift-writer.js';
import type { MatrixCell } from './cells.js';
import { compress } from './compress.js';
import {
  bitPacked,
  bitWidth,
  byteStreamSplit,
  deltaByteArrays,
  deltaIntegers,
  deltaLengths,
  dictionaryIndices,
  hybrid,
  plain,
  prefixed,
  rleBooleans,
} from './encode.js';
import type { FileBytes } from './file-bytes.js';
import type { Shredded } from './shapes.js';
import { statisticsOf } from './write-metadata.js';
import { ENCODINGS, encodingsOf, type LeafType, type ValueEncoding } from './types.js';

/** `PageType` of the format. */
export const PAGE_TYPES = { V1: 0, dictionary: 2, V2: 3 } as const;

export interface PageFacts {
  firstRow: number;
  rows: number;
  nulls: number;
  /** Of the numbers that stand for values; undefined where there are none. */
  bounds: { min: number; max: number } | undefined;
  nans: number;
  offset: number;
  /** Of header and body. */
  size: number;
  encoding: number;
  version: 1 | 2;
}

export interface ChunkFacts {
  cell: MatrixCell;
  leaf: Shredded;
  pages: PageFacts[];
  start: number;
  /** The encoding of its dictionary page, if it has one. */
  dictionary: number | undefined;
  dataStart: number;
  compressed: number;
  uncompressed: number;
  /** Of the dictionary page and of the data pages. */
  encodings: number[];
}

interface LevelRange {
  from: number;
  to: number;
}

/** What a test does to a part of a page. */
export type Tamper = (
  name: 'dictionary' | 'repetition levels' | 'definition levels' | 'values',
  part: Buffer,
) => Buffer;

export function writeChunk(
  file: FileBytes,
  cell: MatrixCell,
  leaf: Shredded,
  { next, tamper }: { next: () => number; tamper: Tamper },
): ChunkFacts {
  const ranges = pageRanges(cell, leaf, next);
  const chunk: ChunkFacts = {
    cell,
    leaf,
    pages: [],
    start: file.at,
    dictionary: undefined,
    dataStart: file.at,
    compressed: 0,
    uncompressed: 0,
    encodings: [ENCODINGS.RLE],
  };
  const put = (page: {
    header: Record<number, Thrift>;
    type: number;
    lead: Buffer;
    body: Buffer;
    packed: Buffer;
  }) => {
    const { header, type, lead, body, packed } = page;
    const content = Buffer.concat([lead, packed]);
    const head = thriftBytes({
      1: i32(type),
      2: i32(lead.length + body.length),
      3: i32(content.length),
      ...(cell.crc ? { 4: i32(crc32(content) | 0) } : {}),
      ...header,
    });
    chunk.compressed += head.length + content.length;
    chunk.uncompressed += head.length + lead.length + body.length;
    return { offset: file.put(Buffer.concat([head, content])), size: head.length + content.length };
  };

  const encodings = pageEncodings(encodingFor(cell, leaf.leaf), ranges.length);
  const coded = ranges.filter((_, i) => encodings[i]!.endsWith('DICTIONARY'));
  const words = [...new Set(coded.flatMap((range) => valuesOf(leaf, range)))];
  if (coded.length > 0) {
    const entries = words.map((word) => bytesOf(leaf.leaf, word));
    const body = tamper('dictionary', plain(leaf.leaf, entries));
    const own = encodings[0] === 'PLAIN_DICTIONARY' ? ENCODINGS.PLAIN_DICTIONARY : ENCODINGS.PLAIN;
    const header = { 7: struct({ 1: i32(words.length), 2: i32(own) }) };
    put({
      type: PAGE_TYPES.dictionary,
      header,
      lead: Buffer.alloc(0),
      body,
      packed: compress(cell.codec, body),
    });
    chunk.encodings.push(own);
    chunk.dictionary = own;
    chunk.dataStart = file.at;
  }
  for (const [i, range] of ranges.entries()) {
    const encoding = ENCODINGS[encodings[i]!];
    const facts = factsOf(leaf, range);
    const page = {
      range,
      facts,
      encoding,
      values: tamper('values', encodeValues(encodings[i]!, leaf.leaf, valuesOf(leaf, range), words)),
      tamper,
    };
    const version = cell.pages === 'V2' || (cell.pages === 'V1 and V2' && i % 2 === 1) ? 2 : 1;
    const made = version === 1 ? pageV1(cell, leaf, page) : pageV2(cell, leaf, page, next() < 0.2);
    chunk.pages.push({ ...facts, ...put(made), encoding, version });
    if (!chunk.encodings.includes(encoding)) chunk.encodings.push(encoding);
  }
  return chunk;
}

type PageEncoding = Exclude<ValueEncoding, 'dictionary, then PLAIN'>;

/** A dictionary is full after half of the pages, if it ever is. */
function pageEncodings(encoding: ValueEncoding, pages: number): PageEncoding[] {
  return Array.from({ length: pages }, (_, i): PageEncoding => {
    if (encoding !== 'dictionary, then PLAIN') return encoding;
    return i < pages / 2 ? 'RLE_DICTIONARY' : 'PLAIN';
  });
}

/** Levels of each page: of whole rows, but where rows straddle. */
function pageRanges(cell: MatrixCell, leaf: Shredded, next: () => number): LevelRange[] {
  const levels = leaf.repetition.length;
  // A chunk without rows has a page without values, or none.
  if (levels === 0) return cell.seed % 2 === 0 ? [{ from: 0, to: 0 }] : [];
  const ranges: LevelRange[] = [];
  const straddle = cell.pages === 'V1, rows straddle';
  let from = 0;
  while (from < levels) {
    let to = from;
    if (straddle) to = Math.min(levels, from + 1 + Math.floor(next() * 25));
    else {
      for (let rows = 1 + Math.floor(next() * 18); to < levels; to++) {
        if (leaf.repetition[to] === 0 && rows-- === 0) break;
      }
    }
    ranges.push({ from, to });
    from = to;
  }
  return ranges;
}

/** Other leaves than the cell's own, such as a map's keys, are plain where its encoding is not theirs. */
function encodingFor({ encoding }: MatrixCell, { physical }: LeafType): ValueEncoding {
  return encodingsOf(physical).includes(encoding) ? encoding : 'PLAIN';
}

function valuesOf(leaf: Shredded, { from, to }: LevelRange): number[] {
  return leaf.values.slice(from, to).filter((value) => value !== null);
}

const bytesOf = (leaf: LeafType, value: number): Buffer => (value < 0 ? leaf.nan! : leaf.value(value));

function encodeValues(how: PageEncoding, leaf: LeafType, values: number[], words: number[]): Buffer {
  const bytes = values.map((value) => bytesOf(leaf, value));
  switch (how) {
    case 'PLAIN':
      return plain(leaf, bytes);
    case 'RLE':
      return rleBooleans(bytes);
    case 'DELTA_BINARY_PACKED':
      return deltaIntegers(leaf, bytes);
    case 'DELTA_LENGTH_BYTE_ARRAY':
      return deltaLengths(bytes);
    case 'DELTA_BYTE_ARRAY':
      return deltaByteArrays(bytes);
    case 'BYTE_STREAM_SPLIT':
      return byteStreamSplit(bytes);
    default:
      return dictionaryIndices(
        values.map((value) => words.indexOf(value)),
        bitWidth(Math.max(0, words.length - 1)),
      );
  }
}

export type Facts = Pick<PageFacts, 'firstRow' | 'rows' | 'nulls' | 'bounds' | 'nans'>;

function factsOf(leaf: Shredded, range: LevelRange): Facts {
  const rowsIn = (from: number, to: number) =>
    leaf.repetition.slice(from, to).filter((level) => level === 0).length;
  const values = valuesOf(leaf, range);
  const ordered = values.filter((value) => value >= 0);
  return {
    firstRow: rowsIn(0, range.from),
    rows: rowsIn(range.from, range.to),
    nulls: range.to - range.from - values.length,
    bounds: ordered.length > 0 ? { min: Math.min(...ordered), max: Math.max(...ordered) } : undefined,
    nans: values.length - ordered.length,
  };
}

interface PageContent {
  range: LevelRange;
  facts: Facts;
  encoding: number;
  values: Buffer;
  tamper: Tamper;
}

function pageV1(
  cell: MatrixCell,
  leaf: Shredded,
  { range: { from, to }, facts, encoding, values, tamper }: PageContent,
) {
  const packed = cell.levels === 'BIT_PACKED';
  const levels = (name: 'repetition levels' | 'definition levels', all: number[], max: number): Buffer[] => {
    if (max === 0) return [];
    const encoded = (packed ? bitPacked : hybrid)(all.slice(from, to), bitWidth(max));
    return [packed ? tamper(name, encoded) : prefixed(tamper(name, encoded))];
  };
  const how = i32(packed ? ENCODINGS.BIT_PACKED : ENCODINGS.RLE);
  const body = Buffer.concat([
    ...levels('repetition levels', leaf.repetition, leaf.maxRepetition),
    ...levels('definition levels', leaf.definition, leaf.maxDefinition),
    values,
  ]);
  const statistics = cell.statistics === 'on pages too' ? { 5: statisticsOf(cell, leaf.leaf, facts) } : {};
  const header = { 5: struct({ 1: i32(to - from), 2: i32(encoding), 3: how, 4: how, ...statistics }) };
  return { type: PAGE_TYPES.V1, header, lead: Buffer.alloc(0), body, packed: compress(cell.codec, body) };
}

/** @param stored a page need not be compressed, whatever its chunk's codec is */
function pageV2(
  cell: MatrixCell,
  leaf: Shredded,
  { range: { from, to }, facts, encoding, values: body, tamper }: PageContent,
  stored: boolean,
) {
  const levels = (all: number[], max: number) =>
    max === 0 ? Buffer.alloc(0) : hybrid(all.slice(from, to), bitWidth(max));
  const repetition = tamper('repetition levels', levels(leaf.repetition, leaf.maxRepetition));
  const definition = tamper('definition levels', levels(leaf.definition, leaf.maxDefinition));
  const header = {
    8: struct({
      1: i32(to - from),
      2: i32(facts.nulls),
      3: i32(facts.rows),
      4: i32(encoding),
      5: i32(definition.length),
      6: i32(repetition.length),
      7: boolean(!stored),
      ...(cell.statistics === 'on pages too' ? { 8: statisticsOf(cell, leaf.leaf, facts) } : {}),
    }),
  };
  const packed = stored ? body : compress(cell.codec, body);
  return { type: PAGE_TYPES.V2, header, lead: Buffer.concat([repetition, definition]), body, packed };
}
