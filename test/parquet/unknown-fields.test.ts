/** What a newer writer puts into footers and page headers, and we have never heard of, survives. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { footerBytes, parseFooter, readFooter } from '../../src/parquet/footer.js';
import { ColumnChunk, FileMetaData, RowGroup } from '../../src/parquet/format.js';
import { type AnyStruct, type FieldSpec, table, text } from '../../src/parquet/thrift.js';
import { writeStruct } from '../../src/parquet/thrift-writer.js';
import * as pyarrow from '../support/pyarrow.js';
import { readWithAll } from '../support/read-with-all.js';
import { openFiles, spliceFiles } from './files.js';
import { readerOf } from './memory.js';

/** A field that no version of the format has, in any struct. */
const { unknown: UNKNOWN } = table<string, { unknown: FieldSpec<string> }>('Any', { unknown: text(99) });

/** The structs of a footer that may carry new fields. */
function places(meta: FileMetaData): AnyStruct[] {
  const groups = meta.require(FileMetaData.rowGroups);
  const chunks = groups.flatMap((group) => group.require(RowGroup.columns));
  return [
    meta,
    ...meta.require(FileMetaData.schema),
    ...groups,
    ...chunks,
    ...chunks.map((c) => c.require(ColumnChunk.metaData)),
  ];
}

test('fields that we do not know stay in every struct of a footer, in whole and in cut row groups', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gs-repartition-unknown-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const input = join(folder, 'in.parquet');
  await pyarrow.write(input, {
    columns: [{ name: 'x', type: 'int64', cells: ['1', '2', '3', '4', '5', '6'] }],
    rowGroups: [3, 3],
  });
  const { footer } = await openFiles([input])(0);
  for (const [i, place] of places(footer.meta).entries()) place.set(UNKNOWN, `from the future ${i}`);
  const bytes = await readFile(input);
  await writeFile(input, Buffer.concat([bytes.subarray(0, footer.start), footerBytes(footer.meta)]));

  const output = join(folder, 'out.parquet');
  await spliceFiles([input], [{ source: 0, from: 0, to: 5 }], output);
  expect((await readWithAll([output])).columns[0]!.cells).toEqual(['1', '2', '3', '4', '5']);
  const made = await readFile(output);
  const { meta } = parseFooter(output, writeStruct((await readFooter(readerOf(output, made))).meta), 4);
  expect(places(meta).map((place) => place.get(UNKNOWN))).toEqual(
    places(footer.meta).map((_, i) => `from the future ${i}`),
  );
});
