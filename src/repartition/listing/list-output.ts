/** What a job or an alignment left under a prefix: types, data sets and parts, with rows and bytes. */
import pMap from 'p-map';
import { throwIfAborted } from '../../errors.js';
import { alignmentGroups, type DataSet, type GraphMetadata } from '../../metadata/index.js';
import type { CallOptions, Storage } from '../../storage/storage.js';
import type { ListedDataSet, ListedType, ListOptions, OutputListing } from '../api.js';
import { counter } from '../counter.js';
import { dataSetName } from '../data-set-name.js';
import { onPrefix } from '../on-storage.js';
import { DEFAULT_METADATA, fileName, requireListOptions } from '../options.js';
import { lookAtParts } from '../prepare/inventory.js';
import { readMetadata } from '../prepare/read-metadata.js';
import { problemOf, readPart } from '../prepare/read-part.js';
import { usualFile } from '../verify/documents.js';
import { type CountedDataSet, listedPart, type ListedPart, misfits, UNREADABLE } from './judge.js';

/**
 * Lists what the metadata under a prefix list, by their footers. What is wrong with parts is in the listing; what keeps us
 * from looking is thrown. `verifyPrefix` looks closer.
 * @throws RepartitionError `not-found`, `metadata`, `access`, `storage`, `interrupted`
 *
 * @example
 * ```ts
 * import { listOutput } from 'gs-repartition';
 *
 * const { aligned, totals, types } = await listOutput({ inputPrefix: 'graph' });
 * console.log(aligned, totals.parts);
 * console.log(types[0]?.dataSets.map(({ name, parts }) => `${name}: ${parts}`).join(', '));
 * // false …
 * // …
 * ```
 */
export async function listOutput(options: ListOptions): Promise<OutputListing> {
  requireListOptions(options);
  return onPrefix(options, (storage) => listOn(storage, options));
}

/** The same on a storage that stays the caller's. */
export async function listOn(
  storage: Storage,
  options: Omit<ListOptions, 'inputPrefix' | 's3'>,
): Promise<OutputListing> {
  const { signal, metadataFileName } = options;
  const file =
    metadataFileName === undefined
      ? await usualFile(storage, DEFAULT_METADATA, { signal })
      : fileName('metadataFileName', metadataFileName);
  const { metadata } = await readMetadata(storage, file, 'metadataFileName', { signal });
  const types = typesOf(metadata, await count(storage, metadata, options));
  const beside = await storage.list('', { signal });
  const all = types.flatMap(({ dataSets }) => dataSets);
  return {
    document: 'gs-repartition/ls',
    version: 1,
    inputPrefix: storage.describe(''),
    metadata: storage.describe(file),
    aligned: types.every(({ aligned }) => aligned),
    types,
    files: beside
      .map(({ path, size }) => ({ name: path, bytes: size }))
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
    totals: {
      types: types.length,
      // What several types share is one data set.
      ...sumOf(all.filter(({ sharedWith }) => sharedWith === undefined)),
    },
  };
}

/** All data sets, and what was found of each of their parts. */
interface Counted {
  dataSets: ReadonlyMap<DataSet, readonly ListedPart[]>;
  mappings: ReadonlyMap<string, readonly ListedPart[]>;
}

async function count(
  storage: Storage,
  metadata: GraphMetadata,
  { signal, concurrency, onProgress }: Omit<ListOptions, 'inputPrefix' | 's3'>,
): Promise<Counted> {
  const groups = alignmentGroups(metadata);
  const lists = [...groups.flatMap(({ dataSets }) => dataSets), ...metadata.idMappings.values()];
  const total = lists.reduce((sum, { parts }) => sum + parts.length, 0);
  const onPart = counter((done) => onProgress?.({ phase: 'inventory', done, total }));
  const readsAtOnce = concurrency ?? storage.profile.readsAtOnce;
  const looked = await lookAtParts(storage, groups, { signal, onPart, readsAtOnce }, (dataSet, path) =>
    look(storage, dataSet, dataSetName(dataSet), path, { signal }),
  );
  const mappings = new Map<string, readonly ListedPart[]>();
  for (const [type, { parts }] of metadata.idMappings) {
    const lookAt = async (path: string): Promise<ListedPart> => {
      throwIfAborted(signal);
      const part = await look(storage, { flat: false }, `raw_id_mappings of ${type}`, path, { signal });
      onPart();
      return part;
    };
    mappings.set(type, await pMap(parts, lookAt, { concurrency: readsAtOnce }));
  }
  const dataSets = looked.flatMap((group) => group.dataSets);
  return { dataSets: new Map(dataSets.map(({ dataSet, parts }) => [dataSet, parts])), mappings };
}

async function look(
  storage: Storage,
  dataSet: Pick<DataSet, 'flat'>,
  owner: string,
  path: string,
  options: CallOptions,
): Promise<ListedPart> {
  try {
    return listedPart(dataSet, (await readPart(storage, owner, path, options)).facts);
  } catch (error) {
    problemOf(error);
    return UNREADABLE;
  }
}

/** Node types first, in the order of the metadata; types that only a section names come last. */
function typesOf(metadata: GraphMetadata, { dataSets, mappings }: Counted): ListedType[] {
  const named = (kind: 'node' | 'edge'): Set<string> =>
    new Set([
      ...(kind === 'node' ? metadata.nodeTypes : metadata.edgeTypes),
      ...metadata.entries.flatMap(({ section, type }) =>
        (section === 'node_data') === (kind === 'node') ? [type] : [],
      ),
      ...(kind === 'node' ? mappings.keys() : []),
    ]);
  const listed = (kind: 'node' | 'edge'): ListedType[] =>
    [...named(kind)].map((type) => {
      const own = [...dataSets].flatMap(([dataSet, parts]) => {
        const place = dataSet.places.find(
          (one) => one.type === type && (one.section === 'node_data') === (kind === 'node'),
        );
        return place === undefined ? [] : [{ dataSet, place, parts }];
      });
      const reasons = misfits(
        own.map(({ dataSet, parts }): CountedDataSet => ({
          parts,
          declared: [dataSet.rowCounts, dataSet.otherRowCounts].filter((counts) => counts !== undefined),
        })),
      );
      const mapped = kind === 'node' ? mappings.get(type) : undefined;
      const all: ListedDataSet[] = [
        ...own.map(({ dataSet, place, parts }, i) => {
          const first = dataSet.places[0].type;
          const notAligned = reasons[i];
          return {
            name: place.name ?? 'structure',
            ...amountOf(parts),
            aligned: notAligned === undefined,
            ...(notAligned === undefined ? {} : { notAligned }),
            ...(first === type ? {} : { sharedWith: first }),
          };
        }),
        ...(mapped === undefined ? [] : [{ name: 'raw_id_mappings', ...amountOf(mapped) }]),
      ];
      const rows = (own[0]?.parts ?? mapped ?? []).reduce((sum, part) => sum + part.rows, 0);
      return { kind, type, rows, aligned: reasons.every((reason) => reason === undefined), dataSets: all };
    });
  return [...listed('node'), ...listed('edge')];
}

function amountOf(parts: readonly ListedPart[]): Omit<ListedDataSet, 'name'> {
  const read = parts.filter(({ isUnreadable }) => !isUnreadable);
  const unreadable = parts.length - read.length;
  let [rows, bytes, least, most] = [0, 0, Infinity, 0];
  for (const part of read) {
    rows += part.rows;
    bytes += part.bytes;
    least = Math.min(least, part.rows);
    most = Math.max(most, part.rows);
  }
  return {
    parts: parts.length,
    rows,
    bytes,
    partRows: { fewest: read.length === 0 ? 0 : least, most },
    ...(unreadable === 0 ? {} : { unreadable }),
  };
}

function sumOf(all: readonly ListedDataSet[]): Omit<OutputListing['totals'], 'types'> {
  const sum = (of: (one: ListedDataSet) => number): number => all.reduce((n, one) => n + of(one), 0);
  return {
    dataSets: all.length,
    parts: sum(({ parts }) => parts),
    rows: sum(({ rows }) => rows),
    bytes: sum(({ bytes }) => bytes),
  };
}
