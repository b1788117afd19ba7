/** What a part that we made says of its origin, and from whom it has its other keys. */
import { readFileSync } from 'node:fs';
import { Field, Float32, Schema, Table, tableToIPC } from 'apache-arrow';
import { expect, test } from 'vitest';
import { footerKeys, parseFooter, readFooter, type Footer } from '../../src/parquet/footer.js';
import { FileMetaData, KeyValue } from '../../src/parquet/format.js';
import { rewrite, type RewriteOptions } from '../../src/parquet/rewrite.js';
import type { RowSlices } from '../../src/parquet/source.js';
import { make } from '../../src/parquet/thrift.js';
import { writeStruct } from '../../src/parquet/thrift-writer.js';
import { emptyMeta, memoryFile, readerOf } from './memory.js';

/** Files of no rows as one; of the slices' files the first comes first. */
async function made(
  metas: readonly FileMetaData[],
  options: Partial<RewriteOptions> = {},
  sources = metas.map((_, source) => source),
): Promise<Footer> {
  const slices = sources.map((source) => ({ source, from: 0, to: 0 })) as unknown as RowSlices;
  const open = (source: number) => Promise.resolve(memoryFile(`${source}`, metas[source]!));
  const result = await rewrite(open, slices, {}, { smallestCopy: 1, version: '9.8.7', ...options });
  const chunks: Uint8Array[] = [];
  if (result.method === 'splice')
    for (const s of result.segments) chunks.push('bytes' in s ? s.bytes : Buffer.from('PAR1'));
  else for await (const chunk of result.chunks) chunks.push(chunk);
  return readFooter(readerOf('made', Buffer.concat(chunks)));
}

const written = (createdBy: string, keys: Record<string, string> = {}): FileMetaData =>
  emptyMeta({ createdBy }).set(
    FileMetaData.keyValueMetadata,
    Object.entries(keys).map(([key, value]) => make(KeyValue, { key, value })),
  );

const origin = (footer: Footer): string | undefined => footerKeys(footer).get('gs-repartition');

test('a spliced part keeps its writer and names us, our version and all writers', async () => {
  const footer = await made([written('b'), emptyMeta(), written('a'), written('b')]);
  expect(footer.createdBy).toBe('b');
  expect(origin(footer)).toBe('{"version":"9.8.7","method":"splice","writers":["b","a"]}');
});

test('a re-encoded part is ours', async () => {
  const footer = await made([written('b'), written('a')], { method: 're-encode' });
  expect(footer.createdBy).toBe('gs-repartition version 9.8.7');
  expect(origin(footer)).toBe('{"version":"9.8.7","method":"re-encode","writers":["b","a"]}');
});

test('the version is that of package.json', async () => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  const meta = [emptyMeta()];
  const footer = await made(meta, { version: undefined } as unknown as RewriteOptions);
  expect(origin(footer)).toBe(`{"version":"${version}","method":"splice","writers":[]}`);
});

test('of many writers sixteen are named', async () => {
  const footer = await made(Array.from({ length: 20 }, (_, i) => written(`w${i}`)));
  const { writers, moreWriters } = JSON.parse(origin(footer)!) as { writers: string[]; moreWriters: number };
  expect(writers).toEqual(Array.from({ length: 16 }, (_, i) => `w${i}`));
  expect(moreWriters).toBe(4);
});

test('a part of a part of ours says what was done last, once', async () => {
  const footer = await made([
    written('a', { 'gs-repartition': 'old', other: 'x', 'gs-repartition ': 'not ours' }),
  ]);
  expect([...footerKeys(footer)]).toEqual([
    ['other', 'x'],
    ['gs-repartition ', 'not ours'],
    ['gs-repartition', '{"version":"9.8.7","method":"splice","writers":["a"]}'],
  ]);
  expect(footer.meta.get(FileMetaData.keyValueMetadata)).toHaveLength(3);
});

test('the schema of Arrow stays as it is, byte for byte', async () => {
  const schema = new Schema([new Field('x', new Float32())], new Map([['shape', '(1,)']]));
  const arrow = Buffer.from(tableToIPC(new Table(schema, []), 'stream')).toString('base64');
  const footer = await made([written('a', { 'ARROW:schema': arrow })]);
  expect(footerKeys(footer).get('ARROW:schema')).toBe(arrow);
});

test('other keys come from the first slice, wherever its part stands', async () => {
  const metas = [written('a', { owner: 'first part' }), written('b', { owner: 'first slice' })];
  for (const method of ['splice', 're-encode'] as const) {
    const footer = await made(metas, { method }, [1, 0]);
    expect(footerKeys(footer).get('owner')).toBe('first slice');
    expect(origin(footer)).toBe(`{"version":"9.8.7","method":"${method}","writers":["b","a"]}`);
  }
});

test('of a key that a writer repeated the first is the one that counts', () => {
  const entry = (value: string): KeyValue => make(KeyValue, { key: 'shape', value });
  const meta = emptyMeta().set(FileMetaData.keyValueMetadata, [entry('(1,)'), entry('(2,)')]);
  expect(footerKeys(parseFooter('f', writeStruct(meta), 4)).get('shape')).toBe('(1,)');
});
