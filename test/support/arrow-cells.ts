/** apache-arrow vectors as canonical cells, and cells as vectors. Reads buffers rather than values where bits count. */
import {
  type Data,
  DataType,
  DateUnit,
  type Decimal,
  type TimestampMicrosecond,
  Type,
  type Vector,
} from 'apache-arrow';
import { bytesCell, type Cell, doubleBitsCell, float16BitsCell, floatBitsCell } from './canonical.js';

/** The type of a field or of data, which apache-arrow's own types leave open. */
export function typeOf(one: { type: unknown }): DataType {
  return one.type as DataType;
}

/** The canonical name of an Arrow type. */
export function arrowTypeName(type: DataType): string {
  if (DataType.isDictionary(type)) return arrowTypeName(type.dictionary as DataType);
  if (DataType.isList(type) || DataType.isFixedSizeList(type)) {
    return `list<${arrowTypeName(typeOf(type.children[0]!))}>`;
  }
  if (DataType.isMap(type)) {
    const [key, value] = typeOf(type.children[0]!).children;
    return `list<struct<key: ${arrowTypeName(typeOf(key!))}, value: ${arrowTypeName(typeOf(value!))}>>`;
  }
  if (DataType.isStruct(type)) {
    return `struct<${type.children.map((f) => `${f.name}: ${arrowTypeName(typeOf(f))}`).join(', ')}>`;
  }
  if (DataType.isUtf8(type) || DataType.isLargeUtf8(type)) return 'string';
  if (DataType.isBinary(type) || DataType.isLargeBinary(type) || DataType.isFixedSizeBinary(type))
    return 'binary';
  if (DataType.isDecimal(type)) return `decimal(${type.precision}, ${type.scale})`;
  if (DataType.isTimestamp(type)) return 'timestamp';
  if (DataType.isDate(type)) return 'date';
  if (DataType.isTime(type)) return 'time';
  if (DataType.isBool(type)) return 'bool';
  if (DataType.isInt(type)) return `${type.isSigned ? 'int' : 'uint'}${type.bitWidth}`;
  if (DataType.isFloat(type)) return ['float16', 'float', 'double'][type.precision]!;
  return describe(type);
}

function describe(type: DataType): string {
  return Type[type.typeId].toLowerCase();
}

export function vectorCells(vector: Vector): Cell[] {
  return vector.data.flatMap((data) => dataCells(data as Data));
}

const NANOSECONDS = [1_000_000_000n, 1_000_000n, 1000n, 1n];

function dataCells(data: Data): Cell[] {
  if (data.length === 0) return []; // which may come without buffers and children
  const at = cellReader(data);
  return Array.from({ length: data.length }, (_, i) => (data.getValid(i) ? at(i) : null));
}

/** What gives the cell of slot `i`, for slots that are not null. */
function cellReader(data: Data): (i: number) => Cell {
  const type = typeOf(data);
  if (DataType.isDictionary(type)) {
    const words = vectorCells(data.dictionary!);
    const indices = data.values as Int32Array;
    return (i) => words[Number(indices[i])]!;
  }
  if (DataType.isFixedSizeList(type)) {
    const size = type.listSize;
    const child = dataCells(data.children[0]!);
    return (i) => child.slice(i * size, (i + 1) * size);
  }
  if (DataType.isList(type) || DataType.isMap(type)) {
    const child = dataCells(data.children[0]!);
    const offsets = data.valueOffsets as Int32Array;
    return (i) => (DataType.isMap(type) ? entries : same)(child.slice(offsets[i], offsets[i + 1]));
  }
  if (DataType.isStruct(type)) {
    const children = data.children.map((child) => dataCells(child));
    const names = type.children.map((field) => field.name);
    return (i) => Object.fromEntries(names.map((name, c) => [name, children[c]![i]!]));
  }
  if (DataType.isFloat(type)) return floatReader(data, type.precision);
  if (DataType.isUtf8(type) || DataType.isLargeUtf8(type)) {
    const bytes = bytesReader(data);
    return (i) => `s:${Buffer.from(bytes(i)).toString('utf8')}`;
  }
  if (DataType.isBinary(type) || DataType.isLargeBinary(type)) {
    const bytes = bytesReader(data);
    return (i) => bytesCell(bytes(i));
  }
  if (DataType.isFixedSizeBinary(type)) {
    const values = data.values as Uint8Array;
    return (i) => bytesCell(values.subarray(i * type.byteWidth, (i + 1) * type.byteWidth));
  }
  if (DataType.isDecimal(type)) return decimalReader(data, type);
  if (DataType.isBool(type)) {
    const bits = data.values as Uint8Array;
    const bit = (i: number) => ((bits[i >> 3]! >> (i & 7)) & 1) === 1;
    return (i) => bit(data.offset + i);
  }
  const values = data.values as ArrayLike<number | bigint>;
  if (DataType.isInt(type)) return type.bitWidth === 64 ? (i) => String(values[i]) : (i) => Number(values[i]);
  if (DataType.isTimestamp(type) || DataType.isTime(type)) {
    const unit = NANOSECONDS[(type as TimestampMicrosecond).unit]!;
    const tag = DataType.isTimestamp(type) ? 't' : 'T';
    return (i) => `${tag}:${BigInt(values[i]!) * unit}`;
  }
  if (DataType.isDate(type)) {
    return type.unit === DateUnit.DAY
      ? (i) => `D:${values[i]!}`
      : (i) => `D:${BigInt(values[i]!) / 86_400_000n}`;
  }
  throw new TypeError(`no canonical form for ${describe(type)}`);
}

function same(cells: Cell[]): Cell {
  return cells;
}

/** A map's entries, whatever the file calls their two fields. */
function entries(cells: Cell[]): Cell {
  return cells.map((entry) => {
    const [key, value] = Object.values(entry as Record<string, Cell>);
    return { key: key!, value: value! };
  });
}

function floatReader(data: Data, precision: number): (i: number) => Cell {
  const values = data.values as Uint16Array | Float32Array | Float64Array;
  if (precision === 0) return (i) => float16BitsCell(values[i]!);
  const view = new DataView(values.buffer, values.byteOffset, values.byteLength);
  return precision === 1
    ? (i) => floatBitsCell(view.getUint32(i * 4, true))
    : (i) => doubleBitsCell(view.getBigUint64(i * 8, true));
}

function bytesReader(data: Data): (i: number) => Uint8Array {
  const offsets = data.valueOffsets as Int32Array | BigInt64Array;
  const values = data.values as Uint8Array;
  return (i) => values.subarray(Number(offsets[i]), Number(offsets[i + 1]));
}

function decimalReader(data: Data, type: Decimal): (i: number) => Cell {
  const words = data.values as Uint32Array;
  const perValue = type.bitWidth / 32;
  return (i) => {
    let unscaled = 0n;
    for (let w = perValue - 1; w >= 0; w--) unscaled = (unscaled << 32n) | BigInt(words[i * perValue + w]!);
    return `n:${BigInt.asIntN(type.bitWidth, unscaled)}e-${type.scale}`;
  };
}
