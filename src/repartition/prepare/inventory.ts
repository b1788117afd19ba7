/** The inventory: every part's footer is read once and reduced to what the plan needs. Files are the truth. */
import pMap from 'p-map';
import { RepartitionError, throwIfAborted } from '../../errors.js';
import type { AlignmentGroup, DataSet } from '../../metadata/model.js';
import type { Storage } from '../../storage/storage.js';
import { dataSetName } from '../data-set-name.js';
import type { CountedGroup, PartFacts } from '../model.js';
import { type ReadOptions, tailBuffers } from '../part-reader.js';
import { alone, type LoneFacts, type PartReader, readPart } from './read-part.js';
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
    read: async (owner, [path]) => alone(await readPart(storage, owner, path!, reading)),
    perBatch: 1,
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
  const reader = readerOf(storage, options);
  return lookAtBatches(storage, groups, { ...options, ...reader }, async (dataSet, paths) => {
    const { facts, schemaOf, schemas: found } = await reader.read(dataSetName(dataSet), paths);
    const numbers = found.map((part) => schemasOf(dataSet).add(part));
    return facts.map((part, i) => keptFacts(part, numbers[schemaOf[i]!]!));
  });
}

/**
 * What is kept of a part, for there may be a million. Properties are named and set one by one: V8 then puts them into the
 * object itself, where one that is spread takes half as much again, or, with a property added behind, a hidden class of
 * its own.
 */
function keptFacts(
  { path, size, version, tail, rows, bytes, scalarColumn, columns, rowGroups, shape, width }: LoneFacts,
  schema: number,
): PartFacts {
  const kept: PartFacts = { path, size, version, tail, rows, bytes, scalarColumn, columns, schema };
  if (rowGroups) kept.rowGroups = rowGroups;
  if (shape !== undefined) kept.shape = shape;
  if (width !== undefined) kept.width = width;
  return kept;
}

/** Groups with what was found of each part. */
type Looked<Facts> = { group: AlignmentGroup; dataSets: { dataSet: DataSet; parts: Facts[] }[] }[];

/** The groups with what `look` says of each part; parts are looked at many at a time. */
export function lookAtParts<Facts>(
  storage: Storage,
  groups: readonly AlignmentGroup[],
  options: InventoryOptions,
  look: (dataSet: DataSet, path: string) => Promise<Facts>,
): Promise<Looked<Facts>> {
  const atOnce = options.readsAtOnce ?? storage.profile.readsAtOnce;
  return lookAtBatches(storage, groups, { ...options, perBatch: 1, atOnce }, async (dataSet, [path]) => [
    await look(dataSet, path!),
  ]);
}

/** The same for neighbours together: a promise for each of a million parts is garbage that outlives V8's nursery. */
async function lookAtBatches<Facts>(
  storage: Storage,
  groups: readonly AlignmentGroup[],
  options: InventoryOptions & Pick<PartReader, 'perBatch' | 'atOnce'>,
  look: (dataSet: DataSet, paths: string[]) => Promise<Facts[]>,
): Promise<Looked<Facts>> {
  await requireRestored(storage, groups, options);
  const counted = groups.map((group) => ({
    group,
    dataSets: group.dataSets.map((dataSet) => ({ dataSet, parts: new Array<Facts>(dataSet.parts.length) })),
  }));
  // Whoever is done takes the next. What p-map keeps of each until all are done outlives V8's nursery.
  const places = placesOf(counted, options.perBatch);
  const lookAtNext = async (): Promise<void> => {
    for (const { dataSet, parts, from, paths } of places) {
      throwIfAborted(options.signal);
      for (const [i, facts] of (await look(dataSet, paths)).entries()) {
        parts[from + i] = facts;
        options.onPart?.();
      }
    }
  };
  await Promise.all(Array.from({ length: options.atOnce }, lookAtNext));
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
  groups: Looked<Facts>,
  perBatch: number,
): Generator<{ dataSet: DataSet; parts: Facts[]; from: number; paths: string[] }> {
  for (const { dataSets } of groups) {
    for (const { dataSet, parts } of dataSets) {
      for (const batch of neighbours(dataSet.parts, perBatch)) yield { dataSet, parts, ...batch };
    }
  }
}

function* neighbours(
  paths: readonly string[],
  perBatch: number,
): Generator<{ from: number; paths: string[] }> {
  for (let from = 0; from < paths.length; from += perBatch) {
    yield { from, paths: paths.slice(from, from + perBatch) };
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
  const { read, perBatch, atOnce: concurrency } = readerOf(storage, options);
  const counted = new Map<string, PartFacts[]>();
  for (const { type, parts } of mappings) {
    const owner = `raw_id_mappings of ${type}`;
    const batches = await pMap(
      neighbours(parts, perBatch),
      async ({ paths }) => {
        throwIfAborted(options.signal);
        const { facts } = await read(owner, paths);
        // They are counted and never mixed: what they look like is nobody's concern.
        return facts.map((part) => keptFacts(part, 0));
      },
      { concurrency },
    );
    counted.set(type, batches.flat());
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
