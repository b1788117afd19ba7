/** The inventory: every part's footer is read once and reduced to what the plan needs. Files are the truth. */
import pMap from 'p-map';
import { RepartitionError, throwIfAborted } from '../../errors.js';
import type { AlignmentGroup, DataSet } from '../../metadata/model.js';
import type { Storage } from '../../storage/storage.js';
import { dataSetName } from '../data-set-name.js';
import type { CountedGroup, PartFacts } from '../model.js';
import { type ReadOptions, tailBuffers } from '../part-reader.js';
import { type LoneFacts, type PartReader, readPart } from './read-part.js';
import { DataSetSchemas } from './schemas.js';

export interface InventoryOptions extends ReadOptions {
  /** Called after each part. */
  onPart?: () => void;
  /** Footers read side by side. */
  readsAtOnce?: number | undefined;
  /** Who reads them, if not this thread. */
  reader?: PartReader | undefined;
}

/** Parts as this thread reads them, or somebody else. */
function readerOf(storage: Storage, { reader, ...options }: InventoryOptions): PartReader {
  if (reader) return reader;
  const reading = { ...options, tails: tailBuffers(storage.profile) };
  return {
    read: (owner, path) => readPart(storage, owner, path, reading),
    atOnce: options.readsAtOnce ?? storage.profile.readsAtOnce,
  };
}

/**
 * Reads the footers of all parts of all groups.
 * @throws RepartitionError naming data set and file when a part is missing, no Parquet, damaged or unreadable, or of
 *   another type than its data set
 */
export async function takeInventory(
  storage: Storage,
  groups: readonly AlignmentGroup[],
  options: InventoryOptions,
): Promise<CountedGroup[]> {
  const schemas = new Map<DataSet, DataSetSchemas>();
  const schemasOf = (dataSet: DataSet): DataSetSchemas => {
    let found = schemas.get(dataSet);
    if (!found) schemas.set(dataSet, (found = new DataSetSchemas(dataSetName(dataSet))));
    return found;
  };
  const { read, atOnce: readsAtOnce } = readerOf(storage, options);
  return lookAtParts(storage, groups, { ...options, readsAtOnce }, async (dataSet, path) => {
    const { facts, footer } = await read(dataSetName(dataSet), path);
    return withSchema(facts, schemasOf(dataSet).add(path, footer));
  });
}

/**
 * The number comes first: V8 gives each object that is spread and then gets one more property a hidden class of its own,
 * which for a million parts is as much memory again as all their facts.
 */
function withSchema(facts: LoneFacts, schema: number): PartFacts {
  return { schema, ...facts };
}

/** The groups with what `look` says of each part; parts are looked at many at a time. */
export async function lookAtParts<Facts>(
  storage: Storage,
  groups: readonly AlignmentGroup[],
  options: InventoryOptions,
  look: (dataSet: DataSet, path: string) => Promise<Facts>,
): Promise<{ group: AlignmentGroup; dataSets: { dataSet: DataSet; parts: Facts[] }[] }[]> {
  await requireRestored(storage, groups, options);
  const counted = groups.map((group) => ({
    group,
    dataSets: group.dataSets.map((dataSet) => ({ dataSet, parts: new Array<Facts>(dataSet.parts.length) })),
  }));
  await pMap(
    placesOf(counted),
    async ({ dataSet, path, parts, i }) => {
      throwIfAborted(options.signal);
      parts[i] = await look(dataSet, path);
      options.onPart?.();
    },
    { concurrency: options.readsAtOnce ?? storage.profile.readsAtOnce },
  );
  return counted;
}

/** Before the first footer is read: what is archived takes hours to restore. */
async function requireRestored(
  storage: Storage,
  groups: readonly AlignmentGroup[],
  { signal }: InventoryOptions,
): Promise<void> {
  const dataSets = groups.flatMap((group) => group.dataSets);
  function* paths(): Generator<string> {
    for (const { parts } of dataSets) yield* parts;
  }
  try {
    await storage.requireRestored?.(paths(), { signal });
  } catch (error) {
    if (!(error instanceof RepartitionError) || error.part === undefined) throw error;
    const { part } = error;
    const owner = dataSets.find(({ parts }) => parts.includes(part));
    throw owner ? error.within({ dataSet: dataSetName(owner) }) : error;
  }
}

/** One by one, for there may be a million. */
function* placesOf<Facts>(
  groups: readonly { dataSets: readonly { dataSet: DataSet; parts: Facts[] }[] }[],
): Generator<{ dataSet: DataSet; path: string; parts: Facts[]; i: number }> {
  for (const { dataSets } of groups) {
    for (const { dataSet, parts } of dataSets) {
      for (const [i, path] of dataSet.parts.entries()) yield { dataSet, path, parts, i };
    }
  }
}

/**
 * Id mappings that have to be counted, by node type.
 * @throws RepartitionError as {@link takeInventory}
 */
export async function countIdMappings(
  storage: Storage,
  mappings: readonly { type: string; parts: string[] }[],
  options: InventoryOptions,
): Promise<ReadonlyMap<string, PartFacts[]>> {
  const { read, atOnce: concurrency } = readerOf(storage, options);
  const counted = new Map<string, PartFacts[]>();
  for (const { type, parts } of mappings) {
    const owner = `raw_id_mappings of ${type}`;
    const facts = await pMap(
      parts,
      (path) => {
        throwIfAborted(options.signal);
        return read(owner, path);
      },
      { concurrency },
    );
    counted.set(
      type,
      // They are counted and never mixed: what they look like is nobody's concern.
      facts.map((part) => withSchema(part.facts, 0)),
    );
  }
  return counted;
}

/**
 * Compares the footers' counts with the metadata's.
 * @throws RepartitionError `mismatch` that names the first few parts that differ
 */
export function requireDeclaredCounts(storage: Storage, groups: readonly CountedGroup[]): void {
  const lies = groups.flatMap(({ dataSets }) =>
    dataSets.flatMap(({ dataSet, parts }) => differences(dataSet, parts)),
  );
  const [first] = lies;
  if (!first) return;
  const shown = lies.slice(0, 3).map(({ dataSet, part, declared }) => {
    const file = storage.describe(part.path);
    return `${file} (a part of ${dataSetName(dataSet)}) has ${part.rows} rows, the metadata say ${declared}`;
  });
  const more = lies.length > shown.length ? `; and ${lies.length - shown.length} more parts differ` : '';
  throw new RepartitionError('mismatch', `${shown.join('; ')}${more}`, {
    hint: WHICH_IS_RIGHT,
    path: storage.describe(first.part.path),
  });
}

/** What to do when files and metadata disagree about rows. */
export const WHICH_IS_RIGHT = 'Find out which is right; if the files are, run again with `recount`.';

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
