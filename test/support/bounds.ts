/** Min and max as Parquet stores them, compared with the values they claim to bound. */
import { type Cell, floatValue } from './canonical.js';

/** A physical value that JavaScript can order: a number, an integer of any size, or bytes. */
export type Ordered = number | bigint | Uint8Array;

/** Canonical leaf types whose order in Parquet we know; statistics of others are not judged. */
const ORDERED = new Set(['bool', 'int8', 'int16', 'int32', 'int64', 'float', 'double', 'string', 'binary']);

export function hasKnownOrder(leafType: string, physicalType: string): boolean {
  return ORDERED.has(leafType) && physicalType !== 'FIXED_LEN_BYTE_ARRAY';
}

/** The leaf type inside lists. */
export function leafTypeOf(type: string): string {
  const inner = /^list<(.*)>$/.exec(type);
  return inner ? leafTypeOf(inner[1]!) : type;
}

/** All leaves of some cells that are not null. */
export function leavesOf(cells: readonly Cell[]): Cell[] {
  return cells.flatMap((cell) => (Array.isArray(cell) ? leavesOf(cell) : cell === null ? [] : [cell]));
}

/** The value of a leaf cell; undefined for NaN, which has no place in the order. */
export function orderedCell(cell: Cell): Ordered | undefined {
  if (typeof cell === 'boolean') return Number(cell);
  if (typeof cell === 'number') return cell;
  if (typeof cell !== 'string') throw new TypeError(`not a leaf: ${JSON.stringify(cell)}`);
  switch (cell.slice(0, 2)) {
    case 's:':
      return Buffer.from(cell.slice(2));
    case 'x:':
      return Buffer.from(cell.slice(2), 'hex');
    case 'f:':
    case 'd:': {
      const value = floatValue(cell);
      return Number.isNaN(value) ? undefined : value;
    }
    default:
      return BigInt(cell);
  }
}

/** The value of a bound's bytes. */
export function orderedBytes(bytes: Uint8Array, physicalType: string): Ordered {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (physicalType) {
    case 'BOOLEAN':
      return view.getUint8(0);
    case 'INT32':
      return view.getInt32(0, true);
    case 'INT64':
      return view.getBigInt64(0, true);
    case 'FLOAT':
      return view.getFloat32(0, true);
    case 'DOUBLE':
      return view.getFloat64(0, true);
    default:
      return bytes;
  }
}

export function compare(a: Ordered, b: Ordered): number {
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b);
  return a < b ? -1 : a > b ? 1 : 0;
}

export function extremes(values: readonly Ordered[]): { min: Ordered; max: Ordered } | undefined {
  let [min] = values;
  let max = min;
  if (min === undefined || max === undefined) return undefined;
  for (const value of values) {
    if (compare(value, min) < 0) min = value;
    if (compare(value, max) > 0) max = value;
  }
  return { min, max };
}

export function show(value: Ordered): string {
  return value instanceof Uint8Array ? `0x${Buffer.from(value).toString('hex')}` : value.toString();
}
