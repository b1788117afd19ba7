/** The generators and the readers, tested with each other: what goes in comes out, and the files tell the truth. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc, { howMany } from './properties.js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { alignmentCase, dataSetSpec } from './arbitrary.js';
import { audit } from './audit.js';
import { type DataSetSpec, slicesFor, writeDataSet } from './data-set.js';
import { pruningProblems } from './pruning.js';
import { readWithAll } from './read-with-all.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gs-repartition-generated-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('whatever is written, three readers agree and find the values that went in', async () => {
  await fc.assert(
    fc.asyncProperty(dataSetSpec(), async (spec) => {
      const { paths, columns, partRows } = await writeDataSet(spec, join(folder, 'parts'));
      const read = await readWithAll(paths);
      expect(read.columns).toEqual(columns);
      expect(read.files.map((file) => file.rows)).toEqual(partRows);
      for (const path of paths) {
        const problems = await audit(path);
        expect(problems.filter((problem) => !isKnownBug(spec, problem))).toEqual([]);
      }
      expect(await pruningProblems(paths, columns)).toEqual([]);
    }),
    { numRuns: howMany(25) },
  );
}, 3_600_000);

/**
 * arrow-rs takes a page for a null page when it has as many nulls as rows, which for lists is not the same, and then
 * leaves out its bounds.
 */
function isKnownBug({ writer, columns }: DataSetSpec, problem: string): boolean {
  const misjudged = /ColumnIndex: null_pages\[\d+\] is true/;
  return writer.kind === 'parquet-wasm' && columns.some(({ list }) => list) && misjudged.test(problem);
}

test('a layout has the rows of the parts, and slices cover each row once, in order', () => {
  fc.assert(
    fc.property(alignmentCase(), ({ dataSet: { parts }, layout }) => {
      const rows = (list: readonly number[]) => list.reduce((sum, n) => sum + n, 0);
      expect(rows(layout)).toBe(rows(parts));
      const taken = slicesFor(parts, layout).map((slices) => {
        const starts = parts.map((_, i) => rows(parts.slice(0, i)));
        return slices.flatMap(({ source, from, to }) =>
          Array.from({ length: to - from }, (_, i) => starts[source]! + from + i),
        );
      });
      expect(taken.map((one) => one.length)).toEqual(layout);
      expect(taken.flat()).toEqual(Array.from({ length: rows(parts) }, (_, i) => i));
    }),
    { numRuns: 50 },
  );
});
