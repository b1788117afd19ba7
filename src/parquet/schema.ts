/** The schema as the pages see it: its leaves, with the levels that nesting gives them. */
import { damaged } from './errors.js';
import { PhysicalType, Repetition, SchemaElement } from './format.js';

/** A primitive column. */
export interface Leaf {
  /** Names from below the root, joined with dots. */
  path: string;
  /** `PhysicalType`. */
  type: number;
  /** Bytes of a FIXED_LEN_BYTE_ARRAY; 0 for other types. */
  typeLength: number;
  maxDefinition: number;
  maxRepetition: number;
}

/** Deeper than any writer nests, and shallow enough for the stack. */
const MAX_DEPTH = 100;

/**
 * The leaves in schema order, which is the order of a row group's chunks.
 * @param elements the footer's schema: a tree flattened depth first, the root first
 * @throws RepartitionError `parquet` when the elements form no tree
 */
export function readLeaves(file: string, elements: readonly SchemaElement[]): Leaf[] {
  const leaves: Leaf[] = [];
  let next = 1;

  function visit(children: number, names: string[], definition: number, repetition: number): void {
    for (let i = 0; i < children; i++) {
      const element = elements[next++];
      if (!element) throw damaged(file, 'the schema ends before its last column');
      const kind = element.get(SchemaElement.repetitionType) ?? Repetition.required;
      const path = [...names, element.get(SchemaElement.name) ?? ''];
      const maxDefinition = definition + (kind === Repetition.required ? 0 : 1);
      const maxRepetition = repetition + (kind === Repetition.repeated ? 1 : 0);
      if (maxDefinition > 255 || path.length > MAX_DEPTH)
        throw damaged(file, `a column is nested deeper than ${MAX_DEPTH} levels`);
      const type = element.get(SchemaElement.type);
      if (type === undefined) {
        visit(element.get(SchemaElement.numChildren) ?? 0, path, maxDefinition, maxRepetition);
        continue;
      }
      leaves.push({
        path: path.join('.'),
        type,
        typeLength:
          type === PhysicalType.fixedLenByteArray ? (element.get(SchemaElement.typeLength) ?? 0) : 0,
        maxDefinition,
        maxRepetition,
      });
    }
  }

  const root = elements[0];
  if (!root) throw damaged(file, 'the footer has no schema');
  visit(root.get(SchemaElement.numChildren) ?? 0, [], 0, 0);
  if (next !== elements.length) throw damaged(file, 'the schema has elements outside its tree');
  return leaves;
}

/**
 * Whether the schema is one column with one scalar per row, nullable or not: what DistPartitioning can read as a
 * flat `(N,)` array.
 */
export function isScalarColumn(elements: readonly SchemaElement[]): boolean {
  return (
    elements.length === 2 &&
    elements[1]?.has(SchemaElement.type) === true &&
    elements[1].get(SchemaElement.repetitionType) !== Repetition.repeated
  );
}
