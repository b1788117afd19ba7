/** Whether parts of one data set go together: pages can be mixed only if their bytes mean the same in both files. */
import { RepartitionError } from '../errors.js';
import type { Footer } from './footer.js';
import { FileMetaData, Repetition, SchemaElement } from './format.js';

/**
 * What of two schemas must be the same: `types` are names, nesting, physical and logical types; `all` is that and which
 * columns may be null. Field ids don't matter.
 */
export type SchemaAspects = 'types' | 'all';

/** The first column in which two files differ; undefined when their pages mean the same. */
export function schemaDifference(first: Footer, other: Footer, what: SchemaAspects): string | undefined {
  if (first.meta === other.meta) return undefined;
  const [a, b] = [elementsOf(first), elementsOf(other)];
  const differing = a.findIndex((element, i) => i > 0 && !isSame(element, b[i], what));
  if (differing < 0 && a.length === b.length) return undefined;
  return (a[differing] ?? b[a.length])?.get(SchemaElement.name) ?? '';
}

/** @throws RepartitionError `mismatch` naming the first column that differs, if one does */
export function requireSameSchema(first: Footer, other: Footer): void {
  const name = schemaDifference(first, other, 'all');
  if (name === undefined) return;
  throw new RepartitionError(
    'mismatch',
    `${first.file} and ${other.file} are parts of one data set but their schemas differ at column ${name}`,
    { hint: 'Write the data set again with one schema.', path: other.file },
  );
}

function elementsOf(footer: Footer): readonly SchemaElement[] {
  return footer.meta.get(FileMetaData.schema) ?? [];
}

function isSame(a: SchemaElement, b: SchemaElement | undefined, what: SchemaAspects): boolean {
  if (!b) return false;
  const sameNumbers = [SchemaElement.type, SchemaElement.typeLength, SchemaElement.numChildren].every(
    (field) => (a.get(field) ?? 0) === (b.get(field) ?? 0),
  );
  const sameName = a.get(SchemaElement.name) === b.get(SchemaElement.name);
  return sameNumbers && sameName && repetitionOf(a, what) === repetitionOf(b, what) && isSameMeaning(a, b);
}

function repetitionOf(element: SchemaElement, what: SchemaAspects): number {
  const repetition = element.get(SchemaElement.repetitionType) ?? Repetition.required;
  return what === 'types' && repetition === Repetition.optional ? Repetition.required : repetition;
}

/** The logical type, or where a file has only its older form, that one. */
function isSameMeaning(a: SchemaElement, b: SchemaElement): boolean {
  const [logicalA, logicalB] = [a.get(SchemaElement.logicalType), b.get(SchemaElement.logicalType)];
  if (logicalA && logicalB) return logicalA.equals(logicalB);
  const converted = [SchemaElement.convertedType, SchemaElement.scale, SchemaElement.precision];
  return converted.every((field) => a.get(field) === b.get(field));
}
