/** How many nodes and edges there are: all who say so must agree, and edges must end at nodes that there are. */
import { declaredTotals, endsOf, type GraphMetadata, infoCounts } from '../../metadata/index.js';
import type { ObjectStat } from '../../storage/storage.js';
import { rowsOf } from './check-parts.js';
import type { LookedType } from './check-types.js';
import { isRead } from './facts.js';
import { countOf, type Finding, placeOf, violation, warning } from './finding.js';

/** An id mapping as its footers tell it. */
export interface LookedMapping {
  type: string;
  parts: {
    path: string;
    rows: number;
    problem?: string;
    stat?: ObjectStat;
  }[];
  rowCounts: number[] | undefined;
}

/** Rows by type as the files have them; types are missing where a part could not be read, or there is none. */
export interface Totals {
  nodes: ReadonlyMap<string, number>;
  edges: ReadonlyMap<string, number>;
}

/** Nodes are as many as the document says, for that is what DistPartitioning goes by; else features tell, or a mapping. */
export function totalsOf(
  metadata: GraphMetadata,
  types: readonly LookedType[],
  mappings: readonly LookedMapping[],
): Totals {
  const totals = { nodes: mappedTotals(mappings), edges: new Map<string, number>() };
  for (const { kind, type, dataSets } of types) {
    const [first] = dataSets;
    if (first?.parts.every(isRead)) totals[kind === 'node' ? 'nodes' : 'edges'].set(type, rowsOf(first));
  }
  for (const { kind, type, total } of declaredTotals(metadata)) {
    if (kind === 'node') totals.nodes.set(type, total);
  }
  return totals;
}

function mappedTotals(mappings: readonly LookedMapping[]): Map<string, number> {
  const readable = mappings.filter(({ parts }) => parts.every(({ problem }) => problem === undefined));
  return new Map(readable.map(({ type, parts }) => [type, sum(parts.map(({ rows }) => rows))]));
}

export function checkTotals(
  metadata: GraphMetadata,
  types: readonly LookedType[],
  mappings: readonly LookedMapping[],
): Finding[] {
  const totals = totalsOf(metadata, types, mappings);
  return [
    ...checkDeclaredTotals(metadata, types, mappings),
    ...checkInfoCounts(metadata, totals),
    ...mappings.flatMap((mapping) => checkMapping(mapping, types)),
    ...checkMappedTypes(metadata),
    ...types.flatMap((type) => checkEnds(type, totals)),
  ];
}

/** A node type without features has its id mapping alone to count. */
function checkDeclaredTotals(
  metadata: GraphMetadata,
  types: readonly LookedType[],
  mappings: readonly LookedMapping[],
): Finding[] {
  const mapped = mappedTotals(mappings);
  return declaredTotals(metadata).flatMap(({ kind, type, total }) => {
    const first = types.find((one) => one.kind === kind && one.type === type)?.dataSets[0];
    if (first && !first.parts.every(isRead)) return [];
    const rows = first ? rowsOf(first) : kind === 'node' ? mapped.get(type) : undefined;
    if (rows === undefined || rows === total) return [];
    const key = kind === 'edge' ? 'num_edges_per_type' : 'num_nodes_per_type';
    const where = first ? placeOf(first.dataSet, type) : { type, dataSet: 'raw_id_mappings' };
    return [violation('totals', where, `has ${countOf(rows, 'row')} in all, ${key} says ${total}`)];
  });
}

/** No partitioner goes by these; whoever trains on the graph may. */
function checkInfoCounts(metadata: GraphMetadata, { nodes, edges }: Totals): Finding[] {
  const { nodeTypes, edgeTypes } = metadata;
  const all = (types: readonly string[], counted: ReadonlyMap<string, number>): number | undefined => {
    const counts = types.map((type) => counted.get(type));
    return counts.includes(undefined) ? undefined : sum(counts as number[]);
  };
  const truth = {
    nodes: (type?: string) => (type === undefined ? all(nodeTypes, nodes) : nodes.get(type)),
    edges: (type?: string) => (type === undefined ? all(edgeTypes, edges) : edges.get(type)),
    'node types': () => nodeTypes.length,
    'edge types': () => edgeTypes.length,
  };
  return infoCounts(metadata).flatMap(({ key, counts, type, total }) => {
    const right = truth[counts](type);
    if (right === undefined || right === total) return [];
    const message = `graph_info.${key} says ${total}, and there are ${right} ${counts}`;
    return [violation('totals', type === undefined ? {} : { type }, message)];
  });
}

function checkMapping({ type, parts, rowCounts }: LookedMapping, types: readonly LookedType[]): Finding[] {
  const where = { type, dataSet: 'raw_id_mappings' };
  const unreadable = parts.flatMap(({ path, problem }) =>
    problem === undefined ? [] : [violation('unreadable', { ...where, part: path }, problem)],
  );
  if (unreadable.length > 0) return unreadable;
  const counts = parts.flatMap(({ path, rows }, i) => {
    if (!rowCounts || rowCounts[i] === rows) return [];
    const message = `has ${countOf(rows, 'row')}, the metadata say ${rowCounts[i]!}`;
    return [violation('declared-rows', { ...where, part: path }, message)];
  });
  return [...counts, ...checkComplete(where, sum(parts.map(({ rows }) => rows)), types)];
}

function checkComplete(
  where: { type: string; dataSet: string },
  rows: number,
  types: readonly LookedType[],
): Finding[] {
  const featured = types.find(({ kind, type }) => kind === 'node' && type === where.type)?.dataSets[0];
  if (!featured?.parts.every(isRead) || rowsOf(featured) === rows) return [];
  const name = placeOf(featured.dataSet, where.type).dataSet;
  const message = `maps ${countOf(rows, 'id')}, and ${name} has ${countOf(rowsOf(featured), 'row')}`;
  return [violation('id-mapping', where, message)];
}

/** Where some types have a mapping, the others should: predictions are given back by original ids. */
function checkMappedTypes({ nodeTypes, idMappings }: GraphMetadata): Finding[] {
  if (idMappings.size === 0) return [];
  return nodeTypes
    .filter((type) => !idMappings.has(type))
    .map((type) =>
      warning('id-mapping', { type, dataSet: 'raw_id_mappings' }, 'has no id mapping, other types have'),
    );
}

/** Which column holds the edges' sources is a matter of order: the first does, whatever the names say. */
function checkEnds({ kind, type, dataSets }: LookedType, { nodes }: Totals): Finding[] {
  const structure = dataSets.find(({ dataSet }) => dataSet.places[0].section === 'edges');
  if (kind !== 'edge' || !structure) return [];
  const ends = endsOf(type);
  return structure.parts.flatMap((part) =>
    !isRead(part) || part.ranges?.length !== 2
      ? []
      : part.ranges.flatMap((range, i) => {
          const end = ends[i]!;
          return idFindings({ type, part: part.path }, { range, end, nodes: nodes.get(end) });
        }),
  );
}

/** Whether ids at one end of a part's edges are those of nodes. */
export function idFindings(
  { type, part }: { type: string; part: string },
  {
    range,
    end,
    nodes,
  }: { range: readonly [number, number] | undefined; end: string; nodes: number | undefined },
): Finding[] {
  if (!range || nodes === undefined) return [];
  const wrong = range[0] < 0 ? range[0] : range[1] >= nodes ? range[1] : undefined;
  if (wrong === undefined) return [];
  const message = `has the id ${wrong} of a ${end}, of which there are ${nodes}`;
  return [violation('ids', { type, dataSet: 'structure', part }, message)];
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
