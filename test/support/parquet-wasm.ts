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
import { readFile } from 'node:fs/promises';
import { tableFromIPC } from 'apache-arrow';
import * as wasm from 'parquet-wasm';
import { arrowTypeName, typeOf, vectorCells } from './arrow-cells.js';
import type { CanonicalColumn } from './canonical.js';

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
