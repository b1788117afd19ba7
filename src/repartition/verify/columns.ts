/**
 * What DistPartitioning makes of a part's columns, by its schema alone: pyarrow reads them, pandas makes numpy arrays,
 * torch takes those. One list column becomes a row a vector; all other columns must be plain numbers, one column of the
 * matrix each. Source: dmlc/dgl, tools/distpartitioning/array_readwriter/parquet.py, and DATA_TYPE_ID in utils.py.
 */
import { arrowColumnTypes } from '../../parquet/arrow-schema.js';
import { type Footer, footerKeys } from '../../parquet/footer.js';
import { FileMetaData, PhysicalType, Repetition, SchemaElement } from '../../parquet/format.js';

/** Ids of the union LogicalType, and values of ConvertedType, in parquet.thrift. */
const Logical = { list: 3, integer: 10, float16: 15 } as const;
const Converted = { list: 3, uint8: 11, uint16: 12, uint32: 13, uint64: 14, int8: 15, int64: 18 } as const;
/** Of the union Type in Arrow's Schema.fbs: lists that numpy leaves as objects. */
const ODD_LISTS: ReadonlyMap<number, string> = new Map([
  [16, 'a fixed-size list'],
  [21, 'a large list'],
]);

/**
 * The columns as numpy has them: `vectors` for one list column. Beside nulls, pandas makes doubles of integers and objects
 * of booleans.
 */
export type Columns =
  | { kind: 'vectors' }
  | { kind: 'numbers'; hasIntegers: boolean; hasBooleans: boolean }
  | { kind: 'objects'; problem: string };

/** What becomes of the part's columns; `problem` is the end of a sentence: "column a is a text". */
export function columnsOf(footer: Footer): Columns {
  const columns = topColumns(footer.meta.get(FileMetaData.schema) ?? []);
  const [only] = columns;
  if (columns.length === 1 && only && isList(only)) {
    const odd = oddList(footer);
    if (odd !== undefined) return { kind: 'objects', problem: `column ${nameOf(only[0])} is ${odd}` };
    const problem = footer.leaves.length === 1 ? numberProblem(only.at(-1)!) : 'nested';
    if (problem === undefined && footer.leaves[0]!.maxRepetition === 1) return { kind: 'vectors' };
    const what =
      problem === undefined || problem === 'nested'
        ? 'a list of lists or of structs'
        : `a list of ${problem}`;
    return { kind: 'objects', problem: `column ${nameOf(only[0])} is ${what}` };
  }
  for (const column of columns) {
    const problem = column.length > 1 || isRepeated(column[0]!) ? 'nested' : numberProblem(column[0]!);
    if (problem !== undefined) {
      return {
        kind: 'objects',
        problem: `column ${nameOf(column[0])} is ${problem === 'nested' ? 'a nested one' : problem}`,
      };
    }
  }
  const isOf = (...types: number[]): boolean =>
    columns.some(([column]) => types.includes(column?.get(SchemaElement.type) ?? -1));
  return {
    kind: 'numbers',
    hasIntegers: isOf(PhysicalType.int32, PhysicalType.int64),
    hasBooleans: isOf(PhysicalType.boolean),
  };
}

/** The columns below the root, each with all elements of its tree. */
function topColumns(elements: readonly SchemaElement[]): SchemaElement[][] {
  const columns: SchemaElement[][] = [];
  let open = 0;
  for (const element of elements.slice(1)) {
    if (open === 0) columns.push([]);
    else open--;
    columns.at(-1)!.push(element);
    open += element.get(SchemaElement.numChildren) ?? 0;
  }
  return columns;
}

function isList([first, second]: readonly SchemaElement[]): boolean {
  if (!first) return false;
  if (isRepeated(first)) return first.has(SchemaElement.type);
  const isAnnotated =
    first.get(SchemaElement.convertedType) === Converted.list || logicalType(first)?.id === Logical.list;
  return isAnnotated && second !== undefined && isRepeated(second);
}

function isRepeated(element: SchemaElement): boolean {
  return element.get(SchemaElement.repetitionType) === Repetition.repeated;
}

function oddList(footer: Footer): string | undefined {
  const schema = footerKeys(footer).get('ARROW:schema');
  const [type] = schema === undefined ? [] : arrowColumnTypes(schema);
  return type === undefined ? undefined : ODD_LISTS.get(type);
}

function logicalType(element: SchemaElement): { id: number } | undefined {
  return element.get(SchemaElement.logicalType)?.sortedFields()[0];
}

/** Why a primitive column is no number that torch has; undefined when it is one. */
function numberProblem(element: SchemaElement): string | undefined {
  const logical = logicalType(element);
  const converted = element.get(SchemaElement.convertedType);
  switch (element.get(SchemaElement.type)) {
    case PhysicalType.boolean:
    case PhysicalType.float:
    case PhysicalType.double:
      return undefined;
    case PhysicalType.int32:
    case PhysicalType.int64:
      if (converted !== undefined && converted > Converted.uint8 && converted <= Converted.uint64) {
        return 'an unsigned integer that torch lacks';
      }
      if (converted !== undefined && (converted < Converted.uint8 || converted > Converted.int64)) {
        return 'a date, time or decimal';
      }
      return converted !== undefined || logical === undefined || logical.id === Logical.integer
        ? undefined
        : 'a date, time or decimal';
    case PhysicalType.int96:
      return 'a date, time or decimal';
    case PhysicalType.fixedLenByteArray:
      return logical?.id === Logical.float16 ? undefined : 'bytes';
    default:
      return 'a text or bytes';
  }
}

function nameOf(element: SchemaElement | undefined): string {
  return element?.get(SchemaElement.name) ?? '';
}
