/** The updated metadata: new parts and counts in their places, everything else as it was. */
import { RepartitionError } from '../errors.js';
import { isObject, type Json, JsonNumber, type JsonObject, stringifyJson } from './json.js';
import type { DataSet } from './model.js';
import type { GraphMetadata } from './parse.js';

export interface MetadataChanges {
  /** All data sets of all groups: their parts and rows as they are to be published. */
  dataSets: readonly { dataSet: DataSet; parts: readonly string[]; rowCounts: readonly number[] }[];
  /** Rows by part of the id mappings that `idMappingsToCount` asked for. */
  idMappings: ReadonlyMap<string, readonly number[]>;
  /** Replace totals that the document has, not only fill in missing ones. */
  recount: boolean;
}

/**
 * The document's text, in the formatting of the reference (json.dump with four spaces). `edges`, `edge_data` and
 * `node_data` are put in the order of `edge_type` and `node_type`, which DistPartitioning goes by. The parsed document
 * is used up by this.
 * @throws RepartitionError `metadata` when the number of nodes of a type can't be told
 */
export function updateMetadata(metadata: GraphMetadata, changes: MetadataChanges): string {
  const { document } = metadata;
  const totals = new Map<string, number>();
  for (const { dataSet, parts, rowCounts } of changes.dataSets) {
    const total = rowCounts.reduce((sum, rows) => sum + rows, 0);
    for (const place of dataSet.places) {
      const section = document.get(place.section) as JsonObject;
      const ofType = section.get(place.type) as JsonObject;
      setParts(place.name === undefined ? ofType : (ofType.get(place.name) as JsonObject), parts, rowCounts);
      totals.set(`${place.section} ${place.type}`, total);
    }
  }
  for (const [type, rowCounts] of changes.idMappings) {
    metadata.idMappings.get(type)?.json.set('row_counts', numbers(rowCounts));
  }
  for (const section of ['edges', 'edge_data']) reorder(document, section, metadata.edgeTypes);
  reorder(document, 'node_data', metadata.nodeTypes);

  const isMissing = (key: string): boolean => (document.get(key) ?? null) === null;
  if (isMissing('num_nodes_per_type') || changes.recount) {
    const counts = metadata.nodeTypes.map((type) => countNodes(metadata, changes, totals, type));
    document.set('num_nodes_per_type', numbers(counts));
  }
  if (isMissing('num_edges_per_type') || changes.recount) {
    document.set(
      'num_edges_per_type',
      numbers(metadata.edgeTypes.map((type) => totals.get(`edges ${type}`) ?? 0)),
    );
  }
  return stringifyJson(document);
}

function setParts(entry: JsonObject, parts: readonly string[], rowCounts: readonly number[]): void {
  entry.set('data', [...parts]);
  entry.set('row_counts', numbers(rowCounts));
}

function numbers(values: readonly number[]): Json[] {
  return values.map((value) => new JsonNumber(value));
}

/** Types in the order of the list; types it leaves out follow as they were. */
function reorder(document: JsonObject, section: string, types: readonly string[]): void {
  const old = document.get(section);
  if (!isObject(old)) return;
  const ordered: JsonObject = new Map();
  for (const type of [...types, ...old.keys()]) {
    const value = old.get(type);
    if (value !== undefined) ordered.set(type, value);
  }
  document.set(section, ordered);
}

/** From the features, whose footers were all read; else from the id mapping; else what the document said. */
function countNodes(
  metadata: GraphMetadata,
  changes: MetadataChanges,
  totals: ReadonlyMap<string, number>,
  type: string,
): number {
  const mapped = changes.idMappings.get(type) ?? metadata.idMappings.get(type)?.rowCounts;
  const count =
    totals.get(`node_data ${type}`) ??
    mapped?.reduce((sum, rows) => sum + rows, 0) ??
    metadata.numNodesPerType?.[metadata.nodeTypes.indexOf(type)];
  if (count !== undefined) return count;
  throw new RepartitionError(
    'metadata',
    `${metadata.file}: num_nodes_per_type is missing, and node type "${type}" has neither raw_id_mappings nor features to count`,
    { hint: 'Add num_nodes_per_type, or the raw_id_mappings that gs-processing wrote.' },
  );
}
