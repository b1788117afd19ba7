/**
 * The footer: where a Parquet file says what is in it.
 *
 *     PAR1 | column chunks … | page indexes, bloom filters | FileMetaData | its length (4 bytes, LE) | PAR1
 *
 * Sizes are checked against the file before they are believed.
 */
import { changeArrowKeys, readArrowKeys } from './arrow-schema.js';
import { MemoryError } from '../memory.js';
import { damaged, explainDamage, unsupported } from './errors.js';
import { FileMetaData, KeyValue, RowGroup } from './format.js';
import { isScalarColumn, readLeaves, type Leaf } from './schema.js';
import type { RangeReader } from './source.js';
import { make, ThriftError } from './thrift.js';
import { readStruct } from './thrift-reader.js';
import { writeStruct } from './thrift-writer.js';

/** One read of this size holds the whole footer of nearly every part that Spark and pyarrow write. */
export const TAIL_BYTES = 64 * 1024;

const MAGIC = 0x31524150; // "PAR1", little endian
const ENCRYPTED_MAGIC = 0x45524150; // "PARE"

export interface Footer {
  /** The file's name, for messages. */
  file: string;
  /** FileMetaData as it was read, unknown fields included. */
  meta: FileMetaData;
  /** Where FileMetaData starts: no chunk or index may reach beyond. */
  start: number;
  /** Where the file ends. */
  end: number;
  rows: number;
  leaves: Leaf[];
  rowGroups: readonly RowGroup[];
  /** The writer, by whose name readers know its habits. */
  createdBy: string | undefined;
  /** One scalar column: see `isScalarColumn`. */
  scalarColumn: boolean;
}

/**
 * Reads the footer in one ranged read, or two when it is larger than `TAIL_BYTES`.
 * @throws RepartitionError `parquet` when the file is no Parquet, truncated, damaged or encrypted
 */
export async function readFooter(reader: RangeReader): Promise<Footer> {
  const tail = await reader.read(Math.max(0, reader.size - TAIL_BYTES), reader.size);
  const length = footerLength(reader.name, reader.size, tail);
  const bytes =
    length + 8 <= tail.length
      ? tail.subarray(tail.length - 8 - length, tail.length - 8)
      : await readLong(reader, length);
  return parseFooter(reader.name, bytes, reader.size - 8 - length, reader.memory.total);
}

async function readLong(reader: RangeReader, length: number): Promise<Uint8Array> {
  const { name, size, memory } = reader;
  if (length > memory.total) {
    throw explainDamage(name, 'the footer', new MemoryError(length, memory.total));
  }
  return reader.read(size - 8 - length, size - 8);
}

/** Bytes of FileMetaData, from the file's last eight bytes. */
function footerLength(file: string, size: number, tail: Uint8Array): number {
  if (size < 12) throw damaged(file, `not a Parquet file: it has only ${size} bytes`);
  const view = new DataView(tail.buffer, tail.byteOffset + tail.length - 8, 8);
  const magic = view.getUint32(4, true);
  if (magic === ENCRYPTED_MAGIC) throw encrypted(file);
  if (magic !== MAGIC) throw damaged(file, 'not a Parquet file, or cut off: it does not end with PAR1');
  const length = view.getUint32(0, true);
  if (length > size - 12) {
    throw damaged(
      file,
      `the footer's length, ${length} bytes at byte ${size - 8}, exceeds the file's ${size}`,
    );
  }
  return length;
}

/**
 * @param start the byte where `bytes` (FileMetaData) lie in the file
 * @param most bytes that it may take in memory
 */
export function parseFooter(file: string, bytes: Uint8Array, start: number, most = Infinity): Footer {
  try {
    const meta = readStruct(FileMetaData, bytes, 0, most).struct;
    if (meta.has(FileMetaData.encryptionAlgorithm)) throw encrypted(file);
    const schema = meta.get(FileMetaData.schema) ?? [];
    const rowGroups = meta.get(FileMetaData.rowGroups) ?? [];
    const rows = meta.require(FileMetaData.numRows);
    let sum = 0;
    for (const group of rowGroups) {
      const groupRows = group.require(RowGroup.numRows);
      if (groupRows < 0) throw damaged(file, 'a row group has a negative number of rows');
      sum += groupRows;
    }
    if (sum !== rows) throw damaged(file, `the footer counts ${rows} rows but its row groups hold ${sum}`);
    const leaves = readLeaves(file, schema);
    const createdBy = meta.get(FileMetaData.createdBy);
    const end = start + bytes.length + 8;
    return {
      file,
      meta,
      start,
      end,
      rows,
      leaves,
      rowGroups,
      createdBy,
      scalarColumn: isScalarColumn(schema),
    };
  } catch (error) {
    if (error instanceof MemoryError) throw explainDamage(file, `the footer at byte ${start}`, error);
    if (error instanceof ThriftError) {
      throw damaged(file, `the footer at byte ${start} cannot be read (${error.message})`, error);
    }
    throw error;
  }
}

function encrypted(file: string): Error {
  return unsupported(
    file,
    'encrypted Parquet: its pages are bound to their place and cannot be moved',
    'Write the data set without encryption.',
  );
}

/** The key under which Arrow's writers keep the schema, and with it keys of their own. */
const ARROW_SCHEMA = 'ARROW:schema';

/** The footer's key-value metadata; a repeated key keeps its first value, as readers do. */
export function footerKeys(footer: Footer): Map<string, string | undefined> {
  const keys = new Map<string, string | undefined>();
  for (const entry of keyValues(footer.meta)) {
    const key = entry.get(KeyValue.key) ?? '';
    if (!keys.has(key)) keys.set(key, entry.get(KeyValue.value));
  }
  return keys;
}

/** A key as pyarrow sees it: from inside `ARROW:schema` where there is one, else from the footer. */
export function visibleKey(footer: Footer, key: string): string | undefined {
  const keys = footerKeys(footer);
  const arrow = keys.get(ARROW_SCHEMA);
  const arrowKeys = arrow === undefined ? undefined : readArrowKeys(arrow);
  return arrowKeys ? arrowKeys.get(key) : keys.get(key);
}

function keyValues(meta: FileMetaData): readonly KeyValue[] {
  return meta.get(FileMetaData.keyValueMetadata) ?? [];
}

/** Footer keys to set, or with null to remove. */
export type KeyChanges = Readonly<Record<string, string | null>>;

/**
 * FileMetaData with footer keys changed: a string sets a key (once), null removes it, order is kept. The same is done
 * inside `ARROW:schema`, which hides the footer's keys from Arrow's readers.
 */
export function changeKeys(meta: FileMetaData, changes: KeyChanges): FileMetaData {
  if (Object.keys(changes).length === 0) return meta;
  const entries = keyValues(meta).map((entry) => {
    const value = entry.get(KeyValue.value);
    if (entry.get(KeyValue.key) !== ARROW_SCHEMA || value === undefined) return entry;
    return entry.clone().set(KeyValue.value, changeArrowKeys(value, changes));
  });
  return changeFooterKeys(meta.clone().set(FileMetaData.keyValueMetadata, entries), changes);
}

/** The same in the footer alone, for keys that no reader of Arrow's asks for. */
export function changeFooterKeys(meta: FileMetaData, changes: KeyChanges): FileMetaData {
  const changed = new Map(Object.entries(changes));
  const kept = keyValues(meta).filter((entry) => !changed.has(entry.get(KeyValue.key) ?? ''));
  const set = [...changed].flatMap(([key, value]) =>
    value === null ? [] : [make(KeyValue, { key, value })],
  );
  const entries = [...kept, ...set];
  return entries.length > 0
    ? meta.clone().set(FileMetaData.keyValueMetadata, entries)
    : meta.clone().delete(FileMetaData.keyValueMetadata);
}

/** FileMetaData as the end of a file: its bytes, their length, the magic. */
export function footerBytes(meta: FileMetaData): Uint8Array {
  const struct = writeStruct(meta);
  const bytes = new Uint8Array(struct.length + 8);
  bytes.set(struct);
  const view = new DataView(bytes.buffer);
  view.setUint32(struct.length, struct.length, true);
  view.setUint32(struct.length + 4, MAGIC, true);
  return bytes;
}

/** The four bytes every file starts with. */
export function magicBytes(): Uint8Array {
  return new TextEncoder().encode('PAR1');
}
