/** A folder of Parquet files, by their footers. */
import pMap from 'p-map';
import type { CallOptions, ObjectStat, Storage } from '../../storage/storage.js';
import { readPart } from '../prepare/read-part.js';
import { chunkFacts } from './chunk-facts.js';
import { columnFacts } from './column-facts.js';
import type { DataSetInspection } from './model.js';

/**
 * @param files what lies in the folder and may be a part
 * @throws RepartitionError `parquet` naming the file that is none
 */
export async function inspectDataSet(
  storage: Storage,
  files: readonly ObjectStat[],
  options: CallOptions,
): Promise<DataSetInspection> {
  const [createdBy, codecs] = [new Set<string>(), new Set<string>()];
  let columns: DataSetInspection['columns'] = [];
  const sorted = [...files].sort((a, b) => (a.path < b.path ? -1 : 1));
  const folder = storage.describe('');
  const parts = await pMap(
    sorted,
    async ({ path }, i) => {
      const { facts, footer } = await readPart(storage, folder, path, options);
      if (footer.createdBy !== undefined) createdBy.add(footer.createdBy);
      for (const { codec } of chunkFacts(footer)) codecs.add(codec);
      if (i === 0) columns = columnFacts(footer);
      return { path, rows: facts.rows, bytes: facts.size, rowGroups: footer.rowGroups.length };
    },
    { concurrency: storage.profile.readsAtOnce },
  );
  return {
    document: 'gs-repartition/inspect',
    version: 1,
    kind: 'data set',
    path: folder,
    rows: parts.reduce((sum, { rows }) => sum + rows, 0),
    bytes: parts.reduce((sum, { bytes }) => sum + bytes, 0),
    createdBy: [...createdBy],
    codecs: [...codecs],
    columns,
    parts,
  };
}
