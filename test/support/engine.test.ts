/** The engine on everything the generators can think of: four writers, any layout, every claim of the outputs checked. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc, { howMany } from './properties.js';
import { afterAll, beforeAll, test } from 'vitest';
import type { RowSlices } from '../../src/parquet/source.js';
import { reencodeFiles, reencodeTightly, spliceApart, spliceFiles } from '../parquet/files.js';
import { alignmentCase } from './arbitrary.js';
import { slicesFor, writeDataSet } from './data-set.js';
import { expectSameRows } from './same-rows.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gs-repartition-engine-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test.each([
  ['spliced', spliceFiles],
  ['spliced with long runs kept apart', spliceApart],
  ['re-encoded', reencodeFiles],
  ['re-encoded with small dictionaries', reencodeTightly],
] as const)(
  'any data set in any layout keeps its rows and tells the truth, %s',
  async (_, make) => {
    await fc.assert(
      fc.asyncProperty(alignmentCase(), async ({ dataSet, layout }) => {
        const { paths, partRows } = await writeDataSet(dataSet, join(folder, 'in'));
        const outputs: string[] = [];
        for (const [i, slices] of slicesFor(partRows, layout).entries()) {
          const output = join(folder, `out-${i}.parquet`);
          await make(paths, slices as unknown as RowSlices, output, { shape: `(${layout[i]!},)` });
          outputs.push(output);
        }
        await expectSameRows(paths, outputs);
      }),
      { numRuns: howMany(25) },
    );
  },
  3_600_000,
);
