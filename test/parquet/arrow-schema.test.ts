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
import fc from 'fast-check';
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

  test('what is no schema message is left as it is, and read as none', () => {
    for (const noise of ['', 'AAAA', 'hello', Buffer.alloc(64, 0xff).toString('base64')]) {
      expect(changeArrowKeys(noise, { shape: '(1,)' })).toBe(noise);
      expect(readArrowKeys(noise)).toBeUndefined();
    }
  });
});
