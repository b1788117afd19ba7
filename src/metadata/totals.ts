/** num_nodes_per_type and num_edges_per_type. */
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

/** The id mappings whose parts must be counted, because the document leaves out their rows or the node totals. */
export function idMappingsToCount(metadata: GraphMetadata): { type: string; parts: string[] }[] {
  return [...metadata.idMappings]
    .filter(([, { rowCounts }]) => rowCounts === undefined || metadata.numNodesPerType === undefined)
    .map(([type, { parts }]) => ({ type, parts }));
}
