/** `gs-repartition inspect PATH`: what is in a part, a data set or a graph. */
import type {
  ChunkInspection,
  DataSetInspection,
  Inspection,
  PartInspection,
  PlainValue,
} from '../../repartition/index.js';
import { defineCommand, type Session } from '../command.js';
import { formatBytes, formatCount, plural } from '../format.js';
import { count, flag, text } from '../options.js';
import { readS3Options, s3Options } from '../s3-options.js';
import { shortened, table } from '../table.js';
import { EXIT } from '../world.js';
import { describeListing } from './ls.js';
import { titles } from './titles.js';

/** For people: more parts of a folder, or pages of a chunk, say nothing new. `--json` has all. */
const MOST_LINES = 200;
/** Of a value, where no terminal says how wide it is. */
const MOST_CELL = 60;

export const inspectCommand = defineCommand({
  ...titles.inspect,
  usage: '<path> [options]',
  options: {
    rows: count('Of a Parquet file, also show so many of its first rows'),
    pages: flag('Of a Parquet file, also list every page'),
    'metadata-file-name': text(
      'Of a graph, the metadata to read (updated_row_counts_metadata.json, or metadata.json)',
    ),
    ...s3Options,
  },
  examples: [
    ['$0 inspect /data/graph', 'Types, data sets, sizes, aligned or not'],
    ['$0 inspect part-00000.parquet --rows 5', 'Schema, row groups, statistics, keys and five rows'],
    ['$0 inspect s3://bucket/graph/edges/user_rated_movie/parquet', 'The parts of a data set'],
  ],
  async run(values, session) {
    const { world, progress, print, printDocument, signal } = session;
    const { rows, pages, 'metadata-file-name': metadataFileName } = values;
    const s3 = readS3Options(values);
    const found = await world.engine.inspect({
      path: String((values as { path?: string }).path),
      ...(s3 && { s3 }),
      ...(rows !== undefined && { rows }),
      ...(pages && { pages }),
      ...(metadataFileName !== undefined && { metadataFileName }),
      signal,
      onProgress: (at) => progress.report(at),
    });
    progress.stop();
    if (values.json) printDocument(found);
    else for (const line of describeInspection(found, values, widthOf(session))) print(line);
    return EXIT.success;
  },
});

function widthOf({ world: { stdout } }: Session): number {
  return stdout.isTTY === true ? (stdout.columns ?? Infinity) : Infinity;
}

function describeInspection(
  found: Inspection,
  values: Readonly<Record<string, unknown>>,
  width: number,
): string[] {
  switch (found.kind) {
    case 'part':
      return describePart(found, width);
    case 'data set':
      return describeDataSet(found, width);
    case 'prefix':
      return describeListing({ ...found, inputPrefix: found.path }, values, width);
  }
}

function describeDataSet({ path, parts, rows, bytes, ...found }: DataSetInspection, width: number): string[] {
  const more = parts.length - MOST_LINES;
  const cells = parts
    .slice(0, MOST_LINES)
    .map((part) => [part.path, formatCount(part.rows), formatCount(part.rowGroups), formatBytes(part.bytes)]);
  return [
    `${path}: ${plural(parts.length, 'part')}, ${plural(rows, 'row')}, ${formatBytes(bytes)}`,
    ...found.createdBy.map((writer) => `  written by  ${writer}`),
    `  codecs      ${found.codecs.join(', ')}`,
    ...describeColumns(found, width),
    '',
    ...table(['part', 'rows', 'row groups', 'size'], cells, width),
    ...(more > 0 ? [`… and ${plural(more, 'more part')} (--json has all)`] : []),
  ];
}

function describePart(part: PartInspection, width: number): string[] {
  const { rowGroups, madeBy, createdBy, keys } = part;
  const sums = [plural(part.rows, 'row'), plural(rowGroups.length, 'row group'), formatBytes(part.bytes)];
  const maker = [`gs-repartition ${madeBy?.version ?? ''}`.trim(), ...(madeBy?.part ? [madeBy.part] : [])];
  return [
    `${part.path}: ${sums.join(', ')}`,
    ...(createdBy === undefined ? [] : [`  written by  ${createdBy}`]),
    ...(madeBy ? [`  made by     ${maker.join(', as ')}`] : []),
    ...describeColumns(part, width),
    ...rowGroups.flatMap(({ rows, bytes, chunks }, i) => [
      '',
      `Row group ${i + 1} of ${rowGroups.length}: ${plural(rows, 'row')}, ${formatBytes(bytes)}`,
      ...describeChunks(chunks, width),
    ]),
    ...(keys.length === 0 ? [] : ['', 'Footer keys', ...describeKeys(keys, width)]),
    ...describeValues(part.values, width),
  ];
}

function describeColumns({ columns }: Pick<PartInspection, 'columns'>, width: number): string[] {
  const cells = columns.map(({ path, type, logicalType, nullable, repeated }) => [
    path,
    type,
    logicalType ?? '',
    nullable ? 'nullable' : 'required',
    repeated ? 'list' : '',
  ]);
  return ['', ...table(['column', 'type', 'meaning', 'nulls', 'shape'], cells, width)];
}

function describeChunks(chunks: readonly ChunkInspection[], width: number): string[] {
  const cells = chunks.map((chunk) => {
    const { statistics = {}, indexes } = chunk;
    const has = [
      indexes.offset ? 'offset' : '',
      indexes.column ? 'column' : '',
      indexes.bloomFilter ? 'Bloom' : '',
    ];
    return [
      chunk.column,
      chunk.codec,
      chunk.encodings.join(', '),
      formatCount(chunk.pages),
      formatCount(chunk.values),
      statistics.nulls === undefined ? '' : formatCount(statistics.nulls),
      statistics.min === undefined ? '' : shownBound(statistics.min),
      statistics.max === undefined ? '' : shownBound(statistics.max),
      formatBytes(chunk.bytes),
      has.filter((one) => one !== '').join(', '),
    ];
  });
  const headings = [
    'column',
    'codec',
    'encodings',
    'pages',
    'values',
    'nulls',
    'min',
    'max',
    'size',
    'indexes',
  ];
  return [
    ...indented(table(headings, cells, width - 2)),
    ...chunks.flatMap((one) => describePages(one, width)),
  ];
}

function describePages({ column, pageList }: ChunkInspection, width: number): string[] {
  if (!pageList) return [];
  const more = pageList.length - MOST_LINES;
  const cells = pageList
    .slice(0, MOST_LINES)
    .map((page) => [
      page.kind,
      formatCount(page.start),
      formatBytes(page.bytes),
      formatBytes(page.uncompressedBytes),
      formatCount(page.values),
      page.encoding,
      page.hasChecksum ? 'yes' : '',
    ]);
  const headings = ['page', 'at byte', 'size', 'unpacked', 'values', 'encoding', 'checksum'];
  return [
    `  pages of ${column}`,
    ...indented(indented(table(headings, cells, width - 4))),
    ...(more > 0 ? [`    … and ${plural(more, 'more page')} (--json has all)`] : []),
  ];
}

function describeKeys(keys: PartInspection['keys'], width: number): string[] {
  const most = Number.isFinite(width) ? width : 2 * MOST_CELL;
  return indented(
    table(
      ['key', 'value'],
      keys.map(({ key, value }) => [key, shortened(value ?? '', most)]),
      width - 2,
    ),
  );
}

function describeValues(values: PartInspection['values'], width: number): string[] {
  if (!values) return [];
  const cells = values.rows.map((row) => row.map((value) => shortened(shown(value), MOST_CELL)));
  return [
    '',
    `First ${plural(values.rows.length, 'row')}`,
    ...indented(table(values.columns, cells, width - 2)),
  ];
}

function shownBound(value: PlainValue): string {
  return shortened(shown(value), 20);
}

function shown(value: PlainValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function indented(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}
