/**
 * Writes V1 files whose pages begin in the middle of a row, as Arrow C++ did before it knew page indexes and parquet-mr
 * before 1.11. No writer at hand does that any more, so the pages are put together here, byte by byte:
 *
 *     page header (Thrift) | repetition levels: u32 length, RLE hybrid | definition levels: the same | values
 *
 * Levels are cut every `levelsPerPage`, wherever a row may be. Other habits of old writers can be had as well: no
 * `dictionary_page_offset`, the deprecated `min`/`max` statistics, PLAIN_DICTIONARY.
 */
import { writeFile } from 'node:fs/promises';
import { compressSync } from 'snappy';
import type { Cell } from './canonical.js';
import { binary, i32, i64, list, struct, text, type Thrift, thriftBytes } from './thrift-writer.js';

export interface StraddlingColumn {
  name: string;
  /** Of the leaf. */
  type: 'int32' | 'int64' | 'float' | 'double' | 'string' | 'binary';
  /** Lists of nullable elements, nullable themselves, or nullable values. */
  list: boolean;
  cells: Cell[];
}

export interface StraddlingOptions {
  /** Of each page; default 5. */
  levelsPerPage?: number;
  /** Rows of each; one row group by default. */
  rowGroups?: number[];
  dictionary?: boolean;
  compression?: 'none' | 'snappy';
  /** Default true; false makes readers find the dictionary page at `data_page_offset`. */
  dictionaryPageOffset?: boolean;
  statistics?: 'none' | 'deprecated';
  /** Default: a parquet-cpp-arrow from before page indexes. */
  createdBy?: string;
  keys?: Record<string, string>;
}

const TYPES = { int32: 1, int64: 2, float: 4, double: 5, string: 6, binary: 6 };
const PLAIN = 0;
const PLAIN_DICTIONARY = 2;
const RLE = 3;

export async function writeStraddling(
  path: string,
  columns: readonly StraddlingColumn[],
  options: StraddlingOptions = {},
): Promise<void> {
  const rows = columns[0]!.cells.length;
  const parts: Buffer[] = [Buffer.from('PAR1')];
  let at = 4;
  const put = (bytes: Buffer): number => {
    const start = at;
    parts.push(bytes);
    at += bytes.length;
    return start;
  };
  let from = 0;
  const groups = (options.rowGroups ?? [rows]).map((count) => {
    const chunks = columns.map((column) => {
      const cells = column.cells.slice(from, from + count);
      return writeChunk(column, cells, options, put);
    });
    from += count;
    const bytes = chunks.reduce((sum, chunk) => sum + chunk.uncompressed, 0);
    return struct({ 1: list(chunks.map((chunk) => chunk.thrift)), 2: i64(bytes), 3: i64(count) });
  });
  if (from !== rows) throw new Error(`row groups of ${from} rows for ${rows}`);
  const footer = thriftBytes({
    1: i32(1),
    2: list(schema(columns)),
    3: i64(rows),
    4: list(groups),
    ...keyValues(options.keys),
    6: text(options.createdBy ?? 'parquet-cpp-arrow version 9.0.0'),
  });
  const length = Buffer.alloc(4);
  length.writeUInt32LE(footer.length);
  await writeFile(path, Buffer.concat([...parts, footer, length, Buffer.from('PAR1')]));
}

function keyValues(keys: Record<string, string> | undefined): Record<number, Thrift> {
  if (!keys) return {};
  return { 5: list(Object.entries(keys).map(([k, v]) => struct({ 1: text(k), 2: text(v) }))) };
}

/** SchemaElement: 1 type, 3 repetition (1 optional, 2 repeated), 4 name, 5 children, 6 converted (0 UTF8, 3 LIST). */
function schema(columns: readonly StraddlingColumn[]): Thrift[] {
  const elements = [struct({ 4: text('schema'), 5: i32(columns.length) })];
  for (const { name, type, list: isList } of columns) {
    const leaf = (own: string) =>
      struct({ 1: i32(TYPES[type]), 3: i32(1), 4: text(own), ...(type === 'string' ? { 6: i32(0) } : {}) });
    if (!isList) {
      elements.push(leaf(name));
      continue;
    }
    elements.push(
      struct({ 3: i32(1), 4: text(name), 5: i32(1), 6: i32(3) }),
      struct({ 3: i32(2), 4: text('list'), 5: i32(1) }),
      leaf('element'),
    );
  }
  return elements;
}

interface Shredded {
  repetition: number[];
  definition: number[];
  /** One per level; null where the definition level is not the greatest. */
  leaves: Cell[];
}

function shred(column: StraddlingColumn, cells: Cell[]): Shredded {
  const out: Shredded = { repetition: [], definition: [], leaves: [] };
  const put = (repetition: number, definition: number, leaf: Cell) => {
    out.repetition.push(repetition);
    out.definition.push(definition);
    out.leaves.push(leaf);
  };
  for (const cell of cells) {
    if (!column.list) put(0, cell === null ? 0 : 1, cell);
    else if (cell === null) put(0, 0, null);
    else if ((cell as Cell[]).length === 0) put(0, 1, null);
    else
      for (const [i, leaf] of (cell as Cell[]).entries()) put(i === 0 ? 0 : 1, leaf === null ? 2 : 3, leaf);
  }
  return out;
}

function writeChunk(
  column: StraddlingColumn,
  cells: Cell[],
  options: StraddlingOptions,
  put: (bytes: Buffer) => number,
): { thrift: Thrift; uncompressed: number } {
  const { repetition, definition, leaves } = shred(column, cells);
  const present = leaves.filter((leaf) => leaf !== null);
  const words = options.dictionary ? [...new Set(present)] : [];
  const width = Math.max(1, Math.ceil(Math.log2(Math.max(words.length, 2))));
  const totals = { compressed: 0, uncompressed: 0 };
  const putPage = (type: number, header: Record<number, Thrift>, body: Buffer): number => {
    const packed = options.compression === 'snappy' ? compressSync(body) : body;
    const head = thriftBytes({ 1: i32(type), 2: i32(body.length), 3: i32(packed.length), ...header });
    totals.compressed += head.length + packed.length;
    totals.uncompressed += head.length + body.length;
    return put(Buffer.concat([head, packed]));
  };

  let dictionaryOffset: number | undefined;
  let dataOffset: number | undefined;
  if (options.dictionary) {
    const header = struct({ 1: i32(words.length), 2: i32(PLAIN_DICTIONARY) });
    dictionaryOffset = putPage(2, { 7: header }, plain(words, column.type));
  }
  const step = options.levelsPerPage ?? 5;
  for (let at = 0; at < leaves.length; at += step) {
    const values = leaves.slice(at, at + step).filter((leaf) => leaf !== null);
    const levels = [
      ...(column.list ? [{ of: repetition, max: 1 }] : []),
      { of: definition, max: column.list ? 3 : 1 },
    ];
    const body = Buffer.concat([
      ...levels.map(({ of, max }) => prefixed(runs(of.slice(at, at + step), max))),
      options.dictionary ? indices(values, words, width) : plain(values, column.type),
    ]);
    const header = struct({
      1: i32(Math.min(step, leaves.length - at)),
      2: i32(options.dictionary ? PLAIN_DICTIONARY : PLAIN),
      3: i32(RLE),
      4: i32(RLE),
    });
    const offset = putPage(0, { 5: header }, body);
    dataOffset ??= offset;
  }
  const named = options.dictionaryPageOffset !== false && dictionaryOffset !== undefined;
  const metadata = struct({
    1: i32(TYPES[column.type]),
    2: list([i32(options.dictionary ? PLAIN_DICTIONARY : PLAIN), i32(RLE)]),
    3: list((column.list ? [column.name, 'list', 'element'] : [column.name]).map((name) => text(name))),
    4: i32(options.compression === 'snappy' ? 1 : 0),
    5: i64(leaves.length),
    6: i64(totals.uncompressed),
    7: i64(totals.compressed),
    9: i64((named ? dataOffset : (dictionaryOffset ?? dataOffset)) ?? 0),
    ...(named ? { 11: i64(dictionaryOffset!) } : {}),
    ...(options.statistics === 'deprecated' ? statistics(column, leaves, present) : {}),
  });
  return { thrift: struct({ 2: i64(0), 3: metadata }), uncompressed: totals.uncompressed };
}

/** 1 max and 2 min, which old writers gave for numbers alone; 3 null_count. */
function statistics(column: StraddlingColumn, leaves: Cell[], present: Cell[]): Record<number, Thrift> {
  const nulls = { 3: i64(leaves.length - present.length) };
  if (!column.type.startsWith('int') || present.length === 0) return { 12: struct(nulls) };
  const sorted = present
    .map((leaf) => BigInt(leaf as string | number))
    .sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const bytes = (value: bigint) => {
    const cell = column.type === 'int32' ? Number(value) : value.toString();
    return binary(plain([cell], column.type));
  };
  return { 12: struct({ 1: bytes(sorted.at(-1)!), 2: bytes(sorted[0]!), ...nulls }) };
}

function prefixed(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** The RLE hybrid with repeated runs only: varint of count << 1, then the level in one byte. */
function runs(levels: number[], max: number): Buffer {
  if (max > 255) throw new Error('levels of one byte only');
  const out: number[] = [];
  for (let i = 0; i < levels.length;) {
    let end = i;
    while (levels[end] === levels[i]) end++;
    varint(out, (end - i) << 1);
    out.push(levels[i]!);
    i = end;
  }
  return Buffer.from(out);
}

/** Bit width, then one bit-packed run: varint of (groups of 8) << 1 | 1, then the indices, least bit first. */
function indices(values: Cell[], words: Cell[], width: number): Buffer {
  const groups = Math.ceil(values.length / 8);
  const out = [width];
  varint(out, (groups << 1) | 1);
  const packed = Buffer.alloc(groups * width);
  for (const [i, value] of values.entries()) {
    const index = words.indexOf(value);
    for (let bit = 0; bit < width; bit++) {
      const at = i * width + bit;
      if ((index >> bit) & 1) packed[at >> 3]! |= 1 << (at & 7);
    }
  }
  return Buffer.concat([Buffer.from(out), packed]);
}

function varint(out: number[], value: number): void {
  let rest = value;
  for (; rest > 0x7f; rest >>>= 7) out.push((rest & 0x7f) | 0x80);
  out.push(rest);
}

function plain(values: Cell[], type: StraddlingColumn['type']): Buffer {
  return Buffer.concat(
    values.map((value) => {
      const cell = value as string | number;
      switch (type) {
        case 'int32': {
          const bytes = Buffer.alloc(4);
          bytes.writeInt32LE(Number(cell));
          return bytes;
        }
        case 'int64': {
          const bytes = Buffer.alloc(8);
          bytes.writeBigInt64LE(BigInt(cell));
          return bytes;
        }
        case 'float':
        case 'double':
          return Buffer.from(String(cell).slice(2), 'hex').reverse();
        default: {
          const encoding = type === 'string' ? 'utf8' : 'hex';
          return prefixed(Buffer.from(String(cell).slice(2), encoding));
        }
      }
    }),
  );
}
