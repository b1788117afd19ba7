/** num_nodes_per_type and num_edges_per_type. */
import type { AlignedSection } from './model.js';
import type { GraphMetadata } from './parse.js';

/** How many nodes or edges the document says a type has. */
export interface DeclaredTotal {
  kind: 'node' | 'edge';
  type: string;
  total: number;
}

export function declaredTotals(metadata: GraphMetadata): DeclaredTotal[] {
  const of = (
    kind: 'node' | 'edge',
    types: readonly string[],
    totals: readonly number[] = [],
  ): DeclaredTotal[] => totals.map((total, i) => ({ kind, type: types[i]!, total }));
  return [
    ...of('node', metadata.nodeTypes, metadata.numNodesPerType),
    ...of('edge', metadata.edgeTypes, metadata.numEdgesPerType),
  ];
}

/**
 * Node types whose nodes nothing counts: neither num_nodes_per_type, nor features, nor an id mapping. A graph that has
 * one can be aligned, and the next step will want num_nodes_per_type.
 */
export function uncountedTypes({ numNodesPerType, nodeTypes, entries, idMappings }: GraphMetadata): string[] {
  if (numNodesPerType) return [];
  const featured = new Set(entries.flatMap(({ section, type }) => (section === 'node_data' ? [type] : [])));
  return nodeTypes.filter((type) => !featured.has(type) && !idMappings.has(type));
}

/** Types that have data and are in no list of types: DistPartitioning looks each up there, and stops. */
export function undeclaredTypes({ nodeTypes, edgeTypes, entries }: GraphMetadata): UndeclaredType[] {
  const known = { node_data: new Set(nodeTypes), edges: new Set(edgeTypes), edge_data: new Set(edgeTypes) };
  const found = new Map<string, UndeclaredType>();
  for (const { section, type } of entries) {
    if (!known[section].has(type)) found.set(`${section} ${type}`, { section, type });
  }
  return [...found.values()];
}

export interface UndeclaredType {
  section: AlignedSection;
  type: string;
}

/** The id mappings whose parts must be counted, because the document leaves out their rows or the node totals. */
export function idMappingsToCount(metadata: GraphMetadata): { type: string; parts: string[] }[] {
  return [...metadata.idMappings]
    .filter(([, { rowCounts }]) => rowCounts === undefined || metadata.numNodesPerType === undefined)
    .map(([type, { parts }]) => ({ type, parts }));
}
