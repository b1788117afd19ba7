/** A prefix, by its metadata and by what lies where they say. */
import pMap from 'p-map';
import { alignmentGroups, type DataSet, type GraphMetadata } from '../../metadata/index.js';
import type { CallOptions, Storage } from '../../storage/storage.js';
import { dataSetName } from '../data-set-name.js';
import type { Layout } from '../model.js';
import { readMetadata } from '../prepare/read-metadata.js';
import { readPart } from '../prepare/read-part.js';
import { type PartsFacts, summarizeGraph } from './graph-summary.js';
import type { GraphSummary, MappingSummary, PrefixInspection } from './model.js';

/** @throws RepartitionError `metadata`, `access`, `storage` */
export async function inspectPrefix(
  storage: Storage,
  file: string,
  options: CallOptions,
): Promise<PrefixInspection> {
  const { metadata } = await readMetadata(storage, file, 'metadataFileName', options);
  return {
    document: 'gs-repartition/inspect',
    version: 1,
    kind: 'prefix',
    path: storage.describe(''),
    metadata: storage.describe(file),
    ...(await summarizeOn(storage, metadata, options)),
  };
}

/**
 * Sizes are asked of the storage, by listing where that is cheaper; rows are those of the metadata. Footers are only read
 * of data sets that the metadata do not count.
 */
async function summarizeOn(
  storage: Storage,
  metadata: GraphMetadata,
  options: CallOptions,
): Promise<GraphSummary> {
  const groups = alignmentGroups(metadata);
  const facts = new Map<DataSet, PartsFacts>();
  for (const dataSet of groups.flatMap(({ dataSets }) => dataSets)) {
    const found = await measure(storage, dataSet.parts, options);
    const layout =
      dataSet.rowCounts ?? (found.missing === 0 ? await countRows(storage, dataSet, options) : undefined);
    facts.set(dataSet, { ...found, layout });
  }
  const idMappings: MappingSummary[] = [];
  for (const [type, { parts }] of metadata.idMappings) {
    idMappings.push({ type, parts: parts.length, ...(await measure(storage, parts, options)) });
  }
  return summarizeGraph(groups, idMappings, (dataSet) => facts.get(dataSet)!);
}

async function measure(
  storage: Storage,
  parts: readonly string[],
  options: CallOptions,
): Promise<Omit<PartsFacts, 'layout'>> {
  const found = { bytes: 0, missing: 0 };
  await storage.look(
    parts,
    (_path, stat) => {
      if (stat) found.bytes += stat.size;
      else found.missing++;
    },
    options,
  );
  return found;
}

function countRows(storage: Storage, dataSet: DataSet, options: CallOptions): Promise<Layout> {
  return pMap(
    dataSet.parts,
    async (path) => (await readPart(storage, dataSetName(dataSet), path, options)).facts.rows,
    { concurrency: storage.profile.readsAtOnce },
  );
}
