/** The columns of a file as its schema's root has them, each with what it takes to read it by itself. */
import type { Footer } from '../../../parquet/footer.js';
import { FileMetaData, PhysicalType, Repetition, SchemaElement } from '../../../parquet/format.js';
import type { Leaf } from '../../../parquet/schema.js';

export interface Column {
  name: string;
  /** Of the schema, from the column down. */
  elements: readonly SchemaElement[];
  leaves: readonly Leaf[];
  /** The index of the first, which is that of its chunk. */
  firstLeaf: number;
  /** One value a row, a list of them, or anything else. */
  shape: 'flat' | 'list' | 'nested';
  /** Its values are numbers of 4 or 8 bytes. */
  isNumeric: boolean;
}

/** In `ConvertedType`. */
const [LIST, DECIMAL] = [3, 5];
const NUMERIC: readonly number[] = [
  PhysicalType.int32,
  PhysicalType.int64,
  PhysicalType.float,
  PhysicalType.double,
];

export function columnsOf({ meta, leaves }: Footer): Column[] {
  const schema = meta.get(FileMetaData.schema) ?? [];
  const columns: Column[] = [];
  let firstLeaf = 0;
  for (let at = 1; at < schema.length;) {
    const end = endOf(schema, at);
    const elements = schema.slice(at, end);
    const own = leaves.slice(firstLeaf, firstLeaf + elements.filter(isLeaf).length);
    columns.push({
      name: elements[0]!.get(SchemaElement.name) ?? '',
      elements,
      leaves: own,
      firstLeaf,
      shape: shapeOf(elements, own),
      isNumeric: own.length === 1 && isNumber(elements.at(-1)!),
    });
    firstLeaf += own.length;
    at = end;
  }
  return columns;
}

function endOf(schema: readonly SchemaElement[], at: number): number {
  let end = at + 1;
  for (let left = schema[at]?.get(SchemaElement.numChildren) ?? 0; left > 0; left--) end = endOf(schema, end);
  return end;
}

function isLeaf(element: SchemaElement): boolean {
  return element.has(SchemaElement.type);
}

function isNumber(element: SchemaElement): boolean {
  const isDecimal =
    element.has(SchemaElement.precision) || element.get(SchemaElement.convertedType) === DECIMAL;
  return NUMERIC.includes(element.get(SchemaElement.type) ?? -1) && !element.has(SchemaElement.logicalType)
    ? !isDecimal
    : false;
}

function shapeOf(elements: readonly SchemaElement[], leaves: readonly Leaf[]): Column['shape'] {
  const [top] = elements;
  if (leaves.length !== 1) return 'nested';
  if (elements.length === 1 && leaves[0]!.maxRepetition === 0) return 'flat';
  const isList =
    top!.get(SchemaElement.convertedType) === LIST ||
    (isLeaf(top!) && top!.get(SchemaElement.repetitionType) === Repetition.repeated);
  return isList && leaves[0]!.maxRepetition === 1 ? 'list' : 'nested';
}
