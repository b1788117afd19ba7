import {
  Field,
  FixedSizeList,
  Float32,
  Int64,
  RecordBatchReader,
  Schema,
  Table,
  tableToIPC,
} from 'apache-arrow';
import fc from '../support/properties.js';
import { describe, expect, test } from 'vitest';
import { changeArrowKeys, readArrowKeys } from '../../src/parquet/arrow-schema.js';

/** A schema with these keys as Arrow's own writer says it, in base64, as `ARROW:schema` has it. */
function arrowSchema(keys: Record<string, string>): string {
  const fields = [
    new Field('id', new Int64(), true, new Map([['PARQUET:field_id', '1']])),
    new Field('vector', new FixedSizeList(3, new Field('item', new Float32(), true)), true),
  ];
  const schema = new Schema(fields, new Map(Object.entries(keys)));
  return Buffer.from(tableToIPC(new Table(schema, []), 'stream')).toString('base64');
}

/** The same, read by Arrow. */
function read(base64: string): { keys: Record<string, string>; fields: string } {
  const end = [0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0];
  const reader = RecordBatchReader.from(new Uint8Array([...Buffer.from(base64, 'base64'), ...end])).open();
  const fields = reader.schema.fields.map(
    (field) => `${String(field)} ${JSON.stringify([...field.metadata])}`,
  );
  return { keys: Object.fromEntries(reader.schema.metadata), fields: fields.join(', ') };
}

/** An IPC message without its marker and length. */
function flatbufferOf(base64: string): Buffer {
  return Buffer.from(base64, 'base64').subarray(8);
}

/**
 * What of a message does not lie at a multiple of its size. `old` was well aligned where it lay, which is at 8 in the
 * message, so it must lie at a multiple of 8 again; the message's own 64-bit field makes its table one of 8, all other
 * tables, vectors and strings are of 32 bits.
 */
function misplaced(base64: string, old: Buffer): string[] {
  const message = Buffer.from(base64, 'base64');
  const flat = message.subarray(8);
  const problems: string[] = [];
  const require = (what: string, at: number, of: number): void => {
    if (at % of !== 0) problems.push(`${what} at ${at}`);
  };
  const follow = (at: number): number => at + flat.readUInt32LE(at);
  const field = (tableAt: number, id: number): number => {
    const vtable = tableAt - flat.readInt32LE(tableAt);
    require('a vtable', vtable, 2);
    return tableAt + flat.readUInt16LE(vtable + 4 + 2 * id);
  };
  require('the length', message.length, 8);
  require('the old flatbuffer', flat.indexOf(old.subarray(0, old.length - 8)), 8);
  const root = follow(0);
  require('the message', root, 4);
  require('the body length', field(root, 3), 8);
  const schema = follow(field(root, 2));
  require('the schema', schema, 4);
  const keys = follow(field(schema, 2));
  require('the keys', keys, 4);
  for (let i = 0; i < flat.readUInt32LE(keys); i++) {
    const entry = follow(keys + 4 + 4 * i);
    require(`key ${i}`, entry, 4);
    for (const id of [0, 1]) require(`a text of key ${i}`, follow(field(entry, id)), 4);
  }
  return problems;
}

describe('keys inside ARROW:schema', () => {
  test('a key is set, a stale one replaced, others and all fields kept', () => {
    const before = arrowSchema({ shape: '(50,)', pandas: '{"index": 1}' });
    const after = changeArrowKeys(before, { shape: '(1234567890,)' });
    expect(read(after)).toEqual({
      keys: { pandas: '{"index": 1}', shape: '(1234567890,)' },
      fields: read(before).fields,
    });
    expect(readArrowKeys(after)?.get('shape')).toBe('(1234567890,)');
  });

  test('a schema without any keys gets its first', () => {
    expect(read(changeArrowKeys(arrowSchema({}), { shape: '(3,)' })).keys).toEqual({ shape: '(3,)' });
  });

  test('a key is removed', () => {
    expect(read(changeArrowKeys(arrowSchema({ shape: '(3,)', a: 'b' }), { shape: null })).keys).toEqual({
      a: 'b',
    });
  });

  test('nothing to change leaves every byte', () => {
    const before = arrowSchema({ shape: '(3,)' });
    expect(changeArrowKeys(before, { shape: '(3,)', gone: null })).toBe(before);
  });

  test('changes upon changes, with any keys and values', () => {
    // Arrow's own reader drops a byte order mark.
    const text = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
      .filter((key) => key !== '__proto__' && !key.startsWith('\ufeff'));
    const changes = fc.dictionary(text, fc.option(text, { nil: null }), {
      maxKeys: 4,
      noNullPrototype: true,
    });
    fc.assert(
      fc.property(fc.array(changes, { maxLength: 5 }), (rounds) => {
        const expected = new Map([['first', 'x']]);
        let base64 = arrowSchema({ first: 'x' });
        for (const round of rounds) {
          base64 = changeArrowKeys(base64, round);
          for (const [key, value] of Object.entries(round)) {
            if (value === null) expected.delete(key);
            else expected.set(key, value);
          }
        }
        expect(read(base64)).toEqual({
          keys: Object.fromEntries(expected),
          fields: read(arrowSchema({})).fields,
        });
      }),
    );
  });

  test('everything lies where a flatbuffer must have it, whatever the keys are long', () => {
    const lengths = Array.from({ length: 9 }, (_, i) => i + 1);
    const before = arrowSchema({ old: 'x' });
    for (const [a, b] of lengths.flatMap((one) => lengths.map((two) => [one, two] as const))) {
      const after = changeArrowKeys(before, { ['k'.repeat(a)]: 'v'.repeat(b), second: 'w'.repeat(a) });
      expect([a, b, ...misplaced(after, flatbufferOf(before))]).toEqual([a, b]);
    }
  });

  test('what is no schema message is left as it is, and read as none', () => {
    for (const noise of ['', 'AAAA', 'hello', Buffer.alloc(64, 0xff).toString('base64')]) {
      expect(changeArrowKeys(noise, { shape: '(1,)' })).toBe(noise);
      expect(readArrowKeys(noise)).toBeUndefined();
    }
  });
});
