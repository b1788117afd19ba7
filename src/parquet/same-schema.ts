/** Whether parts of one data set go together: pages can be mixed only if their bytes mean the same in both files. */
import { RepartitionError } from '../errors.js';
import type { Footer } from './footer.js';
import { FileMetaData, Repetition, SchemaElement } from './format.js';
import { Struct, writeStruct } from './thrift.js';

/**
 * @throws RepartitionError `mismatch` naming the first column that differs, unless both files have the same columns
 *   with the same types (logical ones included) and nesting; field ids don't matter
 */
export function requireSameSchema(first: Footer, other: Footer): void {
  if (first === other) return;
  const [a, b] = [elementsOf(first), elementsOf(other)];
  const differing = a.findIndex((element, i) => i > 0 && !isSame(element, b[i]));
  if (differing < 0 && a.length === b.length) return;
  const name = (a[differing] ?? b[a.length])?.string(SchemaElement.name) ?? '';
  throw new RepartitionError(
    'mismatch',
    `${first.file} and ${other.file} are parts of one data set but their schemas differ at column ${name}`,
    { hint: 'Write the data set again with one schema.' },
  );
}

function elementsOf(footer: Footer): Struct[] {
  return footer.meta.structs(FileMetaData.schema) ?? [];
}

function isSame(a: Struct, b: Struct | undefined): boolean {
  if (!b) return false;
  const sameNumbers = [SchemaElement.type, SchemaElement.typeLength, SchemaElement.numChildren].every(
    (id) => (a.int(id) ?? 0) === (b.int(id) ?? 0),
  );
  const repetition = (element: Struct): number =>
    element.int(SchemaElement.repetitionType) ?? Repetition.required;
  const sameName = a.string(SchemaElement.name) === b.string(SchemaElement.name);
  return sameNumbers && sameName && repetition(a) === repetition(b) && isSameMeaning(a, b);
}

/** The logical type, or where a file has only its older form, that one. */
function isSameMeaning(a: Struct, b: Struct): boolean {
  const [logicalA, logicalB] = [a.struct(SchemaElement.logicalType), b.struct(SchemaElement.logicalType)];
  if (logicalA && logicalB) return Buffer.from(writeStruct(logicalA)).equals(writeStruct(logicalB));
  const converted = [SchemaElement.convertedType, SchemaElement.scale, SchemaElement.precision];
  return converted.every((id) => a.int(id) === b.int(id));
}
