/** num_nodes_per_type and num_edges_per_type. */
import { isObject } from './json.js';
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

/** What graph_info says of the whole graph and, again, of each type. */
export interface InfoCount {
  /** The key in graph_info. */
  key: string;
  counts: 'nodes' | 'edges' | 'node types' | 'edge types';
  /** Left out for a sum over all types. */
  type?: string;
  total: number;
}

const INFO_SUMS = [
  ['num_nodes', 'nodes'],
  ['num_edges', 'edges'],
  ['num_ntype', 'node types'],
  ['num_rels', 'edge types'],
] as const;
const INFO_BY_TYPE = [
  ['num_nodes_ntype', 'nodes'],
  ['num_edges_etype', 'edges'],
] as const;

/** The counts in graph_info that are numbers; nobody has to say any of them. */
export function infoCounts({ document }: GraphMetadata): InfoCount[] {
  const info = document.get('graph_info');
  if (!isObject(info)) return [];
  const sums = INFO_SUMS.flatMap(([key, counts]): InfoCount[] => {
    const total = info.get(key);
    return typeof total === 'number' ? [{ key, counts, total }] : [];
  });
  const byType = INFO_BY_TYPE.flatMap(([key, counts]) => {
    const ofTypes = info.get(key);
    if (!isObject(ofTypes)) return [];
    return [...ofTypes].flatMap(([type, total]): InfoCount[] =>
      typeof total === 'number' ? [{ key, counts, type, total }] : [],
    );
  });
  return [...sums, ...byType];
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

/** The node types that an edge type joins. */
export function endsOf(type: string): [string, string] {
  const [src = '', , dst = ''] = type.split(':');
  return [src, dst];
}

/** Edge types that join a node type which node_type does not list. */
export function undeclaredEnds({ nodeTypes, edgeTypes }: GraphMetadata): { type: string; end: string }[] {
  const known = new Set(nodeTypes);
  return edgeTypes.flatMap((type) => {
    return [...new Set(endsOf(type))].filter((end) => !known.has(end)).map((end) => ({ type, end }));
  });
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
