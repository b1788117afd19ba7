/**
 * A Parquet file page by page, read with hyparquet's Thrift and level decoders (a fourth implementation): what the
 * three readers don't show. For small files; everything is held in memory.
 */
import { readFile } from 'node:fs/promises';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { Zstd } from '@hpcc-js/wasm-zstd';
import { parquetHeader } from 'hyparquet/src/column.js';
import { readRleBitPackedHybrid } from 'hyparquet/src/encoding.js';
import { parquetMetadata } from 'hyparquet/src/metadata.js';
import { getMaxDefinitionLevel, getMaxRepetitionLevel, getSchemaPath } from 'hyparquet/src/schema.js';
import { snappyUncompress } from 'hyparquet/src/snappy.js';
import { deserializeTCompactProtocol } from 'hyparquet/src/thrift.js';

/** A Thrift struct as it stands in the file, members by number: hyparquet's own names lose the bytes of bounds. */
export type Raw = Partial<Record<`field_${Digit | `1${Digit}`}`, unknown>>;
type Digit = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9;

export interface Page {
  kind: 'dictionary' | 'data V1' | 'data V2';
  /** Of the header, in the file. */
  offset: number;
  headerBytes: number;
  /** Of the body as it stands in the file. */
  bodyBytes: number;
  /** Of header and uncompressed body. */
  uncompressedBytes: number;
  encoding: string;
  /** Levels of a data page, entries of a dictionary page. */
  values: number;
  /** Rows that begin in a data page. */
  rows: number;
  /** The first row that begins in the page, counted from the row group's start. */
  firstRow: number;
  /** A V1 page may begin in the middle of a row whose first values are on the page before. */
  beginsInsideRow: boolean;
  /** How often each level occurs; empty where the maximum level is 0. */
  repetitionHistogram: number[];
  definitionHistogram: number[];
  /** Slots with a value. */
  present: number;
  /** What a V2 header says, to be compared. */
  stated: { rows: number; nulls: number } | undefined;
  /** `Statistics` of the header. */
  statistics: Raw | undefined;
  crc: number | undefined;
  body: Uint8Array;
}

export interface ChunkPages {
  /** Dotted. */
  path: string;
  physicalType: string;
  codec: string;
  maxDefinitionLevel: number;
  maxRepetitionLevel: number;
  /** `ColumnChunk` and its `ColumnMetaData`. */
  chunk: Raw;
  metadata: Raw;
  encodings: string[];
  encodingStats: { pageType: string; encoding: string; count: number }[] | undefined;
  start: number;
  end: number;
  pages: Page[];
  offsetIndex: Raw | undefined;
  columnIndex: Raw | undefined;
}

export interface FilePages {
  path: string;
  size: number;
  footerStart: number;
  footer: Raw;
  groups: { rows: number; group: Raw; chunks: ChunkPages[] }[];
}

export async function readPages(path: string): Promise<FilePages> {
  zstd ??= await Zstd.load();
  const bytes = await readFile(path);
  const metadata = parquetMetadata(bytes);
  const footerStart = bytes.length - 8 - metadata.metadata_length;
  const footer = thrift(bytes, footerStart);
  const rawGroups = footer.field_4 as Raw[];
  return {
    path,
    size: bytes.length,
    footerStart,
    footer,
    groups: metadata.row_groups.map((group, g) => ({
      rows: Number(group.num_rows),
      group: rawGroups[g]!,
      chunks: group.columns.map((column, c): ChunkPages => {
        const known = column.meta_data!;
        const chunk = (rawGroups[g]!.field_1 as Raw[])[c]!;
        const schemaPath = getSchemaPath(metadata.schema, known.path_in_schema);
        const place = {
          path: known.path_in_schema.join('.'),
          physicalType: known.type,
          codec: known.codec,
          maxDefinitionLevel: getMaxDefinitionLevel(schemaPath),
          maxRepetitionLevel: getMaxRepetitionLevel(schemaPath),
        };
        // An offset of 0 means none: there the magic stands. pyarrow gives a chunk without rows a dictionary page and
        // no data page, so that data_page_offset is 0.
        const offsets = [known.dictionary_page_offset, known.data_page_offset]
          .map(Number)
          .filter((n) => n > 0);
        const start = Math.min(...offsets);
        const end = start + Number(known.total_compressed_size);
        return {
          ...place,
          chunk,
          metadata: chunk.field_3 as Raw,
          encodings: known.encodings,
          encodingStats: known.encoding_stats?.map((stat) => ({
            pageType: stat.page_type,
            encoding: stat.encoding,
            count: stat.count,
          })),
          start,
          end,
          pages: walk(bytes, start, end, place),
          offsetIndex: column.offset_index_offset
            ? thrift(bytes, Number(column.offset_index_offset))
            : undefined,
          columnIndex: column.column_index_offset
            ? thrift(bytes, Number(column.column_index_offset))
            : undefined,
        };
      }),
    })),
  };
}

function thrift(bytes: Uint8Array, offset: number): Raw {
  return deserializeTCompactProtocol(reader(bytes, offset));
}

function reader(bytes: Uint8Array, offset: number): { view: DataView; offset: number } {
  return { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset };
}

type Place = Pick<ChunkPages, 'codec' | 'maxDefinitionLevel' | 'maxRepetitionLevel'>;

function walk(bytes: Uint8Array, start: number, end: number, place: Place): Page[] {
  const pages: Page[] = [];
  let row = 0;
  for (let at = start; at < end;) {
    const page = readPage(bytes, at, place, row);
    pages.push(page);
    row += page.rows;
    at += page.headerBytes + page.bodyBytes;
  }
  return pages;
}

function readPage(bytes: Uint8Array, offset: number, place: Place, firstRow: number): Page {
  const at = reader(bytes, offset);
  const header = parquetHeader(at);
  const body = bytes.subarray(at.offset, at.offset + header.compressed_page_size);
  if (body.length < header.compressed_page_size)
    throw new Error(`the page at ${offset} runs over the file's end`);
  const raw = thrift(bytes, offset);
  const common = {
    offset,
    headerBytes: at.offset - offset,
    bodyBytes: body.length,
    uncompressedBytes: at.offset - offset + header.uncompressed_page_size,
    crc: header.crc,
    body,
    firstRow,
  };
  const none = {
    rows: 0,
    beginsInsideRow: false,
    repetitionHistogram: [],
    definitionHistogram: [],
    present: 0,
  };
  if (header.dictionary_page_header) {
    const { num_values: values, encoding } = header.dictionary_page_header;
    const own = { kind: 'dictionary', encoding, values, stated: undefined, statistics: undefined } as const;
    return { ...common, ...none, ...own };
  }
  if (header.data_page_header_v2) {
    const v2 = header.data_page_header_v2;
    const repetition = body.subarray(0, v2.repetition_levels_byte_length);
    const definition = body.subarray(repetition.length, repetition.length + v2.definition_levels_byte_length);
    const levels = {
      repetition: decode(reader(repetition, 0), place.maxRepetitionLevel, v2.num_values, repetition.length),
      definition: decode(reader(definition, 0), place.maxDefinitionLevel, v2.num_values, definition.length),
    };
    const own = {
      kind: 'data V2',
      encoding: v2.encoding,
      values: v2.num_values,
      stated: { rows: v2.num_rows, nulls: v2.num_nulls },
      statistics: (raw.field_8 as Raw).field_8 as Raw | undefined,
    } as const;
    return { ...common, ...own, ...summarize(levels, place, v2.num_values) };
  }
  const v1 = header.data_page_header;
  if (!v1) throw new Error(`the page at ${offset} is of the unknown type ${header.type}`);
  const levelReader = reader(decompress(body, header.uncompressed_page_size, place), 0);
  const levels = {
    repetition: decode(levelReader, place.maxRepetitionLevel, v1.num_values),
    definition: decode(levelReader, place.maxDefinitionLevel, v1.num_values),
  };
  const own = {
    kind: 'data V1',
    encoding: v1.encoding,
    values: v1.num_values,
    stated: undefined,
    statistics: (raw.field_5 as Raw).field_5 as Raw | undefined,
  } as const;
  return { ...common, ...own, ...summarize(levels, place, v1.num_values) };
}

/** Levels in the RLE hybrid; `length` in bytes where no length stands before them. Empty when the maximum is 0. */
function decode(from: ReturnType<typeof reader>, max: number, count: number, length?: number): number[] {
  if (max === 0) return [];
  const levels = new Array<number>(count);
  if (count > 0 || length === undefined) {
    readRleBitPackedHybrid(from, Math.ceil(Math.log2(max + 1)), levels, length);
  }
  return levels.slice(0, count);
}

function summarize(levels: { repetition: number[]; definition: number[] }, place: Place, values: number) {
  const repetitionHistogram = histogram(levels.repetition, place.maxRepetitionLevel);
  const definitionHistogram = histogram(levels.definition, place.maxDefinitionLevel);
  return {
    repetitionHistogram,
    definitionHistogram,
    rows: place.maxRepetitionLevel === 0 ? values : repetitionHistogram[0]!,
    beginsInsideRow: (levels.repetition[0] ?? 0) > 0,
    present: place.maxDefinitionLevel === 0 ? values : definitionHistogram[place.maxDefinitionLevel]!,
  };
}

function histogram(levels: number[], max: number): number[] {
  if (max === 0) return [];
  const counts = new Array<number>(max + 1).fill(0);
  for (const level of levels) counts[level]!++;
  return counts;
}

let zstd: Zstd | undefined;

function decompress(body: Uint8Array, size: number, { codec }: Place): Uint8Array {
  switch (codec) {
    case 'UNCOMPRESSED':
      return body;
    case 'SNAPPY': {
      const out = new Uint8Array(size);
      if (size > 0) snappyUncompress(body, out);
      return out;
    }
    case 'GZIP':
      return gunzipSync(body);
    case 'BROTLI':
      return brotliDecompressSync(body);
    case 'ZSTD':
      return size === 0 ? new Uint8Array() : zstd!.decompress(body);
    case 'LZ4_RAW':
      return lz4(body, size);
    default:
      throw new Error(`pages.ts does not know the codec ${codec}`);
  }
}

/** An LZ4 block: runs of literals, each followed by a copy of what came before. */
function lz4(body: Uint8Array, size: number): Uint8Array {
  const out = new Uint8Array(size);
  let from = 0;
  let to = 0;
  const extended = (nibble: number): number => {
    let length = nibble;
    if (nibble === 15) {
      let byte: number;
      do {
        byte = body[from++]!;
        length += byte;
      } while (byte === 255);
    }
    return length;
  };
  while (from < body.length) {
    const token = body[from++]!;
    const literals = extended(token >> 4);
    out.set(body.subarray(from, from + literals), to);
    from += literals;
    to += literals;
    if (from >= body.length) break;
    const distance = body[from]! | (body[from + 1]! << 8);
    from += 2;
    for (let left = extended(token & 15) + 4; left > 0; left--, to++) out[to] = out[to - distance]!;
  }
  return out;
}
