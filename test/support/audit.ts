/**
 * Is everything a Parquet file says about itself true? Offsets, sizes, counts, encodings, statistics, page headers,
 * checksums, OffsetIndex, ColumnIndex and size statistics, each compared with what is decoded from the pages. Readers
 * skip data on the strength of these, so an untruth loses rows in somebody's query and in no full read.
 *
 * Values and counts come from pyarrow, pages and raw structs from hyparquet. Left unjudged: columns with structs or maps
 * inside, bounds of types whose order we don't know (unsigned, decimal, INT96, fixed length), Bloom filters (see
 * pruning.ts).
 */
import { crc32 } from 'node:zlib';
import {
  compare,
  extremes,
  hasKnownOrder,
  leafTypeOf,
  leavesOf,
  type Ordered,
  orderedBytes,
  orderedCell,
  show,
} from './bounds.js';
import type { CanonicalColumn, Cell } from './canonical.js';
import { type ChunkPages, type Page, type Raw, readPages } from './pages.js';
import * as pyarrow from './pyarrow.js';

/** One line per untruth; empty for a file that is true. */
export async function audit(path: string): Promise<string[]> {
  const [file, read] = await Promise.all([readPages(path), pyarrow.read(path)]);
  const problems = await pyarrow.check(path);
  const taken: Range[] = [
    { start: 0, end: 4, what: 'the magic' },
    { start: file.footerStart, end: file.size, what: 'the footer' },
  ];
  let firstRow = 0;
  for (const [g, { group, rows, chunks }] of file.groups.entries()) {
    const at = `row group ${g}`;
    problems.push(...auditGroup(group, chunks, g).map((problem) => `${at}: ${problem}`));
    for (const chunk of chunks) {
      const where = `${at}, ${chunk.path}`;
      const column = read.columns.find(
        ({ name }) => chunk.path === name || chunk.path.startsWith(`${name}.`),
      );
      const cells = column?.cells.slice(firstRow, firstRow + rows) ?? [];
      const values = column && !column.type.includes('struct<') ? { ...column, cells } : undefined;
      problems.push(...auditChunk(chunk, rows, values).map((problem) => `${where}: ${problem}`));
      taken.push({ start: chunk.start, end: chunk.end, what: where }, ...indexRanges(chunk, where));
    }
    firstRow += rows;
  }
  const orders = file.footer.field_7 as unknown[] | undefined;
  if (orders && orders.length !== read.leaves.length) {
    problems.push(`${orders.length} column orders for ${read.leaves.length} leaves`);
  }
  return [...problems, ...overlaps(taken)];
}

interface Range {
  start: number;
  end: number;
  what: string;
}

function indexRanges({ chunk }: ChunkPages, where: string): Range[] {
  const range = (start: unknown, length: unknown, what: string): Range[] =>
    start === undefined
      ? []
      : [{ start: Number(start), end: Number(start) + Number(length), what: `${what} of ${where}` }];
  return [
    ...range(chunk.field_4, chunk.field_5, 'the OffsetIndex'),
    ...range(chunk.field_6, chunk.field_7, 'the ColumnIndex'),
  ];
}

function overlaps(ranges: Range[]): string[] {
  const sorted = ranges.filter((one) => one.end > one.start).sort((a, b) => a.start - b.start);
  return sorted.flatMap((one, i) => {
    const next = sorted[i + 1];
    return next && next.start < one.end ? [`${one.what} and ${next.what} overlap at byte ${next.start}`] : [];
  });
}

/** RowGroup: 2 total_byte_size, 5 file_offset, 6 total_compressed_size, 7 ordinal. */
function auditGroup(group: Raw, chunks: ChunkPages[], g: number): string[] {
  const sum = (of: (chunk: ChunkPages) => unknown) => chunks.reduce((n, chunk) => n + Number(of(chunk)), 0);
  const { field_2, field_5, field_6, field_7 } = group;
  return [
    ...differs(
      'total_byte_size',
      field_2,
      sum((chunk) => chunk.metadata.field_6),
    ),
    ...differs(
      'total_compressed_size',
      field_6,
      sum((chunk) => chunk.metadata.field_7),
    ),
    // Left 0 by some writers.
    ...(field_5 ? differs('file_offset', field_5, chunks[0]?.start) : []),
    ...differs('ordinal', field_7, g),
  ];
}

/** Nothing when the file does not say. */
function differs(what: string, stated: unknown, real: unknown): string[] {
  if (stated === undefined || stated === null || Number(stated) === Number(real)) return [];
  return [`${what} ${Number(stated)}, really ${Number(real)}`];
}

/** ColumnMetaData: 5 num_values, 6 and 7 sizes, 9 data_page_offset, 11 dictionary_page_offset, 12 statistics, 16 sizes. */
function auditChunk(chunk: ChunkPages, rows: number, column: CanonicalColumn | undefined): string[] {
  const { pages, metadata } = chunk;
  const data = pages.filter((page) => page.kind !== 'dictionary');
  const total = (of: (page: Page) => number) => pages.reduce((n, page) => n + of(page), 0);
  const problems = [
    ...differs(
      'total_uncompressed_size',
      metadata.field_6,
      total((page) => page.uncompressedBytes),
    ),
    ...differs(
      'total_compressed_size',
      metadata.field_7,
      total((page) => page.headerBytes + page.bodyBytes),
    ),
    ...differs(
      'num_values',
      metadata.field_5,
      data.reduce((n, page) => n + page.values, 0),
    ),
    ...auditPlaces(chunk, data),
    ...auditEncodings(chunk),
    ...pages.flatMap((page, i) => auditHeader(page).map((problem) => `page ${i}: ${problem}`)),
  ];
  const decodedRows = data.reduce((n, page) => n + page.rows, 0);
  if (decodedRows !== rows) problems.push(`${decodedRows} rows in its pages, ${rows} in the row group`);
  problems.push(...auditOffsetIndex(chunk, data), ...auditColumnIndexCounts(chunk, data));
  problems.push(...auditHistograms('size statistics', metadata.field_16 as Raw | undefined, data, 2, 3));
  if (column) problems.push(...auditValues(chunk, data, column));
  return problems;
}

function auditPlaces({ metadata, pages }: ChunkPages, data: Page[]): string[] {
  const dictionary = pages.find((page) => page.kind === 'dictionary');
  const problems: string[] = [];
  if (pages.filter((page) => page.kind === 'dictionary').length > 1) problems.push('two dictionary pages');
  if (dictionary && dictionary !== pages[0]) problems.push('a dictionary page after a data page');
  if (metadata.field_11) {
    problems.push(...differs('dictionary_page_offset', metadata.field_11, dictionary?.offset));
  }
  // Without a dictionary_page_offset an old writer's data_page_offset points at the dictionary page.
  const first = metadata.field_11 || !dictionary ? data[0]?.offset : dictionary.offset;
  if (first !== undefined) problems.push(...differs('data_page_offset', metadata.field_9, first));
  return problems;
}

function auditEncodings({ encodings, encodingStats, pages }: ChunkPages): string[] {
  // DuckDB does not list its dictionary pages' PLAIN.
  const data = pages.filter((page) => page.kind !== 'dictionary');
  const problems = [...new Set(data.map((page) => page.encoding))]
    .filter((encoding) => !encodings.includes(encoding))
    .map((encoding) => `a page in ${encoding}, which the footer does not list`);
  if (!encodingStats) return problems;
  // pyarrow calls V2 pages DATA_PAGE here, others DATA_PAGE_V2: no reader minds.
  const real = new Map<string, number>();
  for (const page of pages) add(real, page.kind.startsWith('data') ? 'data' : page.kind, page.encoding, 1);
  const stated = new Map<string, number>();
  for (const { pageType, encoding, count } of encodingStats) {
    add(stated, pageType.startsWith('DATA') ? 'data' : 'dictionary', encoding, count);
  }
  for (const kind of new Set([...real.keys(), ...stated.keys()])) {
    problems.push(...differs(`encoding_stats: ${kind}:`, stated.get(kind) ?? 0, real.get(kind) ?? 0));
  }
  return problems;
}

function add(counts: Map<string, number>, kind: string, encoding: string, count: number): void {
  const key = `${kind} pages in ${encoding}`;
  counts.set(key, (counts.get(key) ?? 0) + count);
}

function auditHeader(page: Page): string[] {
  const nulls = page.values - page.present;
  const crc = page.crc === undefined ? undefined : page.crc >>> 0;
  return [
    ...differs('num_rows in the header', page.stated?.rows, page.rows),
    ...differs('num_nulls in the header', page.stated?.nulls, nulls),
    ...differs('crc', crc, crc32(page.body)),
    ...(page.beginsInsideRow && page.kind === 'data V2' ? ['a V2 page that begins inside a row'] : []),
  ];
}

/** OffsetIndex: 1 page_locations of 1 offset, 2 compressed_page_size, 3 first_row_index. */
function auditOffsetIndex({ offsetIndex }: ChunkPages, data: Page[]): string[] {
  if (!offsetIndex) return [];
  const locations = offsetIndex.field_1 as Raw[];
  if (locations.length !== data.length)
    return [`OffsetIndex of ${locations.length} pages for ${data.length}`];
  return data.flatMap((page, i) => {
    const { field_1, field_2, field_3 } = locations[i]!;
    return [
      ...differs(`OffsetIndex: offset of page ${i}`, field_1, page.offset),
      ...differs(`OffsetIndex: size of page ${i}`, field_2, page.headerBytes + page.bodyBytes),
      ...differs(`OffsetIndex: first row of page ${i}`, field_3, page.firstRow),
      ...(page.beginsInsideRow ? [`an OffsetIndex though page ${i} begins inside a row`] : []),
    ];
  });
}

/** ColumnIndex: 1 null_pages, 5 null_counts, 6 and 7 level histograms of all pages in one list. */
function auditColumnIndexCounts({ columnIndex }: ChunkPages, data: Page[]): string[] {
  if (!columnIndex) return [];
  const nullPages = columnIndex.field_1 as boolean[];
  const nullCounts = columnIndex.field_5 as bigint[] | undefined;
  if (nullPages.length !== data.length)
    return [`ColumnIndex of ${nullPages.length} pages for ${data.length}`];
  const problems = data.flatMap((page, i) => [
    ...(nullPages[i] === (page.present === 0)
      ? []
      : [`ColumnIndex: null_pages[${i}] is ${String(nullPages[i])}`]),
    ...differs(`ColumnIndex: null_counts[${i}]`, nullCounts?.[i], page.values - page.present),
  ]);
  if (nullCounts && nullCounts.length !== data.length)
    problems.push('ColumnIndex: null_counts of some pages only');
  const histograms = (of: (page: Page) => number[]) => data.flatMap(of);
  return [
    ...problems,
    ...sameNumbers(
      'ColumnIndex: repetition_level_histograms',
      columnIndex.field_6,
      histograms((p) => p.repetitionHistogram),
    ),
    ...sameNumbers(
      'ColumnIndex: definition_level_histograms',
      columnIndex.field_7,
      histograms((p) => p.definitionHistogram),
    ),
  ];
}

function auditHistograms(what: string, raw: Raw | undefined, data: Page[], rep: 2, def: 3): string[] {
  if (!raw) return [];
  const add = (of: (page: Page) => number[]) =>
    data.map(of).reduce<number[]>((sum, one) => one.map((n, i) => n + (sum[i] ?? 0)), []);
  return [
    ...sameNumbers(
      `${what}: repetition levels`,
      raw[`field_${rep}`],
      add((p) => p.repetitionHistogram),
    ),
    ...sameNumbers(
      `${what}: definition levels`,
      raw[`field_${def}`],
      add((p) => p.definitionHistogram),
    ),
  ];
}

/** An absent or empty list says nothing. */
function sameNumbers(what: string, stated: unknown, real: readonly number[]): string[] {
  const numbers = ((stated ?? []) as (number | bigint)[]).map(Number);
  if (numbers.length === 0 || numbers.join() === real.join()) return [];
  return [`${what} [${numbers.join()}], really [${real.join()}]`];
}

/** What the footer, the page headers and the ColumnIndex say of the values themselves. */
function auditValues(chunk: ChunkPages, data: Page[], column: CanonicalColumn): string[] {
  const leaves = leavesOf(column.cells);
  const ofPages = splitByPage(leaves, data);
  const stated = chunk.metadata.field_12 as Raw | undefined;
  const values = data.reduce((n, page) => n + page.values, 0);
  const problems = auditStatistics('statistics', stated, leaves, values, chunk, column);
  for (const [i, page] of data.entries()) {
    problems.push(
      ...auditStatistics(`header of page ${i}`, page.statistics, ofPages[i]!, page.values, chunk, column),
    );
  }
  problems.push(...auditColumnIndexBounds(chunk, ofPages, column), ...auditByteSizes(chunk, leaves, ofPages));
  return problems;
}

function splitByPage(leaves: Cell[], data: Page[]): Cell[][] {
  let at = 0;
  return data.map((page) => leaves.slice(at, (at += page.present)));
}

/** Statistics: 1 max, 2 min (deprecated, exact), 3 null_count, 4 distinct_count, 5 max_value, 6 min_value, 7, 8 exact. */
function auditStatistics(
  what: string,
  stated: Raw | undefined,
  leaves: Cell[],
  values: number,
  chunk: ChunkPages,
  column: CanonicalColumn,
): string[] {
  if (!stated) return [];
  const problems = differs(`${what}: null_count`, stated.field_3, values - leaves.length);
  if (!hasKnownOrder(leafTypeOf(column.type), chunk.physicalType)) return problems;
  const real = extremes(ordered(leaves));
  const bound = (field: unknown) =>
    field === undefined ? undefined : orderedBytes(field as Uint8Array, chunk.physicalType);
  const check = (name: string, side: 'min' | 'max', field: unknown, exact: boolean) => {
    const value = bound(field);
    if (value === undefined) return;
    problems.push(...auditBound(`${what}: ${name}`, side, value, real, exact, leaves.length));
  };
  check('max_value', 'max', stated.field_5, stated.field_7 === true);
  check('min_value', 'min', stated.field_6, stated.field_8 === true);
  check('max', 'max', stated.field_1, stated.field_5 === undefined);
  check('min', 'min', stated.field_2, stated.field_6 === undefined);
  return problems;
}

function ordered(leaves: Cell[]): Ordered[] {
  return leaves.map(orderedCell).filter((value) => value !== undefined);
}

function auditBound(
  what: string,
  side: 'min' | 'max',
  stated: Ordered,
  real: { min: Ordered; max: Ordered } | undefined,
  exact: boolean,
  present: number,
): string[] {
  // No values, or nothing but NaN, are within any bounds; but they have no exact ones.
  if (!real) return present === 0 && exact ? [`${what} ${show(stated)} for no values`] : [];
  const order = compare(stated, real[side]);
  const outside = side === 'min' ? order > 0 : order < 0;
  if (outside) return [`${what} ${show(stated)}, really ${show(real[side])}`];
  if (exact && order !== 0) return [`${what} ${show(stated)} as exact, really ${show(real[side])}`];
  return [];
}

/** ColumnIndex: 2 min_values, 3 max_values, 4 boundary_order (1 ascending, 2 descending). */
function auditColumnIndexBounds(chunk: ChunkPages, ofPages: Cell[][], column: CanonicalColumn): string[] {
  const index = chunk.columnIndex;
  if (!index || !hasKnownOrder(leafTypeOf(column.type), chunk.physicalType)) return [];
  const [mins, maxs] = [index.field_2 as Uint8Array[], index.field_3 as Uint8Array[]];
  const nullPages = index.field_1 as boolean[];
  if (mins.length !== ofPages.length || maxs.length !== ofPages.length) {
    return [`ColumnIndex: ${mins.length} mins and ${maxs.length} maxs for ${ofPages.length} pages`];
  }
  const problems: string[] = [];
  const bounds: { min: Ordered; max: Ordered }[] = [];
  for (const [i, leaves] of ofPages.entries()) {
    // A page that is wrongly said to be null is reported with the counts.
    if (nullPages[i] || leaves.length === 0) {
      if (mins[i]!.length + maxs[i]!.length > 0) problems.push(`ColumnIndex: bounds for the null page ${i}`);
      continue;
    }
    const min = orderedBytes(mins[i]!, chunk.physicalType);
    const max = orderedBytes(maxs[i]!, chunk.physicalType);
    const real = extremes(ordered(leaves));
    problems.push(
      ...auditBound(`ColumnIndex: min_values[${i}]`, 'min', min, real, false, leaves.length),
      ...auditBound(`ColumnIndex: max_values[${i}]`, 'max', max, real, false, leaves.length),
    );
    bounds.push({ min, max });
  }
  return [...problems, ...auditOrder(index.field_4, bounds)];
}

function auditOrder(order: unknown, bounds: { min: Ordered; max: Ordered }[]): string[] {
  if (order !== 1 && order !== 2) return [];
  const sign = order === 1 ? 1 : -1;
  const broken = bounds.findIndex((one, i) => {
    const before = bounds[i - 1];
    return before && (sign * compare(before.min, one.min) > 0 || sign * compare(before.max, one.max) > 0);
  });
  const word = order === 1 ? 'ascending' : 'descending';
  return broken < 0 ? [] : [`ColumnIndex: boundary_order ${word}, broken at its bounds ${broken}`];
}

/** SizeStatistics 1 and OffsetIndex 2: bytes of BYTE_ARRAY values as they are, without their lengths. */
function auditByteSizes(chunk: ChunkPages, leaves: Cell[], ofPages: Cell[][]): string[] {
  if (chunk.physicalType !== 'BYTE_ARRAY') return [];
  const bytes = (cells: Cell[]) =>
    cells
      .map(orderedCell)
      .reduce<number>((sum, one) => sum + (one instanceof Uint8Array ? one.length : 0), 0);
  const sizes = chunk.metadata.field_16 as Raw | undefined;
  return [
    ...differs('size statistics: unencoded_byte_array_data_bytes', sizes?.field_1, bytes(leaves)),
    ...sameNumbers(
      'OffsetIndex: unencoded_byte_array_data_bytes',
      chunk.offsetIndex?.field_2,
      ofPages.map(bytes),
    ),
  ];
}
