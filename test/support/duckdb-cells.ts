/** DuckDB vectors as canonical cells. */
import {
  type DuckDBBlobValue,
  type DuckDBDateValue,
  type DuckDBDecimalValue,
  DuckDBListVector,
  DuckDBMapVector,
  DuckDBStructVector,
  type DuckDBTimestampMillisecondsValue,
  type DuckDBTimestampNanosecondsValue,
  type DuckDBTimestampSecondsValue,
  type DuckDBTimestampValue,
  type DuckDBTimeValue,
  type DuckDBType,
  DuckDBTypeId,
  type DuckDBUUIDValue,
  type DuckDBVector,
} from '@duckdb/node-api';
import { bytesCell, type Cell, doubleBitsCell, floatBitsCell } from './canonical.js';

const NAMES: Partial<Record<DuckDBTypeId, string>> = {
  [DuckDBTypeId.BOOLEAN]: 'bool',
  [DuckDBTypeId.TINYINT]: 'int8',
  [DuckDBTypeId.SMALLINT]: 'int16',
  [DuckDBTypeId.INTEGER]: 'int32',
  [DuckDBTypeId.BIGINT]: 'int64',
  [DuckDBTypeId.UTINYINT]: 'uint8',
  [DuckDBTypeId.USMALLINT]: 'uint16',
  [DuckDBTypeId.UINTEGER]: 'uint32',
  [DuckDBTypeId.UBIGINT]: 'uint64',
  [DuckDBTypeId.FLOAT]: 'float',
  [DuckDBTypeId.DOUBLE]: 'double',
  [DuckDBTypeId.VARCHAR]: 'string',
  [DuckDBTypeId.BLOB]: 'binary',
  [DuckDBTypeId.UUID]: 'binary',
  [DuckDBTypeId.DATE]: 'date',
  [DuckDBTypeId.TIME]: 'time',
  [DuckDBTypeId.TIME_NS]: 'time',
  // Adjusted to UTC, which is what Parquet says when it does not mean local time.
  [DuckDBTypeId.TIME_TZ]: 'time',
  [DuckDBTypeId.TIMESTAMP]: 'timestamp',
  [DuckDBTypeId.TIMESTAMP_S]: 'timestamp',
  [DuckDBTypeId.TIMESTAMP_MS]: 'timestamp',
  [DuckDBTypeId.TIMESTAMP_NS]: 'timestamp',
  [DuckDBTypeId.TIMESTAMP_TZ]: 'timestamp',
};

/** The canonical name of a DuckDB type. */
export function duckdbTypeName(type: DuckDBType): string {
  switch (type.typeId) {
    case DuckDBTypeId.LIST:
      return `list<${duckdbTypeName(type.valueType)}>`;
    case DuckDBTypeId.MAP: {
      const { keyType, valueType } = type;
      return `list<struct<key: ${duckdbTypeName(keyType)}, value: ${duckdbTypeName(valueType)}>>`;
    }
    case DuckDBTypeId.STRUCT: {
      const { entryNames, entryTypes } = type;
      return `struct<${entryNames.map((name, i) => `${name}: ${duckdbTypeName(entryTypes[i]!)}`).join(', ')}>`;
    }
    case DuckDBTypeId.DECIMAL: {
      const { width, scale } = type;
      return `decimal(${width}, ${scale})`;
    }
    default:
      return NAMES[type.typeId] ?? type.toString();
  }
}

/** The cell of each slot. */
export function duckdbCells(vector: DuckDBVector): Cell[] {
  const at = cellReader(vector);
  return Array.from({ length: vector.itemCount }, (_, i) => at(i));
}

function cellReader(vector: DuckDBVector): (i: number) => Cell {
  if (vector instanceof DuckDBListVector) return listReader(vector);
  if (vector instanceof DuckDBMapVector) return listReader(inner(vector, 'listVector', DuckDBListVector));
  if (vector instanceof DuckDBStructVector) {
    const names = vector.type.entryNames;
    const children = names.map((_, c) => duckdbCells(vector.entryVectorAt(c)));
    return (i) =>
      vector.isItemValid(i) ? Object.fromEntries(names.map((name, c) => [name, children[c]![i]!])) : null;
  }
  const type = vector.type;
  if (type.typeId === DuckDBTypeId.FLOAT || type.typeId === DuckDBTypeId.DOUBLE) return floatReader(vector);
  return (i) => {
    const value = vector.getItem(i);
    return value === null ? null : leafCell(type, value);
  };
}

function listReader(vector: DuckDBListVector): (i: number) => Cell {
  const child = duckdbCells(vector.childVector);
  const { itemValid } = validity(vector);
  return (i) => {
    if (!itemValid(i)) return null;
    const start = vector.getEntryOffset(i);
    return child.slice(start, start + vector.getEntryLength(i));
  };
}

/** From the buffer, because a signalling NaN does not survive becoming a JavaScript number. */
function floatReader(vector: DuckDBVector): (i: number) => Cell {
  const { itemValid } = validity(vector);
  if (vector.type.typeId === DuckDBTypeId.FLOAT) {
    const items = inner(vector, 'items', Float32Array);
    const bits = new Uint32Array(items.buffer, items.byteOffset, items.length);
    return (i) => (itemValid(i) ? floatBitsCell(bits[i]!) : null);
  }
  const items = inner(vector, 'items', Float64Array);
  const bits = new BigUint64Array(items.buffer, items.byteOffset, items.length);
  return (i) => (itemValid(i) ? doubleBitsCell(bits[i]!) : null);
}

/** A private member of a DuckDB vector; its public methods would copy, or lose bits. */
function inner<T>(vector: DuckDBVector, name: string, kind: abstract new (...args: never[]) => T): T {
  const value = (vector as unknown as Record<string, unknown>)[name];
  if (value instanceof kind) return value;
  throw new TypeError(
    `this version of @duckdb/node-api keeps no ${name} in a ${vector.type.toString()} vector`,
  );
}

function validity(vector: DuckDBVector): { itemValid: (i: number) => boolean } {
  const { validity: flags } = vector as unknown as { validity: { itemValid: (i: number) => boolean } };
  return { itemValid: (i) => flags.itemValid(i) };
}

function leafCell(type: DuckDBType, value: unknown): Cell {
  switch (type.typeId) {
    case DuckDBTypeId.BOOLEAN:
    case DuckDBTypeId.TINYINT:
    case DuckDBTypeId.SMALLINT:
    case DuckDBTypeId.INTEGER:
    case DuckDBTypeId.UTINYINT:
    case DuckDBTypeId.USMALLINT:
    case DuckDBTypeId.UINTEGER:
      return value as boolean | number;
    case DuckDBTypeId.BIGINT:
    case DuckDBTypeId.UBIGINT:
      return (value as bigint).toString();
    case DuckDBTypeId.VARCHAR:
      return `s:${value as string}`;
    case DuckDBTypeId.BLOB:
      return bytesCell((value as DuckDBBlobValue).bytes);
    case DuckDBTypeId.UUID:
      return `x:${(value as DuckDBUUIDValue).toUint128().toString(16).padStart(32, '0')}`;
    case DuckDBTypeId.DECIMAL: {
      const { value: unscaled, scale } = value as DuckDBDecimalValue;
      return `n:${unscaled}e-${scale}`;
    }
    case DuckDBTypeId.DATE:
      return `D:${(value as DuckDBDateValue).days}`;
    case DuckDBTypeId.TIME:
    case DuckDBTypeId.TIME_TZ:
      return `T:${(value as DuckDBTimeValue).micros * 1000n}`;
    case DuckDBTypeId.TIME_NS:
      return `T:${(value as { nanos: bigint }).nanos}`;
    case DuckDBTypeId.TIMESTAMP:
    case DuckDBTypeId.TIMESTAMP_TZ:
      return `t:${(value as DuckDBTimestampValue).micros * 1000n}`;
    case DuckDBTypeId.TIMESTAMP_NS:
      return `t:${(value as DuckDBTimestampNanosecondsValue).nanos}`;
    case DuckDBTypeId.TIMESTAMP_MS:
      return `t:${(value as DuckDBTimestampMillisecondsValue).millis * 1_000_000n}`;
    case DuckDBTypeId.TIMESTAMP_S:
      return `t:${(value as DuckDBTimestampSecondsValue).seconds * 1_000_000_000n}`;
    default:
      throw new TypeError(`no canonical form for ${type.toString()}`);
  }
}
