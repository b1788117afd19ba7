/** The matrix's nestings: the schema of a column, the rows of it, and both as the levels of its leaves (Dremel). */
import { i32, struct, text, type Thrift } from '../support/thrift-writer.js';
import {
  LEAF_TYPES,
  type LeafType,
  PHYSICAL,
  type TypeName,
  VARIANT_ANNOTATION,
  VARIANT_LEAVES,
} from './types.js';

export const NESTINGS = [
  'required',
  'optional',
  'list',
  'list of list',
  'list of struct',
  'struct',
  'map',
  'two-level list',
  'repeated',
] as const;
export type Nesting = (typeof NESTINGS)[number];

const REPETITION = { required: 0, optional: 1, repeated: 2 } as const;

interface Node {
  name: string;
  repetition: keyof typeof REPETITION;
  leaf?: LeafType;
  children?: Node[];
  annotation?: Readonly<Record<number, Thrift>>;
}

/** What a node holds: a leaf's value, a struct's, a list's of a repeated node; null where an optional node has none. */
export type Value = number | null | Value[] | { [name: string]: Value };

const LIST = { 6: i32(3), 10: struct({ 3: struct({}) }) };
const MAP = { 6: i32(1), 10: struct({ 2: struct({}) }) };

function valueNode(type: TypeName, name: string, repetition: Node['repetition']): Node {
  if (type !== 'variant') return { name, repetition, leaf: LEAF_TYPES[type] };
  const { metadata, value } = VARIANT_LEAVES;
  return {
    name,
    repetition,
    annotation: VARIANT_ANNOTATION,
    children: [
      { name: 'metadata', repetition: 'required', leaf: metadata },
      { name: 'value', repetition: 'required', leaf: value },
    ],
  };
}

function listNode(name: string, element: Node): Node {
  return {
    name,
    repetition: 'optional',
    annotation: LIST,
    children: [{ name: 'list', repetition: 'repeated', children: [element] }],
  };
}

/** The column `x` of a type in a nesting. */
export function columnOf(type: TypeName, nesting: Nesting): Node {
  const element = (): Node => valueNode(type, 'element', 'optional');
  switch (nesting) {
    case 'required':
    case 'optional':
    case 'repeated':
      return valueNode(type, 'x', nesting);
    case 'list':
      return listNode('x', element());
    case 'list of list':
      return listNode('x', listNode('element', element()));
    case 'list of struct':
      return listNode('x', structNode(type, 'element'));
    case 'struct':
      return structNode(type, 'x');
    case 'map': {
      const key: Node = { name: 'key', repetition: 'required', leaf: LEAF_TYPES.string };
      return {
        name: 'x',
        repetition: 'optional',
        annotation: MAP,
        children: [
          {
            name: 'key_value',
            repetition: 'repeated',
            children: [key, valueNode(type, 'value', 'optional')],
          },
        ],
      };
    }
    case 'two-level list':
      return {
        name: 'x',
        repetition: 'optional',
        annotation: LIST,
        children: [valueNode(type, 'array', 'repeated')],
      };
  }
}

function structNode(type: TypeName, name: string): Node {
  const count: Node = { name: 'count', repetition: 'required', leaf: LEAF_TYPES.int32 };
  return { name, repetition: 'optional', children: [valueNode(type, 'value', 'optional'), count] };
}

/** SchemaElements, depth first: 1 type, 2 length, 3 repetition, 4 name, 5 children, and the annotation. */
export function schemaOf(column: Node): Thrift[] {
  const { name, repetition, leaf, children, annotation = leaf?.annotation ?? {} } = column;
  return [
    struct({
      ...(leaf ? { 1: i32(PHYSICAL[leaf.physical]) } : {}),
      ...(leaf?.length === undefined ? {} : { 2: i32(leaf.length) }),
      3: i32(REPETITION[repetition]),
      4: text(name),
      ...(children ? { 5: i32(children.length) } : {}),
      ...annotation,
    }),
    ...(children ?? []).flatMap(schemaOf),
  ];
}

/** A leaf and its levels; `values` has null where the definition level is not the greatest. */
export interface Shredded {
  path: string[];
  leaf: LeafType;
  maxRepetition: number;
  maxDefinition: number;
  repetition: number[];
  definition: number[];
  values: (number | null)[];
}

/** https://research.google/pubs/dremel-interactive-analysis-of-web-scale-datasets-2/, and Nested Encoding of the format. */
export function shred(column: Node, rows: readonly Value[]): Shredded[] {
  const leaves: Shredded[] = [];
  const write = writerOf(column, { path: [], maxRepetition: 0, maxDefinition: 0 }, leaves);
  for (const row of rows) write(row, 0, 0);
  return leaves;
}

interface Place {
  path: string[];
  maxRepetition: number;
  maxDefinition: number;
}

type Writer = (value: Value, repetition: number, definition: number) => void;

function writerOf(node: Node, above: Place, leaves: Shredded[]): Writer {
  const place = {
    path: [...above.path, node.name],
    maxRepetition: above.maxRepetition + (node.repetition === 'repeated' ? 1 : 0),
    maxDefinition: above.maxDefinition + (node.repetition === 'required' ? 0 : 1),
  };
  const first = leaves.length;
  const inner = contentWriter(node, place, leaves);
  const below = leaves.slice(first);
  return (value, repetition, definition) => {
    if (node.repetition === 'required') inner(value, repetition, definition);
    else if (value === null || (Array.isArray(value) && value.length === 0)) {
      // A slot without anything takes a level in every leaf below.
      for (const leaf of below) put(leaf, null, repetition, definition);
    } else if (node.repetition === 'optional' || !Array.isArray(value)) {
      inner(value, repetition, place.maxDefinition);
    } else {
      value.forEach((one, i) => inner(one, i === 0 ? repetition : place.maxRepetition, place.maxDefinition));
    }
  };
}

function contentWriter(node: Node, place: Place, leaves: Shredded[]): Writer {
  if (node.leaf) {
    const out: Shredded = { ...place, leaf: node.leaf, repetition: [], definition: [], values: [] };
    leaves.push(out);
    return (value, repetition, definition) => put(out, value as number, repetition, definition);
  }
  const children = node.children!.map((child) => ({
    name: child.name,
    write: writerOf(child, place, leaves),
  }));
  return (value, repetition, definition) => {
    for (const { name, write } of children) {
      // The groups that lists and maps have around their repeated one, and lists inside it, hold nothing of their own.
      const own = children.length === 1 ? value : (value as Record<string, Value>)[name]!;
      write(own, repetition, definition);
    }
  };
}

function put(leaf: Shredded, value: number | null, repetition: number, definition: number): void {
  leaf.repetition.push(repetition);
  leaf.definition.push(definition);
  leaf.values.push(value);
}

export interface Drawn {
  rows: Value[];
  /** Rows in the middle of a run of nulls, and rows with a long list. */
  insideNulls: number[];
  longLists: number[];
}

/**
 * Rows of a type in a nesting: runs of nulls, empty lists and long ones, values that repeat and that don't.
 * @param distinct how many values there are to draw from, of the type's own
 * @param next uniform from 0 to 1
 */
export function drawRows(
  type: TypeName,
  nesting: Nesting,
  count: number,
  distinct: number,
  next: () => number,
): Drawn {
  const below = (n: number) => Math.floor(next() * n);
  const leaf = type === 'variant' ? VARIANT_LEAVES.value : LEAF_TYPES[type];
  const known = Math.min(distinct, leaf.values);
  const nan = 'nan' in leaf;
  const one = (): Value => {
    if (type === 'variant') return { metadata: 0, value: below(known) };
    return nan && below(12) === 0 ? -1 : below(known);
  };
  const maybe = (): Value => (known === 0 || below(6) === 0 ? null : one());
  const many = (item: () => Value, long: boolean): Value[] =>
    Array.from({ length: long ? 30 + below(40) : below(5) }, item);
  const entry = (i: number): Value => ({ key: i, value: maybe() });
  const struct = (): Value => ({ value: maybe(), count: below(100) });
  const row = (long: boolean): Value => {
    switch (nesting) {
      case 'required':
      case 'optional':
        return one();
      case 'list':
        return many(maybe, long);
      case 'list of list':
        return many(() => (below(5) === 0 ? null : many(maybe, long && below(3) === 0)), long);
      case 'list of struct':
        return many(() => (below(5) === 0 ? null : struct()), long);
      case 'struct':
        return struct();
      case 'map':
        return many(() => 0, long).map((_, i) => entry(i));
      case 'two-level list':
      case 'repeated':
        return many(one, long);
    }
  };
  const out: Drawn = { rows: [], insideNulls: [], longLists: [] };
  const nothing: Value | undefined = nesting === 'required' ? undefined : nesting === 'repeated' ? [] : null;
  const lists = !['required', 'optional', 'struct'].includes(nesting);
  while (out.rows.length < count) {
    const kind = below(10);
    const at = out.rows.length;
    if (nothing !== undefined && (known === 0 || kind < 2)) {
      const run = 2 + below(12);
      for (let i = 0; i < run; i++) out.rows.push(nothing);
      out.insideNulls.push(at + (run >> 1));
    } else if (lists && kind === 2) {
      out.rows.push(row(true));
      out.longLists.push(at);
    } else if (kind === 3) {
      const value = row(false);
      for (let i = below(10); i >= 0; i--) out.rows.push(value);
    } else out.rows.push(row(false));
  }
  const inside = (at: number) => at < count;
  return {
    rows: out.rows.slice(0, count),
    insideNulls: out.insideNulls.filter(inside),
    longLists: out.longLists.filter(inside),
  };
}
