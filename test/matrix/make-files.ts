/** The files of a cell: what the engine is given, what it makes of it, and a twin that says the same rows most plainly. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { lengthOf } from '../../src/segments.js';
import { readFooter } from '../../src/parquet/footer.js';
import { reencode } from '../../src/parquet/reencode.js';
import type { RowSlices } from '../../src/parquet/source.js';
import type { OpenSource } from '../../src/parquet/source-file.js';
import { splice } from '../../src/parquet/splice.js';
import { readerOf } from '../parquet/memory.js';
import { VERSION } from '../parquet/files.js';
import type { MatrixCell } from './cells.js';
import { cutsOf, slicesOf } from './cuts.js';
import { writeCell } from './write-cell.js';

export const METHODS = ['spliced', 're-encoded'] as const;
export type Method = (typeof METHODS)[number];

export interface CellFiles {
  cell: MatrixCell;
  rows: number;
  cuts: number[];
  twin: string;
  input: string;
  /** The path of what was made, or why nothing was. */
  made: Record<Method, { path: string } | { refused: string }>;
}

/** @param folder where all files go, named by the cell's number */
export async function makeFiles(cell: MatrixCell, folder: string): Promise<CellFiles> {
  await mkdir(folder, { recursive: true });
  const { bytes, ...written } = writeCell(cell);
  const path = (kind: string) => join(folder, `${cell.seed}-${kind}.parquet`);
  const twin = path('twin');
  const input = path('input');
  await writeFile(twin, writeCell(plainest(cell)).bytes);
  await writeFile(input, bytes);
  const cuts = cutsOf(written);
  const slices = slicesOf(written.rows, cuts);
  const made = async (method: Method): Promise<{ path: string } | { refused: string }> => {
    try {
      await writeFile(path(method), await make(cell, method, bytes, slices));
      return { path: path(method) };
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      return { refused: error.message };
    }
  };
  return {
    cell,
    rows: written.rows,
    cuts,
    twin,
    input,
    made: { spliced: await made('spliced'), 're-encoded': await made('re-encoded') },
  };
}

function plainest(cell: MatrixCell): MatrixCell {
  return {
    ...cell,
    encoding: 'PLAIN',
    codec: 'none',
    pages: 'V1',
    levels: 'RLE',
    index: 'no',
    crc: false,
    bloom: false,
    statistics: 'none',
  };
}

async function make(cell: MatrixCell, method: Method, bytes: Buffer, slices: RowSlices): Promise<Buffer> {
  if (method === 're-encoded') return reencoded(bytes, slices);
  const spliced = await splicedBytes(bytes, slices);
  // BIT_PACKED levels: the format has the most significant bit first, which parquet-mr alone reads. Arrow C++ and arrow-rs
  // take the other end, DuckDB and polars refuse. So what was copied is said again before it is judged.
  if (cell.levels !== 'BIT_PACKED') return spliced;
  return reencoded(spliced, slices);
}

async function splicedBytes(bytes: Buffer, slices: RowSlices): Promise<Buffer> {
  const { segments, size } = await splice(open(bytes), slices, {}, { smallestCopy: 1, version: VERSION });
  const made = Buffer.concat(
    segments.map((s) => (s.kind === 'bytes' ? s.bytes : bytes.subarray(s.start, s.end))),
  );
  const length = segments.reduce((sum, segment) => sum + lengthOf(segment), 0);
  if (made.length !== size || length !== size)
    throw new RangeError(`${made.length} bytes where ${size} were promised`);
  return made;
}

async function reencoded(bytes: Buffer, slices: RowSlices): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of reencode(open(bytes), slices, {}, { version: VERSION })) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function open(bytes: Buffer): OpenSource {
  const reader = readerOf('x.parquet', bytes);
  return async () => ({ reader, footer: await readFooter(reader) });
}
