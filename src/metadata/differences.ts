/** Whether a document was made from another: an alignment changes parts and row counts, and fills in what was missing. */
import { isObject, type Json, type JsonObject, RawNumber } from './json.js';
import { type GraphMetadata, ID_MAPPINGS } from './parse.js';

const SECTIONS = ['edges', 'edge_data', 'node_data', ...ID_MAPPINGS];
const TOTALS = ['num_nodes_per_type', 'num_edges_per_type'];

/**
 * Keys of the document in which an aligned one differs from what it should have been made from, but for what an
 * alignment changes.
 */
export function foreignKeys(input: GraphMetadata, aligned: GraphMetadata): string[] {
  const keys = new Set([...input.document.keys(), ...aligned.document.keys()]);
  return [...keys].filter((key) => {
    const [before, after] = [input.document.get(key), aligned.document.get(key)];
    if (TOTALS.includes(key) && (before === undefined || before === null)) return false;
    if (SECTIONS.includes(key)) return !isSame(outline(before), outline(after));
    return !isSame(before, after);
  });
}

/** A section without what an alignment changes in its entries. */
function outline(section: Json | undefined): Json | undefined {
  if (!isObject(section)) return section;
  return new Map(
    [...section].map(([key, value]): [string, Json] => {
      if (!isObject(value)) return [key, value];
      return [key, isEntry(value) ? withoutParts(value) : (outline(value) as Json)];
    }),
  );
}

function isEntry(value: JsonObject): boolean {
  return Array.isArray(value.get('data')) && isObject(value.get('format'));
}

function withoutParts(entry: JsonObject): JsonObject {
  return new Map([...entry].filter(([key]) => key !== 'data' && key !== 'row_counts'));
}

/** Objects in any order; numbers as the numbers they are, for not everybody writes them as they were. */
function isSame(a: Json | undefined, b: Json | undefined): boolean {
  if (isObject(a)) {
    return (
      isObject(b) &&
      a.size === b.size &&
      [...a].every(([key, value]) => b.has(key) && isSame(value, b.get(key)))
    );
  }
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, i) => isSame(item, b[i]));
  }
  if (isNumber(a) && isNumber(b))
    return textOf(a) === textOf(b) || Object.is(Number(textOf(a)), Number(textOf(b)));
  return a === b;
}

function isNumber(value: Json | undefined): value is number | RawNumber {
  return typeof value === 'number' || value instanceof RawNumber;
}

function textOf(value: number | RawNumber): string {
  return typeof value === 'number' ? String(value) : value.text;
}
