/** The updated metadata: new parts and counts in their places, everything else as it was. */
import { RepartitionError } from '../errors.js';
import { isObject, jsonBlocks, type JsonObject, LazyList, type WritableJson } from './json.js';
import type { DataSet } from './model.js';
import { type GraphMetadata, ID_MAPPINGS } from './parse.js';
import { uncountedTypes } from './totals.js';

export interface MetadataChanges {
  /** All data sets of all groups: their parts and rows as they are to be published. */
  dataSets: readonly { dataSet: DataSet; parts: Iterable<string>; rowCounts: readonly number[] }[];
  /** Rows by part of the id mappings that `idMappingsToCount` asked for. */
  idMappings: ReadonlyMap<string, readonly number[]>;
  /** Replace totals that the document has, not only fill in missing ones. */
  recount: boolean;
}

/** What {@link updateMetadata} writes into: sections, types and features of its own, the rest from the parsed document. */
type UpdatedObject = Map<string, WritableJson>;

/**
 * The document's text in blocks, made when they are asked for; what is wrong is found out at once. In the formatting of
 * the reference (json.dump with four spaces). `edges`, `edge_data` and `node_data` are put in the order of `edge_type` and
 * `node_type`, which DistPartitioning goes by. The parsed document is left as it is.
 * @throws RepartitionError `mismatch` when a node type's features and its id mapping differ in their number of nodes,
 *   and num_nodes_per_type does not say which is right
 */
export function updateMetadata(metadata: GraphMetadata, changes: MetadataChanges): Iterable<string> {
  const document: UpdatedObject = new Map(metadata.document);
  const types = { edges: metadata.edgeTypes, edge_data: metadata.edgeTypes, node_data: metadata.nodeTypes };
  for (const [section, order] of Object.entries(types)) {
    const old = metadata.document.get(section);
    if (isObject(old)) document.set(section, inOrder(old, order));
  }
  for (const section of ID_MAPPINGS) {
    const old = metadata.document.get(section);
    if (isObject(old)) document.set(section, countedMappings(old, changes.idMappings));
  }

  const totals = new Map<string, number>();
  for (const { dataSet, parts, rowCounts } of changes.dataSets) {
    const total = sum(rowCounts);
    for (const { section, type, name } of dataSet.places) {
      const types = document.get(section) as UpdatedObject;
      const [holder, key] = name === undefined ? [types, type] : [types.get(type) as UpdatedObject, name];
      holder.set(key, withParts(holder.get(key) as UpdatedObject, parts, rowCounts));
      totals.set(`${section} ${type}`, total);
    }
  }
  // Numbers that nobody knows are left out, as they were.
  const canCount = uncountedTypes(metadata).length === 0;
  if ((!metadata.numNodesPerType || changes.recount) && canCount) {
    const counts = metadata.nodeTypes.map((type) => countNodes(metadata, changes, totals, type));
    document.set('num_nodes_per_type', counts);
  }
  if (!metadata.numEdgesPerType || changes.recount) {
    const counts = metadata.edgeTypes.map((type) => totals.get(`edges ${type}`) ?? 0);
    document.set('num_edges_per_type', counts);
  }
  return { [Symbol.iterator]: () => jsonBlocks(document) };
}

/** A copy down to the features, with types in the order of the list; types that it leaves out follow as they were. */
function inOrder(section: JsonObject, types: readonly string[]): UpdatedObject {
  const ordered: UpdatedObject = new Map();
  for (const type of [...types, ...section.keys()]) {
    const value = section.get(type);
    if (value !== undefined) ordered.set(type, isObject(value) ? new Map(value) : value);
  }
  return ordered;
}

function withParts(
  entry: UpdatedObject,
  parts: Iterable<string>,
  rowCounts: readonly number[],
): UpdatedObject {
  return new Map(entry).set('data', new LazyList(parts)).set('row_counts', new LazyList(rowCounts));
}

function countedMappings(section: JsonObject, counts: MetadataChanges['idMappings']): JsonObject {
  return new Map(
    [...section].map(([type, entry]) => {
      const counted = counts.get(type);
      return [type, counted && isObject(entry) ? new Map(entry).set('row_counts', [...counted]) : entry];
    }),
  );
}

/**
 * From the features, whose footers were all read, or the id mapping: a type without features has that alone. With
 * `recount` the features win over a mapping that differs; else what the document said is the last resort.
 */
function countNodes(
  metadata: GraphMetadata,
  changes: MetadataChanges,
  totals: ReadonlyMap<string, number>,
  type: string,
): number {
  const rows = changes.idMappings.get(type) ?? metadata.idMappings.get(type)?.rowCounts;
  const mapped = rows && sum(rows);
  const featured = totals.get(`node_data ${type}`);
  if (mapped !== undefined && featured !== undefined && mapped !== featured && !changes.recount) {
    throw new RepartitionError(
      'mismatch',
      `${metadata.file}: node type ${JSON.stringify(type)} has ${mapped} nodes in raw_id_mappings but ${featured} rows in node_data`,
      { hint: 'Run gs-processing again; to go by node_data, run again with `recount`.' },
    );
  }
  return featured ?? mapped ?? metadata.numNodesPerType?.[metadata.nodeTypes.indexOf(type)] ?? 0;
}

function sum(rowCounts: readonly number[]): number {
  return rowCounts.reduce((total, rows) => total + rows, 0);
}
