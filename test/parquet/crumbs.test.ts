/** When a part is re-encoded, who decides it, and how often its sources are opened. */
import { describe, expect, test } from 'vitest';
import { methodFor, rowGroupFacts, type RowGroupFacts } from '../../src/parquet/crumbs.js';
import { ColumnChunk, ColumnMetaData, FileMetaData, RowGroup } from '../../src/parquet/format.js';
import { rewrite, type RewriteOptions } from '../../src/parquet/rewrite.js';
import type { RowSlices } from '../../src/parquet/source.js';
import { make } from '../../src/parquet/thrift.js';
import { emptyMeta, memoryFile, schemaOf } from './memory.js';

const MIB = 1024 * 1024;
const groups = (count: number, group: RowGroupFacts): RowGroupFacts[] =>
  Array.from({ length: count }, () => group);

describe('the method for a part', () => {
  const small = { rows: 10, bytes: MIB - 1 };
  test.each([
    ['16 small row groups', [{ rowGroups: groups(16, small), from: 0, to: 160 }], 'splice'],
    ['17 small row groups', [{ rowGroups: groups(17, small), from: 0, to: 170 }], 're-encode'],
    ['17 of a megabyte', [{ rowGroups: groups(17, { rows: 10, bytes: MIB }), from: 0, to: 170 }], 'splice'],
    [
      '17 slices of a row group each',
      groups(17, small).map((g) => ({ rowGroups: [g], from: 0, to: 10 })),
      're-encode',
    ],
    [
      'a large one among many: what counts is the average',
      [
        {
          rowGroups: [{ rows: 10, bytes: 20 * MIB }, ...groups(17, { rows: 10, bytes: 1 })],
          from: 0,
          to: 180,
        },
      ],
      'splice',
    ],
    [
      'large ones of which little is taken',
      groups(17, { rows: 100, bytes: 10 * MIB }).map((g) => ({ rowGroups: [g], from: 95, to: 100 })),
      're-encode',
    ],
    ['row groups beside the slice', [{ rowGroups: groups(40, small), from: 100, to: 260 }], 'splice'],
    ['row groups without rows', [{ rowGroups: groups(40, { rows: 0, bytes: 1 }), from: 0, to: 0 }], 'splice'],
  ] as const)('%s', (_, slices, expected) => {
    expect(methodFor(slices)).toBe(expected);
  });

  test('facts are taken as they are from a footer whose chunks could not be cut', () => {
    const column = (size?: number): ColumnChunk =>
      make(ColumnChunk, {
        ...(size !== undefined && { metaData: make(ColumnMetaData, { totalCompressedSize: size }) }),
      });
    const rowGroups = [
      make(RowGroup, { numRows: 3, columns: [column(70), column(), column(-5), column(30)] }),
      make(RowGroup, { numRows: 0 }),
    ];
    const meta = make(FileMetaData, { schema: schemaOf(), numRows: 3, rowGroups });
    expect(rowGroupFacts(memoryFile('f', meta).footer)).toEqual([
      { rows: 3, bytes: 100 },
      { rows: 0, bytes: 0 },
    ]);
  });
});

describe('rewriting', () => {
  const slices = Array.from({ length: 100 }, (_, source) => ({ source, from: 0, to: 0 }));

  async function opened(options: RewriteOptions): Promise<number[]> {
    const order: number[] = [];
    const open = (source: number) => {
      order.push(source);
      return Promise.resolve(memoryFile(`${source}`, emptyMeta()));
    };
    const made = await rewrite(open, slices as unknown as RowSlices, {}, options);
    if (made.method === 're-encode')
      for await (const bytes of made.chunks) expect(bytes.length).toBeGreaterThan(0);
    if (options.method) expect(made.method).toBe(options.method);
    return order;
  }

  test.each(['splice', 're-encode'] as const)(
    'does what it is told, and opens each slice once: %s',
    async (method) => {
      expect(await opened({ method, smallestCopy: 1 })).toEqual(slices.map(({ source }) => source));
    },
  );

  test('decides for itself when nobody has', async () => {
    const twice = [...slices, ...slices].map(({ source }) => source);
    expect(await opened({ smallestCopy: 1 })).toEqual(twice);
  });

  test('a file that cannot be opened is told once, when its turn comes', async () => {
    const open = (source: number) =>
      source === 0
        ? Promise.resolve(memoryFile('0', emptyMeta()))
        : Promise.reject(new Error(`no file ${source}`));
    const made = rewrite(open, slices as unknown as RowSlices, {}, { method: 'splice', smallestCopy: 1 });
    await expect(made).rejects.toThrow('no file 1');
  });
});
