/** Parts of one data set whose bytes mean different things are never mixed. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Cell } from '../support/canonical.js';
import type { TypeSpec } from '../support/file-spec.js';
import * as pyarrow from '../support/pyarrow.js';
import { reencodeFiles, spliceFiles } from './files.js';

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
