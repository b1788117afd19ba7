/**
 * The canonical form of values: what the readers' answers are turned into before they are compared, bit for bit, and
 * what the writers are given. `test/python/canonical.py` and `arrow-cells.ts` and `duckdb.ts` all produce it.
 *
 * A column is a name, a type and one cell per row. A cell is JSON:
 *
 * | type                              | cell                                                                   |
 * | --------------------------------- | ---------------------------------------------------------------------- |
 * | any                               | `null` for null                                                        |
 * | `bool`                            | `true`, `false`                                                        |
 * | `int8` … `int32`, `uint8` … `uint32` | a number                                                            |
 * | `int64`, `uint64`                 | its decimal digits, `"-9223372036854775808"`                           |
 * | `float16`, `float`, `double`      | its bits, `"h:3c00"`, `"f:3f800000"`, `"d:3ff0000000000000"`: the payload of a NaN and the sign of a zero count |
 * | `string`                          | `"s:text"`                                                             |
 * | `binary` (also fixed-length)      | `"x:00ff"`                                                             |
 * | `decimal(precision, scale)`       | the unscaled number, `"n:-123e-2"`                                     |
 * | `date`                            | days since 1970, `"D:19000"`                                           |
 * | `time`, `timestamp`               | nanoseconds since midnight or 1970, `"T:5"`, `"t:-5"`, whatever the unit |
 * | `list<…>` (also fixed-size)       | an array                                                               |
 * | `struct<a: …, b: …>`              | an object; a map is a `list<struct<key: …, value: …>>`                 |
 *
 * Types are named as coarsely as the three readers can agree: the exact ones (logical types, units, lengths) are
 * compared in the Parquet schema.
 */
export type Cell = null | boolean | number | string | Cell[] | { [name: string]: Cell };

export interface CanonicalColumn {
  name: string;
  type: string;
  cells: Cell[];
}

const scratch = new DataView(new ArrayBuffer(8));

/** The cell of a 32-bit float given as a number; for the bits of a special NaN write the cell yourself. */
export function floatCell(value: number): string {
  scratch.setFloat32(0, value);
  return floatBitsCell(scratch.getUint32(0));
}

export function doubleCell(value: number): string {
  scratch.setFloat64(0, value);
  return doubleBitsCell(scratch.getBigUint64(0));
}

export function float16BitsCell(bits: number): string {
  return `h:${bits.toString(16).padStart(4, '0')}`;
}

export function floatBitsCell(bits: number): string {
  return `f:${bits.toString(16).padStart(8, '0')}`;
}

export function doubleBitsCell(bits: bigint): string {
  return `d:${bits.toString(16).padStart(16, '0')}`;
}

export function bytesCell(bytes: Uint8Array): string {
  return `x:${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')}`;
}

/** The number that an `f:` or `d:` cell stands for. */
export function floatValue(cell: string): number {
  if (cell.startsWith('f:')) {
    scratch.setUint32(0, parseInt(cell.slice(2), 16));
    return scratch.getFloat32(0);
  }
  scratch.setBigUint64(0, BigInt(`0x${cell.slice(2)}`));
  return scratch.getFloat64(0);
}

/** The first place where two columns differ, in words, or undefined. `a` and `b` name the two sides. */
export function columnDifference(
  a: { from: string; column: CanonicalColumn },
  b: { from: string; column: CanonicalColumn },
): string | undefined {
  const name = a.column.name;
  if (name !== b.column.name) return `column ${name} in ${a.from} is ${b.column.name} in ${b.from}`;
  if (a.column.type !== b.column.type) {
    return `column ${name} is ${a.column.type} in ${a.from}, ${b.column.type} in ${b.from}`;
  }
  const rows = Math.max(a.column.cells.length, b.column.cells.length);
  for (let row = 0; row < rows; row++) {
    if (sameCell(a.column.cells[row], b.column.cells[row])) continue;
    const show = (cells: Cell[]) => (row < cells.length ? JSON.stringify(cells[row]) : 'no such row');
    const differing = countDifferences(a.column.cells, b.column.cells);
    return [
      `column ${name} (${a.column.type}): row ${row} of ${rows} is the first of ${differing} that differ`,
      `  ${a.from}: ${show(a.column.cells)}`,
      `  ${b.from}: ${show(b.column.cells)}`,
    ].join('\n');
  }
  return undefined;
}

function countDifferences(a: Cell[], b: Cell[]): number {
  let count = Math.abs(a.length - b.length);
  for (let i = 0; i < Math.min(a.length, b.length); i++) if (!sameCell(a[i], b[i])) count++;
  return count;
}

function sameCell(a: Cell | undefined, b: Cell | undefined): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  return JSON.stringify(a) === JSON.stringify(b);
}
