/** Parts of one data set whose bytes mean different things are never mixed. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { FileMetaData, LogicalType, SchemaElement } from '../../src/parquet/format.js';
import { schemaDifference } from '../../src/parquet/same-schema.js';
import { i32, make, struct, table } from '../../src/parquet/thrift.js';
import type { Cell } from '../support/canonical.js';
import type { TypeSpec } from '../support/file-spec.js';
import * as pyarrow from '../support/pyarrow.js';
import { reencodeFiles, spliceFiles } from './files.js';
import { memoryFile } from './memory.js';

const Empty = table('Empty', {});

const pairs: [string, [TypeSpec, Cell], [TypeSpec, Cell]][] = [
  ['decimals of another scale', [{ decimal: [10, 2] }, 'n:123e-2'], [{ decimal: [10, 4] }, 'n:12345e-4']],
  ['milli- and microseconds', [{ timestamp: 'ms' }, 't:1000000'], [{ timestamp: 'us' }, 't:1000']],
  ['signed and unsigned', ['int32', -1], ['uint32', 4_294_967_295]],
  ['text and bytes', ['string', 's:a'], ['binary', 'x:61']],
  ['numbers of another width', ['int32', 1], ['int64', '1']],
];

test.each(pairs)('%s', async (_, ...types) => {
  const folder = await mkdtemp(join(tmpdir(), 'gs-repartition-schema-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const paths: string[] = [];
  for (const [i, [type, cell]] of types.entries()) {
    const path = join(folder, `${i}.parquet`);
    await pyarrow.write(path, {
      columns: [{ name: 'x', type, cells: [cell] }],
      options: { store_schema: false },
    });
    paths.push(path);
  }
  for (const make of [spliceFiles, reencodeFiles]) {
    const made = make(
      paths,
      [
        { source: 0, from: 0, to: 1 },
        { source: 1, from: 0, to: 1 },
      ],
      join(folder, 'out.parquet'),
    );
    await expect(made).rejects.toThrow('parts of one data set but their schemas differ at column x');
  }
});

describe('the first column that differs', () => {
  const element = (
    values: Parameters<typeof make<'SchemaElement', typeof SchemaElement>>[1],
  ): SchemaElement => make(SchemaElement, { type: 1, repetitionType: 0, name: 'x', ...values });
  const text = make(LogicalType, {}).set(
    table('LogicalType', { string: struct(1, Empty) }).string,
    make(Empty, {}),
  );

  function difference(a: SchemaElement[], b: SchemaElement[], what: 'types' | 'all'): string | undefined {
    const [one, two] = [a, b].map((columns) => {
      const schema = [make(SchemaElement, { name: 'schema', numChildren: columns.length }), ...columns];
      return memoryFile('f', make(FileMetaData, { schema, numRows: 0, rowGroups: [] })).footer;
    });
    return schemaDifference(one!, two!, what);
  }

  test.each<[string, SchemaElement[], string | undefined, string | undefined]>([
    ['none', [element({})], undefined, undefined],
    ['the name', [element({ name: 'y' })], 'x', 'x'],
    ['the physical type', [element({ type: 2 })], 'x', 'x'],
    ['a type length', [element({ typeLength: 4 })], 'x', 'x'],
    ['a converted type', [element({ convertedType: 6 })], 'x', 'x'],
    ['one more column', [element({}), element({ name: 'y' })], 'y', 'y'],
    ['repeated or not', [element({ repetitionType: 2 })], 'x', 'x'],
    ['optional or required', [element({ repetitionType: 1 })], undefined, 'x'],
    [
      'a field id',
      [element({}).set(table('SchemaElement', { fieldId: i32(9) }).fieldId, 3)],
      undefined,
      undefined,
    ],
  ])('%s', (_, other, types, all) => {
    expect(difference([element({})], other, 'types')).toBe(types);
    expect(difference([element({})], other, 'all')).toBe(all);
  });

  test('is told by logical types where both have them, by the older ones where not', () => {
    const [old, both] = [element({ convertedType: 0 }), element({ convertedType: 0, logicalType: text })];
    expect(difference([old], [both], 'types')).toBeUndefined();
    expect(difference([both], [element({ logicalType: text })], 'types')).toBeUndefined();
    expect(difference([both], [element({ logicalType: make(LogicalType, {}) })], 'types')).toBe('x');
  });
});
