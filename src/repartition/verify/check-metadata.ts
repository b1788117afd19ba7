/** What the document says of itself, before a part is looked at. */
import { type GraphMetadata, namedFeatures, undeclaredEnds, undeclaredTypes } from '../../metadata/index.js';
import { type Finding, someOf, violation, warning } from './finding.js';

export function checkMetadata(metadata: GraphMetadata): Finding[] {
  return [...checkDeclared(metadata), ...checkNamed(metadata), ...checkTotalsPresent(metadata)];
}

function checkDeclared(metadata: GraphMetadata): Finding[] {
  const undeclared = undeclaredTypes(metadata).map(({ section, type }) => {
    const list = section === 'node_data' ? 'node_type' : 'edge_type';
    return violation('types', { type }, `is in ${section}, and ${list} does not list it`);
  });
  const ends = undeclaredEnds(metadata).map(({ type, end }) =>
    violation('types', { type }, `joins the node type ${end}, and node_type does not list it`),
  );
  return [...undeclared, ...ends];
}

function checkNamed(metadata: GraphMetadata): Finding[] {
  const features = new Map<string, Set<string>>();
  for (const { section, type, name } of metadata.entries) {
    if (name === undefined) continue;
    const key = `${section} ${type}`;
    features.set(key, (features.get(key) ?? new Set()).add(name));
  }
  return namedFeatures(metadata).flatMap(({ section, type, names, key }) => {
    const ofType = features.get(`${section} ${type}`);
    if (names.some((name) => ofType?.has(name))) return [];
    const message = `graph_info.${key} names ${someOf(names)}, which is not in ${section}`;
    return [violation('labels', { type, ...(names.length === 1 && { dataSet: names[0]! }) }, message)];
  });
}

function checkTotalsPresent({ numNodesPerType, numEdgesPerType }: GraphMetadata): Finding[] {
  const nodes = numNodesPerType
    ? []
    : [violation('totals', {}, 'num_nodes_per_type is missing, which gpartition needs')];
  const edges = numEdgesPerType ? [] : [warning('totals', {}, 'num_edges_per_type is missing')];
  return [...nodes, ...edges];
}
