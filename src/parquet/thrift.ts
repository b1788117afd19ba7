/**
 * Thrift structs as the compact protocol has them: a tree that is kept whole, so that a footer which passes through here
 * loses nothing a newer writer put in.
 *
 *     footer bytes ──readStruct──► Struct: id → type and value ──writeStruct──► the same bytes
 *                                    ▲
 *                 tables (format.ts) say which id and type a field has, and get and set it
 *
 * A field that no table knows stays as it is, and if it is a container its bytes are all that is kept of it. So it is with
 * one whose type on the wire is not its table's: it is read as absent, as Thrift's generated readers skip it.
 * Source: https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
 */

/** Type nibbles of the compact protocol. */
export const ThriftType = {
  true: 1,
  false: 2,
  i8: 3,
  i16: 4,
  i32: 5,
  i64: 6,
  double: 7,
  binary: 8,
  list: 9,
  set: 10,
  map: 11,
  struct: 12,
  uuid: 13,
} as const;

/** Booleans, integers (bigint beyond 2^53), raw bytes of doubles, uuids and binaries, containers. */
export type ThriftValue = boolean | number | bigint | Uint8Array | ThriftList | RawValue | AnyStruct;

export interface ThriftList {
  elementType: number;
  items: readonly ThriftValue[];
}

/** A container that nobody looks into, as it is written: a byte of it may stand for an object of a hundred. */
export interface RawValue {
  raw: Uint8Array;
}

/** A field as it stands in a struct. */
export interface WireField {
  readonly id: number;
  readonly type: number;
  readonly value: ThriftValue;
}

/** Bytes that are not what Thrift, or the Parquet struct read from it, allows. */
export class ThriftError extends Error {
  override readonly name: string = 'ThriftError';
}

/** The bytes end inside a struct: with more of them it may be fine. */
export class ThriftTruncated extends ThriftError {
  override readonly name = 'ThriftTruncated';
}

/** What a table says of a field. `T` is what it holds, `Of` the name of its struct. */
export interface Field<Of extends string, T> extends FieldSpec<T> {
  /** Never there: keeps a field of one struct from being asked of another. */
  readonly of?: Of;
  /** As `parquet.thrift` writes it, for messages: `RowGroup.num_rows`. */
  readonly name: string;
}

/** A field without its name, as tables are written. */
export interface FieldSpec<T> {
  /** Never there: carries the type. */
  readonly holds?: T;
  readonly id: number;
  /** `ThriftType`; of booleans, which carry their value in it, `true`. */
  readonly type: number;
  /** Of a list's elements. */
  readonly element: number;
  /** Binary that is UTF-8. */
  readonly isText: boolean;
  /** Whose structs it holds. */
  readonly nested: Table<string> | undefined;
}

function spec<T>(id: number, type: number, element = 0, nested?: Table<string>): FieldSpec<T> {
  return { id, type, element, isText: false, nested };
}

export const i16 = (id: number): FieldSpec<number> => spec(id, ThriftType.i16);
export const i32 = (id: number): FieldSpec<number> => spec(id, ThriftType.i32);
/** A number; beyond ±2^53 it is an error to ask for it. */
export const i64 = (id: number): FieldSpec<number> => spec(id, ThriftType.i64);
export const bool = (id: number): FieldSpec<boolean> => spec(id, ThriftType.true);
export const binary = (id: number): FieldSpec<Uint8Array> => spec(id, ThriftType.binary);
export const text = (id: number): FieldSpec<string> => ({ ...spec(id, ThriftType.binary), isText: true });
export const struct = <N extends string>(id: number, of: Table<N>): FieldSpec<Struct<N>> =>
  spec(id, ThriftType.struct, 0, of);
export const structs = <N extends string>(id: number, of: Table<N>): FieldSpec<readonly Struct<N>[]> =>
  spec(id, ThriftType.list, ThriftType.struct, of);
/** `list(2, i32)`; for lists of structs there is `structs`. */
export const list = <T extends boolean | number | Uint8Array>(
  id: number,
  of: (id: number) => FieldSpec<T>,
): FieldSpec<readonly T[]> => spec(id, ThriftType.list, of(0).type);

declare const tableName: unique symbol;

/** A struct's fields by name; see {@link table}. */
export interface Table<N extends string> {
  /** Never there: what structs of the table are called in types. */
  readonly [tableName]?: N;
}

export type Specs = Readonly<Record<string, FieldSpec<unknown>>>;
type HeldBy<S> = S extends FieldSpec<infer T> ? T : never;
export type FieldsOf<N extends string, S extends Specs> = {
  readonly [K in keyof S]: Field<N, HeldBy<S[K]>>;
} & Table<N>;

/**
 * States a struct's fields, each once: `table('KeyValue', { key: text(1), value: text(2) })`.
 * @param name as in `parquet.thrift`; structs of different names don't mix
 */
export function table<N extends string, S extends Specs>(name: N, fields: S): FieldsOf<N, S> {
  const named = Object.entries(fields).map(([key, field]) => {
    const word = key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    return [key, { ...field, name: `${name}.${word}` }];
  });
  return Object.fromEntries(named) as FieldsOf<N, S>;
}

/** Values for some of a table's fields. */
type ValuesFor<F> = { readonly [K in keyof F as K extends string ? K : never]?: HeldBy<F[K]> };

/** A new struct: `make(PageLocation, { offset, … })`. */
export function make<N extends string, F extends Table<N>>(
  of: F & Table<N>,
  values: ValuesFor<F>,
): Struct<N> {
  const fields = of as unknown as Readonly<Record<string, Field<N, unknown>>>;
  const made = new Struct<N>();
  for (const [key, value] of Object.entries(values)) made.set(fields[key]!, value);
  return made;
}

/** A struct of any table. */
export type AnyStruct = Struct<string>;

/**
 * Fields by id. Getters and setters take their types from the table's fields. A struct has a handful of them, so they are
 * a list: a map of them takes several times as long to make and to copy, and of a small part nothing is made more often.
 */
export class Struct<Of extends string> {
  /** Never there: structs of two tables are two types. */
  declare readonly of?: Of;
  private readonly fields: WireField[];

  /** @param fields by ascending ids, each once; becomes the struct's own */
  constructor(fields: WireField[] = []) {
    this.fields = fields;
  }

  get isEmpty(): boolean {
    return this.fields.length === 0;
  }

  /** A copy that can be changed without changing this one; nested values are shared. */
  clone(): Struct<Of> {
    return new Struct(this.fields.slice());
  }

  /** Whether a field has this very value; unlike `get`, not put off by one that is beyond 2^53. */
  isEqual(field: Field<Of, number>, value: number): boolean {
    const found = this.find(field.id);
    return found !== undefined && isOf(field, found) && found.value === value;
  }

  has(field: Field<Of, unknown>): boolean {
    const found = this.find(field.id);
    return found !== undefined && isOf(field, found);
  }

  /**
   * The field's value; undefined when it is absent or of a foreign type.
   * @throws ThriftError for integers that a JavaScript number does not hold
   */
  get<T>(field: Field<Of, T>): T | undefined {
    const found = this.find(field.id);
    // What the type on the wire says is what `T` says: `table` states both at once.
    return found === undefined || !isOf(field, found) ? undefined : (valueOf(field, found.value) as T);
  }

  /** @throws ThriftError that names the field when it is absent or of a foreign type */
  require<T>(field: Field<Of, T>): T {
    const value = this.get(field);
    if (value !== undefined) return value;
    const why = this.find(field.id) ? 'is of a foreign type' : 'is missing';
    throw new ThriftError(`the required field ${field.name} ${why}`);
  }

  set<T>(field: Field<Of, T>, value: NoInfer<T>): this {
    const at = this.placeOf(field.id);
    const old = this.fields[at];
    if (old?.id === field.id) this.fields[at] = wireField(field, value, old);
    else this.fields.splice(at, 0, wireField(field, value));
    return this;
  }

  /** Leaves what is foreign under a field's id where it is. */
  delete(...fields: readonly Field<Of, unknown>[]): this {
    for (const field of fields) if (this.has(field)) this.fields.splice(this.placeOf(field.id), 1);
    return this;
  }

  /** By ascending ids, the order in which the compact protocol writes them shortest. */
  sortedFields(): readonly WireField[] {
    return this.fields;
  }

  /** Whether both would be written with the same bytes. */
  equals({ fields }: AnyStruct): boolean {
    if (this.fields.length !== fields.length) return false;
    return this.fields.every(({ id, type, value }, i) => {
      const other = fields[i]!;
      return other.id === id && other.type === type && isSame(value, other.value);
    });
  }

  private find(id: number): WireField | undefined {
    for (const field of this.fields) if (field.id === id) return field;
    return undefined;
  }

  /** Where the field is, or belongs. */
  private placeOf(id: number): number {
    let at = this.fields.length;
    while (at > 0 && this.fields[at - 1]!.id >= id) at--;
    return at;
  }
}

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
const toUtf8 = new TextEncoder();

/** Whether a field has its table's type. A list has it when it is empty, whatever it says of its elements. */
function isOf({ type, element }: FieldSpec<unknown>, found: WireField): boolean {
  if (type === ThriftType.list) return found.type === type && isListOf(element, found.value);
  if (type === ThriftType.struct) return found.value instanceof Struct;
  return found.type === type || (type === ThriftType.true && found.type === ThriftType.false);
}

function isListOf(element: number, value: ThriftValue): boolean {
  return isList(value) && (value.items.length === 0 || isSameElement(element, value.elementType));
}

/** Whether a list with one type of elements will do for the other: lists of booleans say either. */
export function isSameElement(a: number, b: number): boolean {
  return a === b || (isBoolean(a) && isBoolean(b));
}

function isBoolean(type: number): boolean {
  return type === ThriftType.true || type === ThriftType.false;
}

function valueOf(
  { name, type, element, isText }: Field<string, unknown>,
  value: ThriftValue,
): ThriftValue | readonly ThriftValue[] | string {
  if (isText && value instanceof Uint8Array) return utf8.decode(value);
  if (typeof value === 'bigint') throw new ThriftError(`the field ${name} is beyond 2^53`);
  if (type !== ThriftType.list || !isList(value)) return value;
  if (element === ThriftType.i64 && value.items.some((item) => typeof item === 'bigint')) {
    throw new ThriftError(`the field ${name} has a number beyond 2^53`);
  }
  return value.items;
}

function wireField(
  { id, type, element, isText }: FieldSpec<unknown>,
  value: unknown,
  old?: WireField,
): WireField {
  if (typeof value === 'boolean') return { id, type: value ? ThriftType.true : ThriftType.false, value };
  if (isText) return { id, type, value: toUtf8.encode(value as string) };
  if (type !== ThriftType.list) return { id, type, value: value as ThriftValue };
  const items = value as readonly ThriftValue[];
  // Booleans in lists have two names, of which a writer's own is kept.
  const was = old && isList(old.value) ? old.value.elementType : element;
  return { id, type, value: { elementType: isBoolean(element) && isBoolean(was) ? was : element, items } };
}

export function isList(value: ThriftValue): value is ThriftList {
  return typeof value === 'object' && 'items' in value;
}

function isSame(a: ThriftValue, b: ThriftValue): boolean {
  if (a instanceof Struct) return b instanceof Struct && a.equals(b);
  if (a instanceof Uint8Array) return b instanceof Uint8Array && isSameBytes(a, b);
  if (typeof a !== 'object') return a === b;
  if (isList(a)) {
    if (typeof b !== 'object' || !isList(b) || a.elementType !== b.elementType) return false;
    const { items } = b;
    return a.items.length === items.length && a.items.every((item, i) => isSame(item, items[i]!));
  }
  return typeof b === 'object' && 'raw' in b && isSameBytes(a.raw, b.raw);
}

function isSameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.from(a.buffer, a.byteOffset, a.length).equals(b);
}
