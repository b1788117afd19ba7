/**
 * Whether what was published was made from what lies there now. A graph that was generated anew, and aligned only in the
 * past, looks ready: its old document is whole, and may even name parts that are still there.
 *
 * The document says nothing of its inputs' identities, but the folders of made parts do: their names are hashes of them.
 * So the alignment is planned once more, to the layout that was published, and the names are compared.
 */
import { RepartitionError } from '../../errors.js';
import { alignmentGroups, foreignKeys, type GraphMetadata } from '../../metadata/index.js';
import { productVersion } from '../../parquet/product.js';
import { makerOf } from '../../parquet/provenance.js';
import type { CallOptions, Storage } from '../../storage/storage.js';
import type { Status } from '../commit/status.js';
import { dataSetName, placeKey } from '../data-set-name.js';
import type { CountedGroup } from '../model.js';
import { takeInventory } from '../prepare/inventory.js';
import { planGroup } from '../prepare/plan.js';
import { isRead, type LookedDataSet } from './facts.js';
import { type Finding, someOf, violation, warning } from './finding.js';

/** What the last run says of itself, when it is not that it has succeeded. */
export function checkStatus(status: Status | undefined, isPublished: boolean): Finding[] {
  if (!status) return [];
  const { status: word, startedAt, command, error } = status;
  const left = isPublished ? '; what is published is from an earlier one' : '';
  if (word === 'failed') {
    const why = error?.message === undefined ? '' : `: ${error.message}`;
    return [warning('status', {}, `the last run, ${command} of ${startedAt}, failed${why}${left}`)];
  }
  if (word === 'running') {
    return [warning('status', {}, `a run, ${command} of ${startedAt}, goes on or was killed${left}`)];
  }
  return [];
}

/** What of two documents shows that one was not made from the other; nothing is read for it. */
export function checkDocuments(
  published: GraphMetadata,
  input: GraphMetadata | RepartitionError,
  status: Status | undefined,
): Finding[] {
  if (input instanceof RepartitionError) {
    return [warning('not-compared', {}, `what it was aligned from cannot be read: ${input.message}`)];
  }
  const isRecounted = /(?:^|\s)--recount(?:\s|$)/.test(status?.command ?? '');
  const totals = ['num_nodes_per_type', 'num_edges_per_type'];
  const keys = foreignKeys(input, published).filter((key) => !(isRecounted && totals.includes(key)));
  const counts = isRecounted ? [] : differentTotals(input, published);
  if (keys.length === 0 && counts.length === 0) return [];
  const what = [
    ...(keys.length > 0 ? [`differs in ${someOf(keys)}`] : []),
    ...(counts.length > 0 ? [`has other numbers of rows for ${someOf(counts)}`] : []),
  ];
  const message = `aligned from other inputs: ${input.file} ${what.join(' and ')}; run gs-repartition again`;
  return [violation('stale', {}, message)];
}

/** Data sets whose rows in all are not those of their inputs. */
function differentTotals(input: GraphMetadata, published: GraphMetadata): string[] {
  const before = new Map(input.entries.map((placed) => [placeKey(placed), placed.entry.rowCounts]));
  return published.entries.flatMap((placed) => {
    const [a, b] = [before.get(placeKey(placed)), placed.entry.rowCounts];
    if (!a || !b || sum(a) === sum(b)) return [];
    return [`${placed.type} ${placed.name ?? 'structure'}`];
  });
}

export interface Compared {
  storage: Storage;
  published: readonly LookedDataSet[];
  status: Status | undefined;
  /** What lies there now of what the alignment read, or why it can't be told. */
  inputs: readonly CountedGroup[] | RepartitionError;
  /** Whether the rows themselves will be compared. */
  isDeep: boolean;
}

/**
 * The inputs of the alignment, by their footers.
 * @returns why not, when some are gone or are not what they were
 */
export async function readInputs(
  storage: Storage,
  input: GraphMetadata,
  options: CallOptions,
): Promise<CountedGroup[] | RepartitionError> {
  try {
    return await takeInventory(storage, alignmentGroups(input), options);
  } catch (error) {
    const isAboutThem =
      error instanceof RepartitionError && ['not-found', 'parquet', 'mismatch'].includes(error.code);
    if (isAboutThem) return error;
    throw error;
  }
}

/** Whether some part has a name that tells of its inputs. */
export function hasOurs(published: readonly LookedDataSet[]): boolean {
  return published.some(isOurs);
}

/**
 * Whether made parts have the names that they would get now.
 * @returns nothing where that can't be told: parts that another version, or another command, has made
 */
export function checkIdentities({ storage, published, inputs, status, isDeep }: Compared): Finding[] {
  const made = published.filter(isOurs);
  if (made.length === 0) return [];
  if (inputs instanceof RepartitionError) {
    if (isDeep) return [];
    const message = `whether it was aligned from what lies there now cannot be told: ${inputs.message}`;
    return [warning('not-compared', {}, message)];
  }
  // Rows say more than names.
  if (isDeep) return [];
  const expected = expectedNames(inputs, published);
  const foreign = made.flatMap(({ dataSet }) => {
    const names = expected.get(placeKey(dataSet.places[0]));
    return names && dataSet.parts.every((path) => names.has(nameOf(path))) ? [] : [dataSet];
  });
  if (foreign.length === 0) return [];
  const names = someOf(foreign.map(dataSetName));
  // Copied with its prefix, a file is another file of the same bytes.
  if (status?.summary?.inputPrefix !== storage.describe('')) {
    const message = `made from other files than lie there now, as after a copy of the prefix (${names}); \`deep\` compares the rows`;
    return [warning('not-compared', {}, message)];
  }
  const message =
    `aligned from other inputs: those of ${names} have changed since; run gs-repartition again, or compare the rows ` +
    'with `deep`';
  return [violation('stale', {}, message)];
}

/** Made by this very version, whose names can be found out again. */
function isOurs({ parts, schemas }: LookedDataSet): boolean {
  return (
    parts.some(
      ({ path }) => path.includes('/parquet-repartitioned-') || path.startsWith('parquet-repartitioned-'),
    ) &&
    parts.every(isRead) &&
    schemas.some(({ footer }) => makerOf(footer).version === productVersion())
  );
}

/** The names of the parts that a run to the published layouts would publish now, by data set. */
function expectedNames(
  inputs: readonly CountedGroup[],
  published: readonly LookedDataSet[],
): Map<string, Set<string>> {
  const layouts = new Map(
    published.flatMap(({ dataSet, parts }) => {
      const layout = parts.flatMap((part) => (isRead(part) ? part.rows : []));
      return dataSet.places.map((place) => [placeKey(place), layout] as const);
    }),
  );
  const expected = new Map<string, Set<string>>();
  for (const group of inputs) {
    const layout = group.dataSets
      .map(({ dataSet }) => layouts.get(placeKey(dataSet.places[0])))
      .find(Boolean);
    const rows = group.dataSets.map(({ parts }) => sum(parts.map((part) => part.rows)));
    if (!layout || rows.some((count) => count !== sum(layout))) continue;
    const plan = planGroup(group, [{ layout, dataSets: [], cost: 0, chosen: true }]);
    for (const { dataSet, parts } of plan.dataSets) {
      const names = new Set<string>();
      for (const part of parts) names.add(nameOf(part.kind === 'keep' ? part.part.path : part.task.output));
      for (const place of dataSet.places) expected.set(placeKey(place), names);
    }
  }
  return expected;
}

/** A part and its folder, whose name is the hash; where that lies is another matter, with links about. */
function nameOf(path: string): string {
  return path.split('/').slice(-2).join('/');
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
