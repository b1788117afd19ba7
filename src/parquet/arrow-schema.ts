/**
 * Key-value metadata inside `ARROW:schema`. Arrow's readers, pyarrow and so DistPartitioning among them, take a schema's
 * metadata from there and ignore the footer's own keys, so a key like `shape` must be changed in both.
 *
 * The value is base64 of an IPC message: 0xffffffff, the length, and a flatbuffer whose root is
 * `Message{version, header: Schema{endianness, fields, custom_metadata, features}}`. It is edited without being
 * understood: offsets in a flatbuffer point forwards, so new tables in front can refer to everything old behind them,
 * and no type, extension or future field of the schema can be lost.
 *
 *     │ root │ Message' │ Schema' │ custom_metadata' │ new keys │ the old flatbuffer, byte for byte │
 *                  └────────▲ └────────────▲    └─────────▲          ▲
 *                                └── fields, features ───────────────┘
 *
 * Sources: https://arrow.apache.org/docs/format/Columnar.html#encapsulated-message-format,
 * https://github.com/apache/arrow/blob/main/format/Schema.fbs, https://flatbuffers.dev/internals/
 */

/** Bytes that are no IPC schema message; whoever reads the footer then does without. */
class NotArrow extends Error {}

const CONTINUATION = 0xffffffff;
const SCHEMA_HEADER = 1;

/** Field numbers, as in Message.fbs and Schema.fbs. */
const Message = { version: 0, headerType: 1, header: 2, bodyLength: 3, customMetadata: 4 } as const;
const Schema = { endianness: 0, fields: 1, customMetadata: 2, features: 3 } as const;
const KeyValue = { key: 0, value: 1 } as const;
const Field = { typeType: 2 } as const;

/**
 * The keys that an Arrow reader sees.
 * @param base64 the value of `ARROW:schema`
 * @returns undefined when it is no schema message
 */
export function readArrowKeys(base64: string): Map<string, string> | undefined {
  try {
    return new Map(openSchema(base64).entries.map(({ key, value }) => [key, value]));
  } catch (error) {
    if (error instanceof NotArrow || error instanceof RangeError) return undefined;
    throw error;
  }
}

/**
 * The types of the columns, as numbers of the union Type in Schema.fbs; none when it is no schema message.
 * @param base64 the value of `ARROW:schema`
 */
export function arrowColumnTypes(base64: string): number[] {
  try {
    const { old, fields } = openSchema(base64);
    const flat = new FlatReader(old);
    return flat.vector(fields).map((table) => {
      const at = flat.field(table, Field.typeType);
      return at === undefined ? 0 : flat.view.getUint8(at);
    });
  } catch (error) {
    if (error instanceof NotArrow || error instanceof RangeError) return [];
    throw error;
  }
}

/**
 * `ARROW:schema` with keys set (a string) or removed (null); as it was when nothing changes or it is no schema message.
 */
export function changeArrowKeys(base64: string, changes: Readonly<Record<string, string | null>>): string {
  let schema: OpenSchema;
  try {
    schema = openSchema(base64);
  } catch (error) {
    if (error instanceof NotArrow || error instanceof RangeError) return base64;
    throw error;
  }
  const changed = Object.entries(changes);
  const isTrue = changed.every(
    ([key, value]) => (schema.entries.find((entry) => entry.key === key)?.value ?? null) === value,
  );
  if (isTrue) return base64;
  const kept = schema.entries.filter((entry) => !changed.some(([key]) => key === entry.key));
  const added = changed.flatMap(([key, value]) => (value === null ? [] : [{ key, value }]));
  return encapsulate(prepend(schema, kept, added));
}

interface Entry {
  /** Where its table lies in the old flatbuffer. */
  table: number;
  key: string;
  value: string;
}

/** Positions in the flatbuffer; undefined for fields that are left out. */
interface OpenSchema {
  old: Uint8Array;
  version: number;
  messageMetadata: number | undefined;
  endianness: number;
  fields: number | undefined;
  features: number | undefined;
  entries: Entry[];
}

function openSchema(base64: string): OpenSchema {
  const message = new Uint8Array(Buffer.from(base64, 'base64'));
  const view = viewOf(message);
  if (message.length < 12) throw new NotArrow();
  // Before format version 0.15 the continuation marker was left out.
  const start = view.getUint32(0, true) === CONTINUATION ? 8 : 4;
  const length = view.getUint32(start - 4, true);
  const old = message.slice(start, start + length);
  if (old.length !== length) throw new NotArrow();
  const flat = new FlatReader(old);
  const root = flat.indirect(0);
  const headerType = flat.field(root, Message.headerType);
  const header = flat.reference(root, Message.header);
  if (headerType === undefined || flat.view.getUint8(headerType) !== SCHEMA_HEADER || header === undefined) {
    throw new NotArrow();
  }
  return {
    old,
    version: flat.int16(root, Message.version),
    messageMetadata: flat.reference(root, Message.customMetadata),
    endianness: flat.int16(header, Schema.endianness),
    fields: flat.reference(header, Schema.fields),
    features: flat.reference(header, Schema.features),
    entries: flat.vector(flat.reference(header, Schema.customMetadata)).map((table) => ({
      table,
      key: flat.string(flat.reference(table, KeyValue.key)),
      value: flat.string(flat.reference(table, KeyValue.value)),
    })),
  };
}

class FlatReader {
  readonly view: DataView;
  private readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = viewOf(bytes);
  }

  indirect(at: number): number {
    return at + this.view.getUint32(at, true);
  }

  /** Where a table's field lies; undefined when it has its default. */
  field(table: number, id: number): number | undefined {
    const vtable = table - this.view.getInt32(table, true);
    const slot = 4 + 2 * id;
    if (slot >= this.view.getUint16(vtable, true)) return undefined;
    const offset = this.view.getUint16(vtable + slot, true);
    return offset === 0 ? undefined : table + offset;
  }

  reference(table: number, id: number): number | undefined {
    const at = this.field(table, id);
    return at === undefined ? undefined : this.indirect(at);
  }

  int16(table: number, id: number): number {
    const at = this.field(table, id);
    return at === undefined ? 0 : this.view.getInt16(at, true);
  }

  /** The positions of the tables in a vector. */
  vector(at: number | undefined): number[] {
    if (at === undefined) return [];
    const length = this.view.getUint32(at, true);
    if (length > this.bytes.length / 4) throw new NotArrow();
    return Array.from({ length }, (_, i) => this.indirect(at + 4 + 4 * i));
  }

  string(at: number | undefined): string {
    if (at === undefined) return '';
    const length = this.view.getUint32(at, true);
    if (at + 4 + length > this.bytes.length) throw new NotArrow();
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(this.bytes.subarray(at + 4, at + 4 + length));
  }
}

/** The new flatbuffer: tables in front, the old one behind. */
function prepend(
  schema: OpenSchema,
  kept: readonly Entry[],
  added: readonly { key: string; value: string }[],
): Uint8Array {
  const front = new FlatWriter();
  front.reference('message');
  front.vtable('message vtable', 28, [24, 26, 4, 8, schema.messageMetadata === undefined ? 0 : 16]);
  front.align(8);
  front.mark('message');
  front.vtableReference('message vtable');
  front.reference('schema');
  front.uint32(0); // bodyLength, 64 bits
  front.uint32(0);
  front.optional(schema.messageMetadata);
  front.uint32(0); // keeps what follows at 24
  front.uint16(schema.version);
  front.uint16(SCHEMA_HEADER);

  const { fields, features } = schema;
  front.vtable('schema vtable', 20, [16, fields === undefined ? 0 : 4, 8, features === undefined ? 0 : 12]);
  front.align(4);
  front.mark('schema');
  front.vtableReference('schema vtable');
  front.optional(fields);
  front.reference('metadata');
  front.optional(features);
  front.uint16(schema.endianness);
  front.uint16(0);

  front.align(4);
  front.mark('metadata');
  front.uint32(kept.length + added.length);
  for (const { table } of kept) front.old(table);
  for (const i of added.keys()) front.reference(`entry ${i}`);
  added.forEach(({ key, value }, i) => {
    front.vtable(`entry ${i} vtable`, 12, [4, 8]);
    front.align(4);
    front.mark(`entry ${i}`);
    front.vtableReference(`entry ${i} vtable`);
    front.reference(`key ${i}`);
    front.reference(`value ${i}`);
    front.string(`key ${i}`, key);
    front.string(`value ${i}`, value);
  });
  return front.finish(schema.old);
}

/** Writes little-endian scalars, and references that are filled in when all places are known. */
class FlatWriter {
  private readonly bytes: number[] = [];
  private readonly marks = new Map<string, number>();
  private readonly references: { at: number; to: string | number }[] = [];

  mark(name: string): void {
    this.marks.set(name, this.bytes.length);
  }

  align(to: number): void {
    while (this.bytes.length % to !== 0) this.bytes.push(0);
  }

  uint16(value: number): void {
    this.bytes.push(value & 0xff, (value >> 8) & 0xff);
  }

  uint32(value: number): void {
    this.uint16(value & 0xffff);
    this.uint16(value >>> 16);
  }

  /** To a mark made later. */
  reference(name: string): void {
    this.references.push({ at: this.bytes.length, to: name });
    this.uint32(0);
  }

  /** To a place in the old flatbuffer. */
  old(position: number): void {
    this.references.push({ at: this.bytes.length, to: position });
    this.uint32(0);
  }

  optional(position: number | undefined): void {
    if (position === undefined) this.uint32(0);
    else this.old(position);
  }

  /** Each field's offset in the table, in the order of their numbers; 0 leaves a field out. */
  vtable(name: string, tableSize: number, offsets: readonly number[]): void {
    this.align(2);
    this.mark(name);
    for (const value of [4 + 2 * offsets.length, tableSize, ...offsets]) this.uint16(value);
  }

  /** A table's first word: how far back its vtable lies. */
  vtableReference(name: string): void {
    this.uint32(this.bytes.length - (this.marks.get(name) ?? 0));
  }

  string(name: string, text: string): void {
    this.align(4);
    this.mark(name);
    const bytes = new TextEncoder().encode(text);
    this.uint32(bytes.length);
    this.bytes.push(...bytes, 0);
  }

  finish(old: Uint8Array): Uint8Array {
    this.align(8); // the old flatbuffer's alignment stays what it was
    const start = this.bytes.length;
    const all = new Uint8Array(Math.ceil((start + old.length) / 8) * 8);
    all.set(this.bytes);
    all.set(old, start);
    const view = viewOf(all);
    for (const { at, to } of this.references) {
      const target = typeof to === 'number' ? start + to : (this.marks.get(to) ?? 0);
      view.setUint32(at, target - at, true);
    }
    return all;
  }
}

function encapsulate(flatbuffer: Uint8Array): string {
  const message = new Uint8Array(8 + flatbuffer.length);
  viewOf(message).setUint32(0, CONTINUATION, true);
  viewOf(message).setUint32(4, flatbuffer.length, true);
  message.set(flatbuffer, 8);
  return Buffer.from(message).toString('base64');
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
