/** Outputs become inputs: files whose row groups lie in another order than their rows are aligned once more. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc, { howMany } from '../support/properties.js';
import { afterAll, beforeAll, test } from 'vitest';
import type { RowSlices } from '../../src/parquet/source.js';
import { alignmentCase } from '../support/arbitrary.js';
import { slicesFor, writeDataSet } from '../support/data-set.js';
import { expectSameRows } from '../support/same-rows.js';
import { reencodeFiles, spliceApart, spliceFiles } from './files.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gs-repartition-twice-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The lengths of the runs between the cuts, which may fall anywhere. */
function layoutOf(rows: number, cuts: readonly number[]): number[] {
  const bounds = [0, ...cuts.map((cut) => cut % (rows + 1)).sort((a, b) => a - b), rows];
  return bounds.slice(1).map((bound, i) => bound - bounds[i]!);
}

test.each([
  ['spliced', spliceFiles],
  ['spliced with long runs kept apart', spliceApart],
  [
    'spliced with runs of some pages kept apart',
    (...[paths, slices, output, keys]: Parameters<typeof spliceApart>) =>
      spliceFiles(paths, slices, output, keys, 300),
  ],
  ['re-encoded', reencodeFiles],
] as const)(
  'files with row groups in another order are aligned once more, %s',
  async (_, make) => {
    await fc.assert(
      fc.asyncProperty(
        alignmentCase(),
        fc.array(fc.nat(1_000_000), { maxLength: 5 }),
        async ({ dataSet, layout }, cuts) => {
          const { paths, partRows } = await writeDataSet(dataSet, join(folder, 'in'));
          const first: string[] = [];
          for (const [i, slices] of slicesFor(partRows, layout).entries()) {
            const output = join(folder, `first-${i}.parquet`);
            await spliceApart(paths, slices as unknown as RowSlices, output);
            first.push(output);
          }
          const second: string[] = [];
          const rows = layout.reduce((sum, n) => sum + n, 0);
          for (const [i, slices] of slicesFor(layout, layoutOf(rows, cuts)).entries()) {
            const output = join(folder, `second-${i}.parquet`);
            await make(first, slices as unknown as RowSlices, output);
            second.push(output);
          }
          await expectSameRows(paths, second);
        },
      ),
      { numRuns: howMany(10) },
    );
  },
  3_600_000,
);
