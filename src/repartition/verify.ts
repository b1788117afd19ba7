/**
 * Is a prefix ready for DistPartitioning? It reads part i of all data sets of a type on one rank, and reshapes what
 * carries a `shape` key: so per type there must be as many parts, with the same rows, and every shape must be true.
 */
import { RepartitionError } from '../errors.js';
import { alignmentGroups, declaredTotals, type GraphMetadata } from '../metadata/index.js';
import type { AlignmentGroup, DataSet } from '../metadata/model.js';
import type { CallOptions, Storage } from '../storage/storage.js';
import { locate, openStorage } from '../storages.js';
import type { VerifyOptions, VerifyReport, Violation } from './api.js';
import { counter } from './counter.js';
import { dataSetName } from './data-set-name.js';
import { DEFAULT_UPDATED_METADATA, fileName, requireVerifyOptions } from './options.js';
import { lookAtParts } from './prepare/inventory.js';
import { readMetadata } from './prepare/read-metadata.js';
import { type LoneFacts, readPart } from './prepare/read-part.js';
import { shapeChange } from './prepare/shape.js';

/**
 * Checks every part that the metadata list. What is wrong with the graph is in the report; what keeps us from looking
 * (no metadata, no access) is thrown.
 * @throws RepartitionError
 *
 * @example
 * ```ts
 * import { repartition, verifyPrefix } from 'gs-repartition';
 *
 * await repartition({ inputPrefix: 'graph' });
 * const { ready, violations } = await verifyPrefix({ inputPrefix: 'graph' });
 * console.log(ready, violations.length);
 * // true 0
 * ```
 */
export async function verifyPrefix(options: VerifyOptions): Promise<VerifyReport> {
  requireVerifyOptions(options);
  const file = fileName('metadataFileName', options.metadataFileName ?? DEFAULT_UPDATED_METADATA);
  const storage = await openStorage(await locate(options.inputPrefix, options.s3), {
    signal: options.signal,
  });
  try {
    const { metadata } = await readMetadata(storage, file, 'metadataFileName', options);
    const groups = alignmentGroups(metadata);
    const total = groups.flatMap((group) => group.dataSets).reduce((n, { parts }) => n + parts.length, 0);
    const onPart = counter((done) => options.onProgress?.({ phase: 'verify', done, total }));
    const look = { signal: options.signal, onPart, readsAtOnce: options.concurrency };
    const looked = await lookAtParts(storage, groups, look, (dataSet, path) =>
      lookAt(storage, dataSet, path, options),
    );
    const violations = [...looked.flatMap(checkGroup), ...checkTotals(metadata, looked)];
    const dataSets = looked.flatMap((group) => group.dataSets);
    return {
      ready: violations.length === 0,
      checked: {
        types: groups.reduce((n, group) => n + group.types.length, 0),
        dataSets: dataSets.length,
        parts: total,
        rows: dataSets.reduce((n, { parts }) => n + rowsOf(parts), 0),
      },
      violations,
    };
  } finally {
    await storage.close();
  }
}

/** A part, or why it can't be one. */
type Looked = { facts: LoneFacts } | { problem: string; path: string };

interface LookedDataSet {
  dataSet: DataSet;
  parts: Looked[];
}

interface LookedGroup {
  group: AlignmentGroup;
  dataSets: LookedDataSet[];
}

async function lookAt(
  storage: Storage,
  dataSet: DataSet,
  path: string,
  options: CallOptions,
): Promise<Looked> {
  try {
    const { facts } = await readPart(storage, dataSetName(dataSet), path, options);
    return { facts };
  } catch (error) {
    const isThePart =
      error instanceof RepartitionError && (error.code === 'not-found' || error.code === 'parquet');
    if (!isThePart) throw error;
    return { problem: error.message, path };
  }
}

function rowsOf(parts: readonly Looked[]): number {
  return parts.reduce((n, part) => n + ('facts' in part ? part.facts.rows : 0), 0);
}

/** Each type of the group is read by itself; data sets that two types share are told once, for the first. */
function checkGroup({ group, dataSets }: LookedGroup): Violation[] {
  const own = dataSets.flatMap((dataSet) => checkDataSet(dataSet));
  const between = group.types.flatMap((type) => {
    const ofType = dataSets.filter(({ dataSet }) => dataSet.places.some((place) => place.type === type));
    return checkAgreement(type, ofType);
  });
  return [...own, ...between];
}

/** What is wrong with a data set whatever the others are. */
function checkDataSet({ dataSet, parts }: LookedDataSet): Violation[] {
  const { type, name } = dataSet.places[0];
  const violation = (part: string, message: string): Violation => ({
    type,
    dataSet: name ?? 'structure',
    part,
    message,
  });
  return parts.flatMap((part, i) => {
    if ('problem' in part) return [violation(part.path, part.problem)];
    const { path, rows, shape } = part.facts;
    const found: Violation[] = [];
    for (const counts of [dataSet.rowCounts, dataSet.otherRowCounts]) {
      if (!counts || counts[i] === rows) continue;
      found.push(violation(path, `has ${rows} rows, the metadata say ${counts[i]!}`));
    }
    const change = shapeChange(dataSet, part.facts);
    if (change !== undefined) {
      found.push(
        violation(path, `has the shape key ${shape ?? '(none)'} where ${change ?? '(none)'} belongs`),
      );
    }
    return found;
  });
}

/** Whether part i has the same rows in all data sets of a type, told against the first of them. */
function checkAgreement(type: string, dataSets: readonly LookedDataSet[]): Violation[] {
  const [first, ...others] = dataSets;
  if (!first) return [];
  const nameIn = ({ dataSet }: LookedDataSet): string =>
    dataSet.places.find((place) => place.type === type)?.name ?? 'structure';
  const firstName = nameIn(first);
  return others.flatMap((other) => {
    const dataSet = nameIn(other);
    if (other.parts.length !== first.parts.length) {
      const message = `has ${other.parts.length} parts, ${firstName} has ${first.parts.length}`;
      return [{ type, dataSet, message }];
    }
    return other.parts.flatMap((part, i) => {
      const counterpart = first.parts[i]!;
      if (!('facts' in part) || !('facts' in counterpart) || part.facts.rows === counterpart.facts.rows)
        return [];
      const message = `has ${part.facts.rows} rows, part ${i} of ${firstName} has ${counterpart.facts.rows}`;
      return [{ type, dataSet, part: part.facts.path, message }];
    });
  });
}

/** Whether num_nodes_per_type and num_edges_per_type are what the files hold. */
function checkTotals(metadata: GraphMetadata, groups: readonly LookedGroup[]): Violation[] {
  const dataSets = groups.flatMap((group) => group.dataSets);
  return declaredTotals(metadata).flatMap(({ kind, type, total }): Violation[] => {
    const section = kind === 'edge' ? 'edges' : 'node_data';
    const counted = dataSets.find(({ dataSet }) =>
      dataSet.places.some((place) => place.section === section && place.type === type),
    );
    if (!counted || counted.parts.some((part) => 'problem' in part)) return [];
    const rows = rowsOf(counted.parts);
    if (rows === total) return [];
    const key = kind === 'edge' ? 'num_edges_per_type' : 'num_nodes_per_type';
    const name = counted.dataSet.places[0].name ?? 'structure';
    return [{ type, dataSet: name, message: `has ${rows} rows in all, ${key} says ${total}` }];
  });
}
