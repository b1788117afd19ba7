/** The inventory: every part's footer is read once and reduced to what the plan needs. Files are the truth. */
import pMap from 'p-map';
import { RepartitionError, throwIfAborted } from '../errors.js';
import { declaredTotals, type GraphMetadata } from '../metadata/index.js';
import type { AlignmentGroup, DataSet } from '../metadata/model.js';
import { readFooter, TAIL_BYTES, visibleKey } from '../parquet/footer.js';
import type { CallOptions, Storage } from '../storage/storage.js';
import type { CountedGroup, PartFacts } from './model.js';
import { dataSetName } from './names.js';
import { partReader } from './part-reader.js';

/** Requests in flight; on S3 the client's own throttle may allow fewer. */
const READS_AT_ONCE = 64;

/**
 * Reads the footers of all parts of all groups.
 * @param onPart called after each part
 * @throws RepartitionError naming data set and file when a part is missing, no Parquet, damaged or unreadable
 */
export async function takeInventory(
  storage: Storage,
  groups: readonly AlignmentGroup[],
  options: InventoryOptions,
): Promise<CountedGroup[]> {
  return countGroups(groups, options, (dataSet, path) =>
    readPart(storage, dataSetName(dataSet), path, options),
  );
}

export interface InventoryOptions extends CallOptions {
  /** Called after each part. */
  onPart?: () => void;
  /** Footers read side by side. */
  readsAtOnce?: number | undefined;
}

/** The groups with what `look` says of each part; parts are looked at many at a time. */
export async function countGroups<Facts>(
  groups: readonly AlignmentGroup[],
  options: InventoryOptions,
  look: (dataSet: DataSet, path: string) => Promise<Facts>,
): Promise<{ group: AlignmentGroup; dataSets: { dataSet: DataSet; parts: Facts[] }[] }[]> {
  const counted = groups.map((group) => ({
    group,
    dataSets: group.dataSets.map((dataSet) => ({ dataSet, parts: new Array<Facts>(dataSet.parts.length) })),
  }));
  await pMap(
    jobsOf(counted),
    async ({ dataSet, path, parts, i }) => {
      throwIfAborted(options.signal);
      parts[i] = await look(dataSet, path);
      options.onPart?.();
    },
    { concurrency: options.readsAtOnce ?? READS_AT_ONCE },
  );
  return counted;
}

/** One by one, for there may be a million. */
function* jobsOf<Facts>(
  groups: readonly { dataSets: readonly { dataSet: DataSet; parts: Facts[] }[] }[],
): Generator<{ dataSet: DataSet; path: string; parts: Facts[]; i: number }> {
  for (const { dataSets } of groups) {
    for (const { dataSet, parts } of dataSets) {
      for (const [i, path] of dataSet.parts.entries()) yield { dataSet, path, parts, i };
    }
  }
}

/** The facts of one part; errors say which data set it belongs to. */
export async function readPart(
  storage: Storage,
  owner: string,
  path: string,
  options: CallOptions,
): Promise<PartFacts> {
  try {
    const { stat, bytes } = await storage.readTail(path, TAIL_BYTES, options);
    const footer = await readFooter(partReader(storage, stat, options, bytes));
    const shape = visibleKey(footer, 'shape');
    return {
      path,
      size: stat.size,
      version: stat.version,
      rows: footer.rows,
      flatColumn: footer.flatColumn,
      ...(shape !== undefined && { shape }),
    };
  } catch (error) {
    if (!(error instanceof RepartitionError) || error.code === 'interrupted') throw error;
    throw error.within({ dataSet: owner, part: path });
  }
}

/**
 * Compares the footers' counts with the metadata's.
 * @throws RepartitionError `mismatch` that names the first few parts that differ
 */
export function requireDeclaredCounts(storage: Storage, groups: readonly CountedGroup[]): void {
  const lies = groups.flatMap(({ dataSets }) =>
    dataSets.flatMap(({ dataSet, parts }) => differences(dataSet, parts)),
  );
  if (lies.length === 0) return;
  const shown = lies.slice(0, 3).map(({ dataSet, part, declared }) => {
    const file = storage.describe(part.path);
    return `${file} (a part of ${dataSetName(dataSet)}) has ${part.rows} rows, the metadata say ${declared}`;
  });
  const more = lies.length > shown.length ? `; and ${lies.length - shown.length} more parts differ` : '';
  throw new RepartitionError('mismatch', `${shown.join('; ')}${more}`, {
    hint: 'Find out which is right; if the files are, run again with --recount.',
  });
}

function differences(
  dataSet: DataSet,
  parts: readonly PartFacts[],
): { dataSet: DataSet; part: PartFacts; declared: number }[] {
  // Places that share a data set may contradict each other; then one of them lies.
  const claims = [dataSet.rowCounts, dataSet.otherRowCounts].filter((counts) => counts !== undefined);
  return parts.flatMap((part, i) => {
    const declared = claims.map((counts) => counts[i]!).find((count) => count !== part.rows);
    return declared === undefined ? [] : [{ dataSet, part, declared }];
  });
}

/**
 * Compares num_nodes_per_type and num_edges_per_type with the footers.
 * @throws RepartitionError `mismatch` naming the first type that differs
 */
export function requireDeclaredTotals(metadata: GraphMetadata, groups: readonly CountedGroup[]): void {
  for (const { kind, type, total } of declaredTotals(metadata)) {
    const section = kind === 'edge' ? 'edges' : 'node_data';
    const counted = groups
      .flatMap(({ dataSets }) => dataSets)
      .find(({ dataSet }) =>
        dataSet.places.some((place) => place.section === section && place.type === type),
      );
    if (!counted) continue;
    const rows = counted.parts.reduce((sum, part) => sum + part.rows, 0);
    if (rows === total) continue;
    const key = kind === 'edge' ? 'num_edges_per_type' : 'num_nodes_per_type';
    throw new RepartitionError(
      'mismatch',
      `${metadata.file}: ${key} says ${total} for ${type}, but its ${dataSetName(counted.dataSet)} has ${rows} rows`,
      { hint: 'Find out which is right; if the files are, run again with --recount.' },
    );
  }
}
