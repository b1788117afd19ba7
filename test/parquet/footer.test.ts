import { describe, expect, test } from 'vitest';
import { RepartitionError } from '../../src/errors.js';
import { changeKeys, footerBytes, footerKeys, parseFooter, readFooter } from '../../src/parquet/footer.js';
import { FileMetaData, KeyValue, RowGroup, SchemaElement } from '../../src/parquet/format.js';
import type { RangeReader } from '../../src/parquet/source.js';
import { make } from '../../src/parquet/thrift.js';
import { writeStruct } from '../../src/parquet/thrift-writer.js';
import { readerOf } from './memory.js';

const reader = (bytes: Uint8Array): RangeReader => readerOf('/data/part-00000.parquet', bytes);

function file(meta: FileMetaData): Uint8Array {
  return Buffer.concat([Buffer.from('PAR1'), footerBytes(meta)]);
}

/** One INT64 column, three rows. */
function smallMeta(): FileMetaData {
  return make(FileMetaData, {
    version: 1,
    schema: [
      make(SchemaElement, { name: 'schema', numChildren: 1 }),
      make(SchemaElement, { type: 2, repetitionType: 1, name: 'x' }),
    ],
    numRows: 3,
    rowGroups: [make(RowGroup, { numRows: 3 })],
  });
}

describe('a footer', () => {
  test('is read with its rows, leaves and flatness', async () => {
    const footer = await readFooter(reader(file(smallMeta())));
    expect({
      rows: footer.rows,
      flat: footer.scalarColumn,
      start: footer.start,
      leaves: footer.leaves,
    }).toEqual({
      rows: 3,
      flat: true,
      start: 4,
      leaves: [{ path: 'x', type: 2, typeLength: 0, maxDefinition: 1, maxRepetition: 0 }],
    });
  });

  test('larger than the first read is fetched in a second one', async () => {
    const meta = smallMeta().set(FileMetaData.createdBy, 'x'.repeat(200_000));
    expect((await readFooter(reader(file(meta)))).rows).toBe(3);
  });

  const broken: [string, Uint8Array, string][] = [
    ['an empty file', new Uint8Array(0), 'not a Parquet file: it has only 0 bytes'],
    ['a text file', new TextEncoder().encode('src_int_id,dst_int_id\n1,2\n'), 'does not end with PAR1'],
    ['a file cut off in the middle', file(smallMeta()).subarray(0, 40), 'does not end with PAR1'],
    [
      'a footer length beyond the file',
      Buffer.concat([Buffer.from('PAR1'), Buffer.from([0xff, 0xff, 0xff, 0x7f]), Buffer.from('PAR1')]),
      "the footer's length, 2147483647 bytes at byte 4, exceeds the file's 12",
    ],
    [
      'a footer of noise',
      Buffer.concat([
        Buffer.from('PAR1'),
        Buffer.alloc(8, 0x5f),
        Buffer.from([8, 0, 0, 0]),
        Buffer.from('PAR1'),
      ]),
      'cannot be read',
    ],
    [
      'an encrypted footer',
      Buffer.concat([Buffer.from('PAR1'), Buffer.alloc(8), Buffer.from('PARE')]),
      'encrypted Parquet',
    ],
    [
      'row groups that do not add up',
      file(smallMeta().set(FileMetaData.numRows, 4)),
      'counts 4 rows but its row groups hold 3',
    ],
  ];
  for (const [name, bytes, message] of broken) {
    test(`${name} is one clear error that names the file`, async () => {
      const error: unknown = await readFooter(reader(bytes)).catch((caught: unknown) => caught);
      expect(error).toBeInstanceOf(RepartitionError);
      expect((error as RepartitionError).message).toContain(message);
      expect((error as RepartitionError).message).toContain('/data/part-00000.parquet');
      expect((error as RepartitionError).code).toBe('parquet');
    });
  }

  test('thirty thousand nested groups do not exhaust the stack', async () => {
    const group = (): SchemaElement => make(SchemaElement, { name: 'g', numChildren: 1 });
    const meta = smallMeta();
    const [root, leaf] = meta.require(FileMetaData.schema);
    meta.set(FileMetaData.schema, [root!, ...Array.from({ length: 30_000 }, group), leaf!]);
    await expect(readFooter(reader(file(meta)))).rejects.toThrow('a column is nested deeper than 100 levels');
  });

  test('keys are set once, removed, and the others kept in order', () => {
    const entry = (key: string, value: string): KeyValue => make(KeyValue, { key, value });
    const entries = [
      entry('shape', '(9,)'),
      entry('ARROW:schema', 'abc'),
      entry('shape', '(8,)'),
      entry('gone', 'x'),
    ];
    const meta = changeKeys(smallMeta().set(FileMetaData.keyValueMetadata, entries), {
      shape: '(3,)',
      gone: null,
    });
    const footer = parseFooter('f', writeStruct(meta), 4);
    expect([...footerKeys(footer)]).toEqual([
      ['ARROW:schema', 'abc'],
      ['shape', '(3,)'],
    ]);
  });
});
