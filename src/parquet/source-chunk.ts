/** A column chunk of a source: where its bytes lie and what its metadata say, checked before anything believes them. */
import { damaged, unsupported } from './errors.js';
import type { Footer } from './footer.js';
import { ColumnChunk, ColumnMetaData, nameOf, PhysicalType, RowGroup } from './format.js';
import { type Habits, habitsOf } from './habits.js';
import type { Leaf } from './schema.js';
import { type Field, type Struct, ThriftError } from './thrift.js';

export interface ByteRange {
  start: number;
  end: number;
}

/** What pieces are taken from. */
export interface SourceChunk {
  file: string;
  leaf: Leaf;
  /** The ColumnChunk struct and the ColumnMetaData in it, as they were read. */
  struct: ColumnChunk;
  meta: ColumnMetaData;
  /** Its pages, the dictionary page included. */
  range: ByteRange;
  /** Whether they end where the range does; else they end somewhere in it, and their headers tell. */
  isExact: boolean;
  codec: number;
  /** Of its writer. */
  habits: Habits;
  /** Levels: nulls and empty lists count. */
  numValues: number;
  uncompressedSize: number;
  offsetIndex?: ByteRange;
  columnIndex?: ByteRange;
  bloomFilter?: ByteRange;
}

/**
 * The chunks of a row group, in leaf order.
 * @throws RepartitionError `parquet` when they are encrypted, in other files, or reach outside this one
 */
export function readChunks(footer: Footer, group: RowGroup): SourceChunk[] {
  try {
    const columns = group.get(RowGroup.columns) ?? [];
    if (columns.length !== footer.leaves.length) {
      throw damaged(
        footer.file,
        `a row group has ${columns.length} columns, the schema ${footer.leaves.length}`,
      );
    }
    return footer.leaves.map((leaf, i) => readChunk(footer, leaf, columns[i]!));
  } catch (error) {
    if (error instanceof ThriftError) throw damaged(footer.file, `a row group: ${error.message}`, error);
    throw error;
  }
}

function readChunk(footer: Footer, leaf: Leaf, struct: ColumnChunk): SourceChunk {
  const file = footer.file;
  if (struct.has(ColumnChunk.cryptoMetadata) || struct.has(ColumnChunk.encryptedColumnMetadata)) {
    throw unsupported(file, `column ${leaf.path} is encrypted`, 'Write the data set without encryption.');
  }
  if (struct.has(ColumnChunk.filePath)) {
    throw unsupported(
      file,
      `column ${leaf.path} lies in another file`,
      'Write the data set as ordinary Parquet files.',
    );
  }
  const meta = struct.require(ColumnChunk.metaData);
  const type = meta.require(ColumnMetaData.type);
  if (type !== leaf.type) {
    const [stored, declared] = [type, leaf.type].map((one) => nameOf(PhysicalType, one));
    throw damaged(file, `column ${leaf.path} is of type ${declared}, its pages of ${stored}`);
  }
  const start = chunkStart(meta);
  const size = meta.require(ColumnMetaData.totalCompressedSize);
  const hasIndex = struct.has(ColumnChunk.offsetIndexOffset);
  const habits = habitsOf(footer.createdBy);
  // A size too long for the file's data does no harm where the pages are found without it.
  const isTooLong = !hasIndex && start + size > footer.start && start + size <= footer.end;
  const range = within(footer, leaf, 'pages', start, isTooLong ? footer.start - start : size);
  range.end = Math.min(range.end + habits.overhang, footer.start);
  const numValues = meta.require(ColumnMetaData.numValues);
  const uncompressedSize = meta.require(ColumnMetaData.totalUncompressedSize);
  if (numValues < 0 || uncompressedSize < 0) throw damaged(file, `column ${leaf.path} has a negative size`);
  const chunk: SourceChunk = {
    file,
    leaf,
    struct,
    meta,
    range,
    isExact: habits.overhang === 0 && !isTooLong,
    habits,
    codec: meta.require(ColumnMetaData.codec),
    numValues,
    uncompressedSize,
  };
  const offsetIndex = optionalRange(struct, ColumnChunk.offsetIndexOffset, ColumnChunk.offsetIndexLength);
  const columnIndex = optionalRange(struct, ColumnChunk.columnIndexOffset, ColumnChunk.columnIndexLength);
  const bloom = optionalRange(meta, ColumnMetaData.bloomFilterOffset, ColumnMetaData.bloomFilterLength);
  if (offsetIndex) chunk.offsetIndex = within(footer, leaf, 'offset index', ...offsetIndex);
  if (columnIndex) chunk.columnIndex = within(footer, leaf, 'column index', ...columnIndex);
  if (bloom) chunk.bloomFilter = within(footer, leaf, 'Bloom filter', ...bloom);
  return chunk;
}

/** The dictionary page comes first when there is one; writers that have none may say 0. */
function chunkStart(meta: ColumnMetaData): number {
  const data = meta.require(ColumnMetaData.dataPageOffset);
  const dictionary = meta.get(ColumnMetaData.dictionaryPageOffset) ?? 0;
  return dictionary > 0 ? Math.min(dictionary, data) : data;
}

function optionalRange<Of extends string>(
  struct: Struct<Of>,
  offsetField: Field<Of, number>,
  lengthField: Field<Of, number>,
): [number, number] | undefined {
  const offset = struct.get(offsetField);
  const length = struct.get(lengthField);
  return offset === undefined || length === undefined || length === 0 ? undefined : [offset, length];
}

function within(footer: Footer, leaf: Leaf, what: string, start: number, length: number): ByteRange {
  const end = start + length;
  if (start < 4 || length < 0 || end > footer.start) {
    throw damaged(
      footer.file,
      `column ${leaf.path}: its ${what} (bytes ${start} to ${end}) lie outside the file's data (4 to ${footer.start})`,
    );
  }
  return { start, end };
}
