/** Small files that unpack to much: the process stays below 300 MB, or one line says what it would take. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { footerBytes } from '../../src/parquet/footer.js';
import {
  Codec,
  ColumnChunk,
  ColumnMetaData,
  DataPageHeader,
  DictionaryPageHeader,
  Encoding,
  FileMetaData,
  PageHeader,
  PageType,
  RowGroup,
  SchemaElement,
} from '../../src/parquet/format.js';
import { make } from '../../src/parquet/thrift.js';
import { writeStruct } from '../../src/parquet/thrift-writer.js';
import { withLength } from '../../src/parquet/values.js';
import { repositoryRoot } from '../support/paths.js';
import { varint } from '../support/thrift-writer.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gs-repartition-bomb-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

interface Bomb {
  rows: number;
  isOptional?: boolean;
  encoding: number;
  /** Of the data page, unpacked. */
  body: Uint8Array;
  /** What the header says of that; as many as there are by default. */
  size?: number;
  hasDictionary?: boolean;
}

/** A file of one INT64 column in one page, packed by gzip. */
function write({
  rows,
  isOptional = false,
  encoding,
  body,
  size = body.length,
  hasDictionary,
}: Bomb): Buffer {
  const page = (header: PageHeader, content: Uint8Array, uncompressedPageSize: number): Buffer => {
    const packed = gzipSync(content);
    header
      .set(PageHeader.uncompressedPageSize, uncompressedPageSize)
      .set(PageHeader.compressedPageSize, packed.length);
    return Buffer.concat([writeStruct(header), packed]);
  };
  const dictionaryPageHeader = make(DictionaryPageHeader, { numValues: 1, encoding: Encoding.plain });
  const dictionary = hasDictionary
    ? page(make(PageHeader, { type: PageType.dictionaryPage, dictionaryPageHeader }), Buffer.alloc(8), 8)
    : Buffer.alloc(0);
  const dataPageHeader = make(DataPageHeader, {
    numValues: rows,
    encoding,
    definitionLevelEncoding: Encoding.rle,
    repetitionLevelEncoding: Encoding.rle,
  });
  const data = page(make(PageHeader, { type: PageType.dataPage, dataPageHeader }), body, size);
  const total = dictionary.length + data.length;
  const meta = make(ColumnMetaData, {
    type: 2,
    encodings: [encoding],
    pathInSchema: [Buffer.from('x')],
    codec: Codec.gzip,
    numValues: rows,
    totalUncompressedSize: size + 100,
    totalCompressedSize: total,
    dataPageOffset: 4 + dictionary.length,
  });
  if (hasDictionary) meta.set(ColumnMetaData.dictionaryPageOffset, 4);
  const columns = [make(ColumnChunk, { fileOffset: 0, metaData: meta })];
  const file = make(FileMetaData, {
    version: 1,
    schema: [
      make(SchemaElement, { name: 'schema', numChildren: 1 }),
      make(SchemaElement, { name: 'x', type: 2, repetitionType: isOptional ? 1 : 0 }),
    ],
    numRows: rows,
    rowGroups: [make(RowGroup, { columns, totalByteSize: total, numRows: rows })],
    createdBy: 'a bomber',
  });
  return Buffer.concat([Buffer.from('PAR1'), dictionary, data, footerBytes(file)]);
}

/** Aligns a graph whose only part is the file to three parts, by the built command. */
function align(
  file: Buffer,
  rows: number,
  ...options: string[]
): { status: number | null; stderr: string; megabytes: number } {
  mkdirSync(join(folder, 'x'));
  writeFileSync(join(folder, 'x', 'p0.parquet'), file);
  const x = { format: { name: 'parquet' }, data: ['x/p0.parquet'], row_counts: [rows] };
  const metadata = {
    graph_name: 'g',
    node_type: ['n'],
    num_nodes_per_type: [rows],
    edge_type: [],
    num_edges_per_type: [],
    edges: {},
    node_data: { n: { x } },
    edge_data: {},
  };
  writeFileSync(join(folder, 'metadata.json'), JSON.stringify(metadata));
  const told = join(folder, 'rss');
  const tell = `import{writeFileSync}from'node:fs';process.on('exit',()=>writeFileSync(${JSON.stringify(told)},String(process.resourceUsage().maxRSS)))`;
  const { status, stderr } = spawnSync(
    process.execPath,
    [
      '--import',
      `data:text/javascript,${encodeURIComponent(tell)}`,
      join(repositoryRoot, 'dist/bin/main.js'),
      '--input-prefix',
      folder,
      '--num-output-files',
      '3',
      '--log-level',
      'ERROR',
      ...options,
    ],
    { encoding: 'utf8', timeout: 100_000 },
  );
  return { status, stderr, megabytes: Number(readFileSync(told, 'utf8')) / 1024 };
}

const MANY = 2 ** 27;
const IS_ALIGNED: Record<string, Bomb> = {
  '134 million indices in one run': {
    rows: MANY,
    encoding: Encoding.rleDictionary,
    body: Buffer.concat([Buffer.of(1), varint(2 * MANY), Buffer.of(0)]),
    hasDictionary: true,
  },
  '134 million nulls in one run': {
    rows: MANY,
    isOptional: true,
    encoding: Encoding.plain,
    body: withLength(Buffer.concat([varint(2 * MANY), Buffer.of(0)])),
  },
  'eight million values between as many nulls': {
    rows: 2 ** 23,
    isOptional: true,
    encoding: Encoding.plain,
    body: Buffer.concat([
      withLength(Buffer.concat([varint(2 ** 21 + 1), Buffer.alloc(2 ** 20, 0xaa)])),
      Buffer.alloc(8 * 2 ** 22),
    ]),
  },
};

test.each(Object.entries(IS_ALIGNED))('%s are aligned', { timeout: 120_000 }, (_, bomb) => {
  const { status, stderr, megabytes } = align(write(bomb), bomb.rows);
  expect(stderr).toBe('');
  expect(status).toBe(0);
  expect(megabytes).toBeLessThan(300);
});

const IS_REFUSED: Record<string, [Bomb, string]> = {
  '134 million values in a delta block of ten bytes': [
    {
      rows: MANY,
      encoding: Encoding.deltaBinaryPacked,
      body: Buffer.concat([varint(MANY), varint(1), varint(MANY), Buffer.from([0, 0, 0])]),
    },
    'needs 1025 MB of memory where 128 MB are to be had. Allow the process more: --memory of 1153 MB will do.',
  ],
  'two gigabytes of zeros': [
    { rows: 2 ** 18, encoding: Encoding.plain, body: Buffer.alloc(8 * 2 ** 18), size: 2 ** 31 - 8 },
    'needs 2049 MB of memory where 128 MB are to be had. Allow the process more: --memory of 2177 MB will do.',
  ],
};

test.each(Object.entries(IS_REFUSED))('%s are refused', { timeout: 120_000 }, (_, [bomb, message]) => {
  const { status, stderr, megabytes } = align(write(bomb), bomb.rows);
  expect(status).toBe(1);
  expect(stderr).toMatch(/^gs-repartition: \S+x\/p0\.parquet: column x, page at byte \d+: [^\n]*\n$/);
  expect(stderr).toContain(message);
  expect(megabytes).toBeLessThan(300);
});

test('what is refused is aligned once the process may take more', { timeout: 120_000 }, () => {
  const rows = 2 ** 24;
  const body = Buffer.alloc(8 * rows);
  const file = write({ rows, encoding: Encoding.plain, body });
  expect(align(file, rows).status).toBe(1);
  rmSync(join(folder, 'x'), { recursive: true });
  expect(align(file, rows, '--memory', '1GB')).toMatchObject({ status: 0, stderr: '' });
});
