/**
 * parquet-wasm: the Rust Parquet implementation (arrow-rs), read into apache-arrow.
 *
 * Its quirks, so that nobody takes them for findings:
 * - it restores Arrow types from `ARROW:schema` (fixed-size lists, dictionaries, large strings); the canonical form
 *   looks through them;
 * - its footer keys come as a Map of strings: a repeated key shows once, and a key without a value not at all;
 * - it verifies page checksums only where the crate was built for it, so damage may show as other values or not at all;
 * - INT96 comes as nanoseconds, with `ARROW:schema` in the unit it names.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { tableFromIPC } from 'apache-arrow';
import * as wasm from 'parquet-wasm';
import { arrowTypeName, typeOf, vectorCells } from './arrow-cells.js';
import type { CanonicalColumn } from './canonical.js';
import type { Codec } from './file-spec.js';

export interface WasmFile {
  rows: number;
  /** Rows of each. */
  rowGroups: number[];
  createdBy: string | undefined;
  /** Footer keys; values in base64. */
  keys: Record<string, string>;
  /** Dotted paths of the leaves; none for a file without row groups, where this reader does not tell. */
  leaves: string[];
  columns: CanonicalColumn[];
}

export async function read(path: string): Promise<WasmFile> {
  const bytes = await readFile(path);
  const table = tableFromIPC(wasm.readParquet(bytes).intoIPCStream());
  const columns = table.schema.fields.map((field, i) => ({
    name: field.name,
    type: arrowTypeName(typeOf(field)),
    cells: vectorCells(table.getChildAt(i)!),
  }));
  return { ...(await facts(bytes)), columns };
}

async function facts(bytes: Uint8Array<ArrayBuffer>): Promise<Omit<WasmFile, 'columns'>> {
  const file = await wasm.ParquetFile.fromFile(new Blob([bytes]));
  const metadata = file.metadata();
  const groups = metadata.rowGroups();
  const own = metadata.fileMetadata();
  const keys = own.keyValueMetadata() as Map<string, string>;
  const result = {
    rows: own.numRows(),
    rowGroups: groups.map((group) => group.numRows()),
    createdBy: own.createdBy(),
    keys: Object.fromEntries([...keys].map(([k, v]) => [k, Buffer.from(v).toString('base64')])),
    leaves: groups[0]?.columns().map((column) => column.columnPath().join('.')) ?? [],
  };
  for (const one of [...groups, own, metadata, file]) one.free();
  return result;
}

/** What its writer can be told. It writes page indexes and one dictionary per chunk unless told otherwise. */
export interface WasmWriterOptions {
  compression?: Exclude<Codec, 'lz4'>;
  dataPageVersion?: 1 | 2;
  /** Bytes; looked at only after every `writeBatchSize` values. */
  dataPageSize?: number;
  writeBatchSize?: number;
  rowGroupRows?: number;
  dictionary?: boolean;
  /** Bytes; a dictionary that outgrows it makes the rest of the chunk PLAIN. */
  dictionaryPageSize?: number;
  /** `page` writes a ColumnIndex too; an OffsetIndex comes in any case. */
  statistics?: 'none' | 'chunk' | 'page';
  keys?: Record<string, string>;
}

/** Rewrites a file with arrow-rs's writer, which knows other tricks than pyarrow's. */
export async function rewrite(
  source: string,
  target: string,
  options: WasmWriterOptions = {},
): Promise<void> {
  const table = wasm.readParquet(await readFile(source));
  await writeFile(target, wasm.writeParquet(table, writerProperties(options)));
}

const CODECS = {
  none: wasm.Compression.UNCOMPRESSED,
  snappy: wasm.Compression.SNAPPY,
  gzip: wasm.Compression.GZIP,
  brotli: wasm.Compression.BROTLI,
  zstd: wasm.Compression.ZSTD,
};

const STATISTICS = {
  none: wasm.EnabledStatistics.None,
  chunk: wasm.EnabledStatistics.Chunk,
  page: wasm.EnabledStatistics.Page,
};

function writerProperties(options: WasmWriterOptions): wasm.WriterProperties {
  let builder = new wasm.WriterPropertiesBuilder()
    .setCompression(CODECS[options.compression ?? 'snappy'])
    .setWriterVersion(options.dataPageVersion === 2 ? wasm.WriterVersion.V2 : wasm.WriterVersion.V1)
    .setDictionaryEnabled(options.dictionary ?? true)
    .setStatisticsEnabled(STATISTICS[options.statistics ?? 'page']);
  if (options.dataPageSize) builder = builder.setDataPageSizeLimit(options.dataPageSize);
  if (options.writeBatchSize) builder = builder.setWriteBatchSize(options.writeBatchSize);
  if (options.rowGroupRows) builder = builder.setMaxRowGroupSize(options.rowGroupRows);
  if (options.dictionaryPageSize) builder = builder.setDictionaryPageSizeLimit(options.dictionaryPageSize);
  if (options.keys) builder = builder.setKeyValueMetadata(new Map(Object.entries(options.keys)));
  return builder.build();
}
