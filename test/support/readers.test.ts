/** The harness itself: the readers agree on everything the engine meets, and damage or a lie does not get past them. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { audit } from './audit.js';
import { type Cell, doubleCell } from './canonical.js';
import type { ColumnSpec, FileSpec } from './file-spec.js';
import { expectSameRowsOfLargeFiles } from './large-files.js';
import { readPages } from './pages.js';
import { pruningProblems } from './pruning.js';
import * as pyarrow from './pyarrow.js';
import { readWithAll } from './read-with-all.js';
import { expectSameRows } from './same-rows.js';
import { writeStraddling } from './straddle.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gs-repartition-readers-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

let files = 0;

async function write(spec: FileSpec): Promise<string> {
  const path = join(folder, `${files++}.parquet`);
  await pyarrow.write(path, spec);
  return path;
}

/** A copy with other bytes at every place where `from` stands between the two offsets. */
async function patch(path: string, from: Buffer, to: Buffer, start = 0, end = Infinity): Promise<string> {
  const bytes = await readFile(path);
  let hits = 0;
  for (let at = bytes.indexOf(from, start); at >= 0 && at < end; at = bytes.indexOf(from, at + 1), hits++) {
    to.copy(bytes, at);
  }
  if (hits === 0) throw new Error('nothing to patch');
  const copy = join(folder, `${files++}-patched.parquet`);
  await writeFile(copy, bytes);
  return copy;
}

function int64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(BigInt(value));
  return bytes;
}

const EVERY_TYPE: ColumnSpec[] = [
  { name: 'bool', type: 'bool', cells: [true, false, null, true] },
  { name: 'int8', type: 'int8', cells: [-128, null, 127, 0] },
  { name: 'uint16', type: 'uint16', cells: [65535, null, 0, 1] },
  { name: 'int32', type: 'int32', cells: [-2147483648, 2147483647, null, 0] },
  { name: 'uint32', type: 'uint32', cells: [4294967295, null, 0, 1] },
  { name: 'int64', type: 'int64', nullable: false, cells: ['9223372036854775807', '-1', '0', '5'] },
  { name: 'uint64', type: 'uint64', cells: ['18446744073709551615', null, '0', '1'] },
  { name: 'half', type: 'float16', cells: ['h:3c00', null, 'h:7e01', 'h:8000'] },
  { name: 'float', type: 'float', cells: ['f:7fa00001', 'f:80000000', null, 'f:ff800000'] },
  {
    name: 'double',
    type: 'double',
    cells: ['d:7ff4000000000001', 'd:8000000000000000', null, doubleCell(0.1)],
  },
  { name: 'string', type: 'string', cells: ['s:', null, 's:\u{1f600} é', 's:x'] },
  { name: 'binary', type: 'binary', cells: ['x:', 'x:00ff', null, 'x:80'] },
  { name: 'fixed', type: { fixed: 3 }, cells: ['x:000102', null, 'x:ffffff', 'x:000000'] },
  {
    name: 'decimal',
    type: { decimal: [20, 3] },
    cells: ['n:-1e-3', null, 'n:99999999999999999999e-3', 'n:0e-3'],
  },
  { name: 'date', type: 'date', cells: ['D:19000', null, 'D:-1', 'D:0'] },
  { name: 'time', type: { time: 'us' }, cells: ['T:1000', null, 'T:0', 'T:5000'] },
  { name: 'millis', type: { timestamp: 'ms' }, cells: ['t:-1000000', null, 't:0', 't:5000000'] },
  { name: 'utc', type: { timestamp: 'us', timezone: 'UTC' }, cells: ['t:-1000', null, 't:0', 't:5000'] },
  { name: 'words', type: { dictionary: 'string' }, cells: ['s:a', null, 's:b', 's:a'] },
  { name: 'list', type: { list: 'int64' }, cells: [['1', null], [], null, ['-9223372036854775808']] },
  {
    name: 'vector',
    type: { fixedSizeList: 'float', size: 2 },
    // No null among them: that the oldest pyarrow we allow cannot write.
    cells: [
      ['f:7fc00000', 'f:80000000'],
      ['f:00000001', 'f:00000000'],
      ['f:00000000', null],
      ['f:3f800000', 'f:40000000'],
    ],
  },
  { name: 'nested', type: { list: { list: 'string' } }, cells: [[['s:a'], [], null], [], null, [[null]]] },
  {
    name: 'struct',
    type: {
      struct: [
        { name: 'a', type: 'int32' },
        { name: 'b', type: { list: 'double' } },
      ],
    },
    cells: [{ a: 1, b: ['d:0000000000000000'] }, null, { a: null, b: null }, { a: 2, b: [] }],
  },
  {
    name: 'map',
    type: { map: ['string', 'int32'] },
    cells: [[{ key: 's:k', value: 1 }], [], null, [{ key: 's:l', value: null }]],
  },
];

test.each(['none', 'snappy', 'gzip', 'zstd', 'brotli', 'lz4'] as const)(
  'three readers find the same bits of every type, in %s, and the footer is true',
  async (compression) => {
    for (const version of ['1.0', '2.0'] as const) {
      const path = await write({
        columns: EVERY_TYPE,
        options: {
          compression,
          data_page_version: version,
          write_page_index: true,
          write_page_checksum: true,
        },
        keys: { shape: '(4,)' },
        footerKeys: { late: 'é' },
      });
      const read = await readWithAll([path, path]);
      expect(read.columns.map(({ name, cells }) => [name, cells])).toEqual(
        EVERY_TYPE.map(({ name, cells }) => [name, [...cells, ...cells]]),
      );
      expect(read.files[0]!.keys).toMatchObject({
        shape: Buffer.from('(4,)').toString('base64'),
        late: Buffer.from('é').toString('base64'),
      });
      expect(await audit(path)).toEqual([]);
    }
  },
);

test('INT96 timestamps are read as nanoseconds by all', async () => {
  const cells = ['t:1700000000123456000', null, 't:-1000'];
  const path = await write({
    columns: [{ name: 'when', type: { timestamp: 'us' }, cells }],
    options: { use_deprecated_int96_timestamps: true, store_schema: false },
  });
  const { columns, files: facts } = await readWithAll([path]);
  expect(columns).toEqual([{ name: 'when', type: 'timestamp', cells }]);
  expect(facts[0]!.leaves[0]!.physicalType).toBe('INT96');
});

test('a file without row groups and one with an empty row group have no rows, for all readers', async () => {
  const columns: ColumnSpec[] = EVERY_TYPE.map((column) => ({ ...column, cells: [] }));
  const none = await write({ columns });
  const empty = await write({ columns, rowGroups: [0] });
  const { rows, files: facts } = await readWithAll([none, empty]);
  expect(rows).toBe(0);
  expect(facts.map((file) => file.rowGroups)).toEqual([[], [0]]);
});

test('rows that straddle V1 pages are read by all, whatever else the old writer did', async () => {
  const cells: Cell[] = [['1', null, '2', '3', '4', '5'], [], null, ['6'], ['7', '8', '9', '1', '2']];
  const path = join(folder, 'straddling.parquet');
  for (const dictionary of [false, true]) {
    for (const dictionaryPageOffset of [false, true]) {
      await writeStraddling(path, [{ name: 'x', type: 'int64', list: true, cells }], {
        levelsPerPage: 3,
        dictionary,
        dictionaryPageOffset,
        statistics: 'deprecated',
      });
      expect((await readWithAll([path])).columns[0]!.cells).toEqual(cells);
      const [chunk] = (await readPages(path)).groups[0]!.chunks;
      const pages = chunk!.pages.filter((page) => page.kind === 'data V1');
      expect(pages.map((page) => page.beginsInsideRow)).toEqual([false, true, false, false, true]);
      expect(pages.map((page) => page.rows)).toEqual([1, 0, 3, 1, 0]);
      expect(await audit(path)).toEqual([]);
    }
  }
});

test('inspect tells what a footer holds', async () => {
  const path = await write({
    columns: [{ name: 'id', type: 'int64', cells: ['3', '1', null, '2'] }],
    options: { compression: 'none', use_dictionary: false, sorting_columns: [[0, true, false]] },
    rowGroups: [2, 2],
  });
  const { groups } = await pyarrow.inspect(path);
  expect(groups.map(({ rows, sortingColumns }) => ({ rows, sortingColumns }))).toEqual([
    { rows: 2, sortingColumns: [{ column: 0, descending: true, nullsFirst: false }] },
    { rows: 2, sortingColumns: [{ column: 0, descending: true, nullsFirst: false }] },
  ]);
  expect(groups[1]!.columns[0]).toMatchObject({
    path: 'id',
    numValues: 2,
    compression: 'UNCOMPRESSED',
    encodings: ['PLAIN', 'RLE'],
    dictionaryPageOffset: null,
    hasOffsetIndex: false,
    hasColumnIndex: false,
    statistics: { nullCount: 1, distinctCount: null, min: '2', max: '2' },
  });
});

// --- what must not pass ----------------------------------------------------------------------------------------------

const NUMBERS: FileSpec = {
  columns: [{ name: 'id', type: 'int64', cells: Array.from({ length: 100 }, (_, i) => String(1000 + i)) }],
  options: {
    compression: 'none',
    use_dictionary: false,
    write_page_index: true,
    data_page_size: 200,
    write_batch_size: 20,
  },
};

test('one changed bit of a NaN is a difference, and the message shows the row', async () => {
  const column = (nan: string): ColumnSpec => ({
    name: 'x',
    type: 'double',
    cells: [doubleCell(1), nan, null],
  });
  const input = await write({ columns: [column('d:7ff8000000000000')] });
  const output = await write({ columns: [column('d:7ff8000000000001')] });
  await expect(expectSameRows([input], [output])).rejects.toThrow(
    [
      'column x (double): row 1 of 3 is the first of 1 that differ',
      '  inputs: "d:7ff8000000000000"',
      '  outputs: "d:7ff8000000000001"',
    ].join('\n'),
  );
  await expect(expectSameRowsOfLargeFiles([input], [output])).rejects.toThrow(/pyarrow: .*"name":"x"/);
});

test('a null that became an empty list, and rows that moved to the next part, are seen', async () => {
  const list = (cells: Cell[]): FileSpec => ({ columns: [{ name: 'x', type: { list: 'int64' }, cells }] });
  const input = await write(list([['1'], null, []]));
  const same = [await write(list([['1'], null])), await write(list([[]]))];
  const other = [await write(list([['1']])), await write(list([[], []]))];
  await expectSameRows([input], same);
  await expectSameRowsOfLargeFiles([input], same);
  await expect(expectSameRows([input], other)).rejects.toThrow(/row 1 of 3/);
  await expect(expectSameRowsOfLargeFiles([input], other)).rejects.toThrow(
    /DuckDB: column x differs in row 1/,
  );
  await expect(expectSameRowsOfLargeFiles([input], [same[0]!])).rejects.toThrow(/differs in row 2/);
});

test('another schema or another footer key is a difference', async () => {
  const columns = NUMBERS.columns;
  const input = await write({ columns, footerKeys: { owner: 'a', shape: '(1,)' } });
  await expectSameRows([input], [await write({ columns, footerKeys: { owner: 'a', shape: '(100,)' } })]);
  await expect(
    expectSameRows([input], [await write({ columns, footerKeys: { owner: 'b', shape: '(1,)' } })]),
  ).rejects.toThrow(/no input has its footer keys/);
  const required = columns.map((column) => ({ ...column, nullable: false }));
  await expect(
    expectSameRows([input], [await write({ columns: required, footerKeys: { owner: 'a' } })]),
  ).rejects.toThrow(/no input has its schema/);
});

test('a changed byte in a page with a checksum is an error of the reader that verifies it', async () => {
  const path = await write({ ...NUMBERS, options: { ...NUMBERS.options!, write_page_checksum: true } });
  const damaged = await patch(path, int64(1050), int64(7));
  await expect(readWithAll([damaged])).rejects.toThrow(
    /not every reader could read .*\n {2}pyarrow: .*CRC.*\n {2}DuckDB could read it/,
  );
});

test('a changed byte in a page without checksum is a difference of rows', async () => {
  const path = await write({ ...NUMBERS, options: { ...NUMBERS.options!, write_statistics: false } });
  const damaged = await patch(path, int64(1050), int64(1051));
  await expect(expectSameRows([path], [damaged])).rejects.toThrow(
    /row 50 of 100 is the first of 1 that differ/,
  );
});

test('a truncated file is an error that quotes all three readers', async () => {
  const path = await write(NUMBERS);
  const truncated = join(folder, 'truncated.parquet');
  await writeFile(truncated, (await readFile(path)).subarray(0, -20));
  await expect(readWithAll([truncated])).rejects.toThrow(
    /not every reader could read .*\n {2}pyarrow: .*\n {2}DuckDB: .*\n {2}parquet-wasm: /,
  );
});

test('false bounds in the footer are found by the audit, and by queries that prune', async () => {
  const path = await write(NUMBERS);
  const { footerStart } = await readPages(path);
  const lying = await patch(path, int64(1099), int64(1050), footerStart);
  expect(await audit(lying)).toContain('row group 0, id: statistics: max_value 1050, really 1099');
  const { columns } = await readWithAll([lying]);
  expect(await pruningProblems([lying], columns)).not.toEqual([]);
  await expect(expectSameRows([path], [lying])).rejects.toThrow(/max_value 1050, really 1099/);
});

test('false bounds of one page in the ColumnIndex are found by the audit', async () => {
  const path = await write(NUMBERS);
  const { footerStart, groups } = await readPages(path);
  const last = groups[0]!.chunks[0]!.pages.at(-1)!;
  const lying = await patch(
    path,
    int64(1039),
    int64(1038),
    last.offset + last.headerBytes + last.bodyBytes,
    footerStart,
  );
  expect(await audit(lying)).toEqual(['row group 0, id: ColumnIndex: max_values[0] 1038, really 1039']);
});
